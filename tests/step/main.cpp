// SPDX-License-Identifier: Apache-2.0
// main: one step of training of the network COLLAB_NETWORK, which scripts/test-zoo compiles and
// runs.
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

#include <collab/collab.hpp>

int main() {
    using namespace collab;
    using N = COLLAB_NETWORK;
    constexpr Dims in = input_of<N>::dims;
    constexpr int classes = bound<N>::Output::dims.channels;
    constexpr int batch = 4;
    std::vector<float> images(std::size_t(batch) * in.size());
    std::vector<int> labels;
    for (std::size_t i = 0; i < images.size(); ++i)
        images[i] = uniform(Random{7}.word(i));
    for (int b = 0; b < batch; ++b)
        labels.push_back(b % classes);
    Training<N, Cpu<float>> training({.seed = 1, .batch = batch});
    const auto before = training.parameters();
    training.step(images.data(), labels.data(), batch, 0.01);
    const auto after = training.parameters();
    long moved = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (!std::isfinite(after[i]))
            return std::puts("a parameter is not finite"), 1;
        moved += after[i] != before[i];
    }
    std::printf("%ld of %zu parameters moved\n", moved, after.size());
    return moved > 0 ? 0 : 1;
}
