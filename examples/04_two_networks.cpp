// SPDX-License-Identifier: Apache-2.0
// 04_two_networks: two networks that learn from each other around a mutual knowledge base.
// prints: together: [0-9.]+ % and [0-9.]+ %, deployed alone: [0-9.]+ %
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

struct Plain : Sequential<Shape<1, 16, 16>, Conv2d<8, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<16, 3>, BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};
struct Deeper
    : Sequential<Shape<1, 16, 16>, Conv2d<12, 3>, BatchNorm, Relu,
                 Residual<Layers<Conv2d<12, 3>, BatchNorm, Relu, Conv2d<12, 3>, BatchNorm>>, Relu,
                 Cut<mutual>, GlobalAvgPool, Linear<4>> {};

using Knowledge = MKB<Encoder<16>, Transfer<16>, Decoder>;
using Pair = Collaboration<Plain, Deeper, Knowledge, CosineDistance>;

int main() {
    const Splits data = synthetic({1, 16, 16}, /*classes*/ 4, /*train*/ 1200, /*test*/ 400);
    Training<Pair, Cpu<float>> training({.alpha = 0.2, .seed = 1, .batch = 32});
    training.fit(data, {.epochs = 6, .learning_rate = MultiStepLR{.base = 0.1}});

    const auto [plain, deeper] = training.evaluate(data.test);
    auto network = training.deploy<0>();  // Plain with its own half of the knowledge base
    std::printf("together: %.1f %% and %.1f %%, deployed alone: %.1f %%\n", 100 * plain.score(),
                100 * deeper.score(), 100 * network.accuracy(data.test));
}
