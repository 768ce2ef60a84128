// SPDX-License-Identifier: Apache-2.0
// steps: whole training steps on the GPU; from the third on they are captured graphs.
#include <collab/cuda.cuh>

#include "cuda/here.hpp"
#include "cuda/steps.hpp"

using namespace collab;

TEST_CASE("a collaboration trains the same on the GPU as on the reference" *
          doctest::skip(!gpu_here())) {
    steps::compare<Reference<double>, Cuda<float>>(1e-4);
    // without dropout a captured step is also launched again as it is
    steps::compare<Reference<double>, Cuda<float>, steps::Deeper>(1e-4);
}
TEST_CASE("methods train the same on the GPU as on the reference" * doctest::skip(!gpu_here())) {
    steps::compare<Reference<double>, Cuda<float>, steps::Relations>(1e-3, 13);
    steps::compare<Reference<double>, Cuda<float>, steps::Rivals>(1e-3);
}
