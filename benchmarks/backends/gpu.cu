// SPDX-License-Identifier: Apache-2.0
// gpu: the GPU backend in every precision, where there is a GPU.
#include <collab/cuda.cuh>

#include "experiment.hpp"

std::vector<collab::experiment::Run> collab::experiment::gpu_runs(const Options& options) {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
        std::puts("There is no GPU here: Cuda is left out.");
        return {};
    }
    return {run<Cuda<double>>(options), run<Cuda<float>>(options), run<Cuda<float, Tf32>>(options),
            run<Cuda<float, Bf16>>(options)};
}
