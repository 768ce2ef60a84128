// SPDX-License-Identifier: Apache-2.0
// gradient: derivatives on the GPU.
#include <collab/backend/cuda/cuda.cuh>

#include "cuda/gradient.hpp"
#include "cuda/here.hpp"

TEST_CASE("the gradients of every kind of layer agree with differences on the GPU" *
          doctest::skip(!gpu_here())) {
    collab::gradients::every_layer<collab::Cuda<double>>();
}
