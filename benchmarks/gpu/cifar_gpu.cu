// SPDX-License-Identifier: Apache-2.0
// cifar_gpu: on the GPU.
#include <collab/cuda.cuh>

#include "cifar.hpp"

int main(int count, char** words) {
    return collab::benchmarks::cifar<collab::Cuda<float>>(count, words);
}
