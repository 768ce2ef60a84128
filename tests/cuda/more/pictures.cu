// SPDX-License-Identifier: Apache-2.0
// pictures: batches formed on the GPU.
#include <collab/cuda.cuh>

#include "cuda/here.hpp"
#include "cuda/pictures.hpp"

TEST_CASE("the GPU forms the batches that the host makes, bit for bit" *
          doctest::skip(!gpu_here())) {
    collab::pictures::formed_as_on_the_host(collab::Cuda<float>());
}
