// SPDX-License-Identifier: Apache-2.0
// cifar_cpu: on the CPU.
#include "cifar.hpp"

int main(int count, char** words) {
    return collab::benchmarks::cifar<collab::Cpu<float>>(count, words);
}
