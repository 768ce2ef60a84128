// SPDX-License-Identifier: Apache-2.0
// 12_on_the_gpu: the program of 04_two_networks with another backend. For nvcc; without a GPU it
// ends with a sentence that says so.
// prints: Cuda, float, .*: together: [0-9.]+ % and [0-9.]+ %, deployed alone: [0-9.]+ %
#include <cstdio>

#include <collab/cuda.cuh>
using namespace collab;

struct Plain : Sequential<Shape<1, 16, 16>, Conv2d<8, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<16, 3>, BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};
struct Deeper
    : Sequential<Shape<1, 16, 16>, Conv2d<12, 3>, BatchNorm, Relu,
                 Residual<Layers<Conv2d<12, 3>, BatchNorm, Relu, Conv2d<12, 3>, BatchNorm>>, Relu,
                 Cut<mutual>, GlobalAvgPool, Linear<4>> {};

using Knowledge = MKB<Encoder<16>, Transfer<16>, Decoder>;
using Pair = Collaboration<Plain, Deeper, Knowledge, CosineDistance>;

int main() try {
    const Splits data = synthetic({1, 16, 16}, /*classes*/ 4, /*train*/ 1200, /*test*/ 400);
    // Cuda<float, Tf32> multiplies on tensor cores
    Training<Pair, Cuda<float>> training({.alpha = 0.2, .seed = 1, .batch = 32});
    training.fit(data, {.epochs = 6, .learning_rate = MultiStepLR{.base = 0.1}});

    const auto [plain, deeper] = training.evaluate(data.test);
    auto network = training.deploy<0>();
    std::printf("%s: together: %.1f %% and %.1f %%, deployed alone: %.1f %%\n",
                training.backend().describe().c_str(), 100 * plain.score(), 100 * deeper.score(),
                100 * network.accuracy(data.test));
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
