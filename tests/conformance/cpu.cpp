// SPDX-License-Identifier: Apache-2.0
// cpu: the CPU backend on one and on two threads.
#include <collab/backend/cpu/cpu.hpp>

#include "suite.hpp"

TEST_CASE("Cpu<float> computes what Reference<double> does, with the same bits on one and on two "
          "threads") {
    collab::Cpu<float> one(1);
    collab::Cpu<float> two(2);
    collab::conformance::conformance(one, two, 1e-5);
}
TEST_CASE("Cpu<double> computes what Reference<double> does, with the same bits on one and on two "
          "threads") {
    collab::Cpu<double> one(1);
    collab::Cpu<double> two(2);
    collab::conformance::conformance(one, two, 1e-12);
}
