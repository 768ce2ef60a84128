// SPDX-License-Identifier: Apache-2.0
// steps: whole training steps on the GPU in the other precisions.
#include <collab/cuda.cuh>

#include "cuda/here.hpp"
#include "cuda/steps.hpp"

using namespace collab;

TEST_CASE(
    "a collaboration trains on the GPU as on the reference as exactly as its precision allows" *
    doctest::skip(!gpu_here())) {
    steps::compare<Reference<double>, Cuda<double>>(1e-11);
    steps::compare<Reference<double>, Cuda<float, Tf32>>(2e-2);
    steps::compare<Reference<double>, Cuda<float, Bf16>>(2e-1);
}
TEST_CASE("the same training gives the same bits on the GPU every time" *
          doctest::skip(!gpu_here())) {
    steps::compare<Cuda<float>, Cuda<float>>(1e-30);
}
