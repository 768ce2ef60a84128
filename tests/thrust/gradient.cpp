// SPDX-License-Identifier: Apache-2.0
// gradient: derivatives with the GPU backend's operations, on the host.
#include <collab/backend/cuda/thrust_host.hpp>

#include "cuda/gradient.hpp"

TEST_CASE("the gradients of every kind of layer agree with differences with the GPU backend's operations") { collab::gradients::every_layer<collab::ThrustHost<double>>(); }
