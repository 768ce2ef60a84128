// SPDX-License-Identifier: Apache-2.0
// suite: the test cases of tests/cuda, which are for a GPU, on the simulated runtime.
#include "cuda/conformance.cu"
#include "cuda/gpu.cu"
#include "cuda/more/gradient.cu"
#include "cuda/more/pictures.cu"
#include "cuda/more/steps.cu"
#include "cuda/steps.cu"
