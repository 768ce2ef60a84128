// SPDX-License-Identifier: Apache-2.0
// 02_one_network: describes a network, trains it and asks it for predictions.
// prints: accuracy on new images: (8[0-9]|9[0-9])\.
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

struct Tiny : Sequential<Shape<1, 16, 16>, Conv2d<12, 5, Stride<2>>, BatchNorm, Relu, Conv2d<24, 3>,
                         BatchNorm, Relu, MaxPool<2>, Flatten, Linear<4>> {};

using Plan = bound<Tiny>;
static_assert(Plan::Output::dims == Dims{4, 1, 1});
static_assert(Plan::ShapeAt<7>::dims == Dims{24, 4, 4});  // after MaxPool<2>

// A Linear layer takes a flat input, so a list without Flatten is no network.
struct Wrong : Sequential<Shape<1, 16, 16>, Conv2d<8, 3>, Linear<4>> {};
static_assert(Network<Tiny> && !Network<Wrong>);

int main() {
    const Splits data = synthetic({1, 16, 16}, 4, 1600, 400);

    Training<Tiny, Cpu<float>> training({.seed = 1, .batch = 32});
    const History history =
        training.fit(data, {.epochs = 10, .learning_rate = MultiStepLR{.base = 0.01}});
    for (const Record& r : history.records)
        std::printf("epoch %d  loss %.3f  accuracy %.1f %%  (test %.1f %%)\n", r.epoch,
                    r.networks[0].task, 100 * r.networks[0].score(),
                    100 * r.networks[0].test_score());

    auto network = training.deploy<0>();
    const std::vector<float> scores = network.predict(data.test);  // [image][class]
    std::printf("first test image: class %d, predicted %ld\n", data.test.labels[0],
                std::max_element(scores.begin(), scores.begin() + 4) - scores.begin());
    std::printf("accuracy on new images: %.1f %%\n", 100 * network.accuracy(data.test));
}
