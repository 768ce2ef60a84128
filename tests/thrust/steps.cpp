// SPDX-License-Identifier: Apache-2.0
// steps: whole training steps with the GPU backend's operations.
#include <collab/backend/cuda/thrust_host.hpp>

#include "cuda/steps.hpp"

using namespace collab;

TEST_CASE("a collaboration trains the same with the GPU backend's operations as on the reference") {
    steps::compare<Reference<double>, ThrustHost<double>>(1e-11);
    steps::compare<Reference<double>, ThrustHost<float>>(1e-4);
}
