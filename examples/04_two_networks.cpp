// SPDX-License-Identifier: Apache-2.0
// 04_two_networks: two networks that learn from each other around a mutual knowledge base.
// prints: deployed alone: same predictions
#include <cstdio>

// [readme]
#include <collab/collab.hpp>
using namespace collab;

struct Plain : Sequential<Shape<1, 16, 16>, Conv2d<8, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>, Conv2d<16, 3>, BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};
struct Deeper : Sequential<Shape<1, 16, 16>, Conv2d<12, 3>, BatchNorm, Relu, Residual<Layers<Conv2d<12, 3>, BatchNorm, Relu, Conv2d<12, 3>, BatchNorm>>, Relu,
                           Cut<mutual>, GlobalAvgPool, Linear<4>> {};

using Pair = Collaboration<Plain, Deeper, MKB<Encoder<16>, Transfer<16>, Decoder>, CosineDistance>;

int main() {
    const DataSet data{synthetic_images({1, 16, 16}, 4, 1200, 1), synthetic_images({1, 16, 16}, 4, 400, 2)};
    Training<Pair, Cpu<float>> training({.alpha = 0.2, .seed = 1, .batch = 64});
    training.fit(data, {.epochs = 3, .rate = use_rate(StepRate{.base = 0.05})});

    const auto [plain, deeper] = training.evaluate(data.test);
    std::printf("together: %.1f %% and %.1f %%\n", 100 * plain.accuracy, 100 * deeper.accuracy);
    auto network = training.deploy<0>();   // Plain with its own half of the knowledge base, an ordinary network
    // [readme]

    std::vector<float> images(64 * 256);
    for (std::size_t i = 0; i < images.size(); ++i) images[i] = float(data.test.pixels[i]) / 255;
    training.evaluate_batch(images.data(), data.test.labels.data(), 64);
    std::printf("deployed alone: %s\n", network.predict(images.data(), 64) == training.logits(0) ? "same predictions" : "OTHER predictions");
}
