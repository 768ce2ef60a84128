// SPDX-License-Identifier: Apache-2.0
// no_gpu: in place of gpu.cu where there is no nvcc.
#include "experiment.hpp"

std::vector<collab::experiment::Run> collab::experiment::gpu_runs(const Options&) {
    std::puts("This was built without nvcc: Cuda is left out.");
    return {};
}
