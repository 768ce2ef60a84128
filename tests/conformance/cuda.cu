// SPDX-License-Identifier: Apache-2.0
// cuda: the GPU backend, in every precision. A program of its own (test_cuda), because it needs a GPU.
#include <collab/backend/cuda/cuda.cuh>

#include "suite.hpp"

TEST_CASE("Cuda<float> computes what Reference<double> does, with the same bits every time") {
    collab::Cuda<float> one, two;
    collab::conformance::conformance(one, two, 1e-5);
}
