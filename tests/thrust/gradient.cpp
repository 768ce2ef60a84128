// SPDX-License-Identifier: Apache-2.0
// gradient: derivatives with the GPU backend's operations, on the host.
#include "cuda/gradient.hpp"
#include "thrust/apart.hpp"

// On memory that the host cannot touch: an operation of a layer that did would end the program
// here, as on a GPU.
TEST_CASE("the gradients of every kind of layer agree with differences with the GPU backend's "
          "operations") {
    collab::gradients::every_layer<collab::apart::Host<double>>();
}
