// SPDX-License-Identifier: Apache-2.0
// 02_one_network: training a single network, and asking it for predictions.
// prints: accuracy on new images: (8[0-9]|9[0-9])\.
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

struct Tiny : Sequential<Shape<1, 16, 16>, Conv2d<12, 5, Stride<2>>, BatchNorm, Relu, Conv2d<24, 3>,
                         BatchNorm, Relu, MaxPool<2>, Flatten, Linear<4>> {};

int main() {
    const Splits data = synthetic({1, 16, 16}, 4, 1600, 400);

    Training<Tiny, Cpu<float>> training({.seed = 1, .batch = 32});
    const History history =
        training.fit(data, {.epochs = 10, .learning_rate = MultiStepLR{.base = 0.01}});
    for (const Record& r : history.records)
        std::printf("epoch %d  loss %.3f  accuracy %.1f %%  (test %.1f %%)\n", r.epoch,
                    r.networks[0].classification, 100 * r.networks[0].accuracy,
                    100 * r.networks[0].test_accuracy);

    auto network = training.deploy<0>();                           // weights and nothing else
    const std::vector<float> scores = network.predict(data.test);  // [image][class]
    std::printf("first test image: class %d, predicted %ld\n", data.test.labels[0],
                std::max_element(scores.begin(), scores.begin() + 4) - scores.begin());
    std::printf("accuracy on new images: %.1f %%\n", 100 * network.accuracy(data.test));
}
