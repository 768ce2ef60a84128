// SPDX-License-Identifier: Apache-2.0
// conformance: the GPU computes what every backend does.
#include <collab/backend/cuda/cuda.cuh>

#include "conformance/suite.hpp"
#include "cuda/here.hpp"

TEST_CASE("Cuda<float> computes what Reference<double> does, with the same bits every time" *
          doctest::skip(!gpu_here())) {
    collab::Cuda<float> one, two;
    collab::conformance::conformance(one, two, 1e-5);
}
