// SPDX-License-Identifier: Apache-2.0
// conformance: the operations of the GPU backend, on Thrust's host systems.
#include <collab/backend/cuda/thrust_host.hpp>

#include "conformance/suite.hpp"

using collab::backend::device::HostLoops;

TEST_CASE("ThrustHost<float> computes what Reference<double> does, with the same bits on one "
          "thread and on all") {
    collab::ThrustHost<float> one(HostLoops::sequential);
    collab::ThrustHost<float> all(HostLoops::tbb);
    collab::conformance::conformance(one, all, 1e-5);
}
TEST_CASE("ThrustHost<double> computes what Reference<double> does, with the same bits on one "
          "thread and on all") {
    collab::ThrustHost<double> one(HostLoops::sequential);
    collab::ThrustHost<double> all(HostLoops::tbb);
    collab::conformance::conformance(one, all, 1e-12);
}
