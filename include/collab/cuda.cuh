// SPDX-License-Identifier: Apache-2.0
// cuda: collab.hpp and the GPU backend, for files that nvcc compiles.
#pragma once
#include <collab/backend/cuda/cuda.cuh>
#include <collab/collab.hpp>
