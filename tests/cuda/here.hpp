// SPDX-License-Identifier: Apache-2.0
// here: whether this machine has a GPU. Test cases that need one are skipped without it.
#pragma once
#include <cuda_runtime_api.h>

inline bool gpu_here() {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}
