// SPDX-License-Identifier: Apache-2.0
// conformance: the GPU in double.
#include <collab/backend/cuda/cuda.cuh>

#include "conformance/suite.hpp"
#include "cuda/here.hpp"

TEST_CASE("Cuda<double> computes what Reference<double> does, with the same bits every time" *
          doctest::skip(!gpu_here())) {
    collab::Cuda<double> one, two;
    collab::conformance::conformance(one, two, 1e-12);
}
