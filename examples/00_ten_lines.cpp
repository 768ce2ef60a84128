// SPDX-License-Identifier: Apache-2.0
// 00_ten_lines: two well-known networks learn together, and one is deployed. The README shows it.
// prints: SmallNet alone: (100|[89][0-9])[.][0-9] %
// [readme]
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

using Image = Shape<3, 32, 32>;
using Knowledge = MKB<Encoder<64, 8>, Transfer<64>, Decoder>;
using Pair =
    Collaboration<zoo::SmallNet<Image, 4>, zoo::ResNet<8, Image, 4>, Knowledge, CosineDistance>;

int main() {
    const Splits data = synthetic(Image::dims, /*classes*/ 4, /*train*/ 800, /*test*/ 400);
    Training<Pair, Cpu<float>> training({.alpha = 0.2, .seed = 1, .batch = 32});
    training.fit(data, {.epochs = 3, .learning_rate = 0.01});
    auto network = training.deploy<0>();  // SmallNet with its own half of the knowledge base
    std::printf("SmallNet alone: %.1f %%\n", 100 * network.accuracy(data.test));
}
// [readme]
