// SPDX-License-Identifier: Apache-2.0
// deployed: a deployed network knows how its images are prepared, and runs beside others.
#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <collab/data/preparation.hpp>
#include <collab/data/sampler.hpp>
#include <collab/io/onnx.hpp>
#include <collab/io/weights.hpp>
#include <collab/model/classification_report.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
struct Plain : Sequential<Shape<1, 12, 12>, Conv2d<6, 3>, BatchNorm, Relu, MaxPool<2>, Conv2d<8, 3>,
                          BatchNorm, Relu, GlobalAvgPool, Linear<3>> {};
/// Pictures so bright and so flat that a network which has learned from normalized ones is lost
/// without that.
Splits faint() {
    Splits data = synthetic({1, 12, 12}, 3, 480, 120);
    for (Images* set : {&data.train, &data.test})
        for (std::uint8_t& p : set->pixels)
            p = std::uint8_t(150 + p / 3);
    return data;
}
struct Trained {
    Splits data = faint();
    Training<Plain, Cpu<float>> training{{.batch = 24}};
    Trained() {
        training.fit(data, {.epochs = 30,
                            .learning_rate = 0.05,
                            .transform = Transform{.normalize = statistics(data.train)}});
    }
};
Trained& trained() {
    static Trained t;
    return t;
}
}  // namespace

TEST_CASE("a deployed network has the transform of its training, in memory and from a file") {
    auto& [data, training] = trained();
    const double accuracy = training.evaluate(data.test)[0].score();
    CHECK(accuracy > 0.6);  // chance is a third
    auto network = training.deploy<0>();
    CHECK(network.accuracy(data.test) == doctest::Approx(accuracy).epsilon(1e-6));
    CHECK(classification_report(network, data.test).top(1) ==
          doctest::Approx(accuracy).epsilon(1e-6));
    // without it the network is lost: what the test before could not see
    CHECK(network.accuracy(data.test, Transform{}) < accuracy - 0.1);

    const Folder folder;
    save(network, (folder.path / "network.safetensors").string());
    Model<Plain, Cpu<float>> loaded(24);
    load(loaded, (folder.path / "network.safetensors").string());
    CHECK(loaded.accuracy(data.test) == doctest::Approx(accuracy).epsilon(1e-6));
}

TEST_CASE("the preparation in words gives the transform back, without its random choices") {
    const Transform t{.resize = 40,
                      .pad = 2,
                      .crop_padding = 4,
                      .crop = 32,
                      .flip = true,
                      .normalize = {{0.1, 1.0 / 3}, {0.25, 0.5}}};
    const Transform back = preparation_of(preparation_text(t), "it");
    CHECK(back.resize == 40);
    CHECK(back.pad == 2);
    CHECK(back.crop_padding == 4);
    CHECK(back.crop == 32);
    CHECK_FALSE(back.flip);
    CHECK(back.normalize.mean == t.normalize.mean);
    CHECK(back.normalize.stddev == t.normalize.stddev);
    CHECK(preparation_text(Transform{.flip = true}).empty());
    CHECK_THROWS_WITH_AS(preparation_of("pad 2 twist 3", "f"),
                         "f: its preparation says 'twist', which this version does not know: "
                         "\"pad 2 twist 3\"",
                         Error);
    CHECK_THROWS_AS(preparation_of("pad", "f"), Error);
    CHECK_THROWS_AS(preparation_of("mean 0.5", "f"), Error);
}

TEST_CASE("networks deployed from one training give the same answers from four threads at once") {
    auto& [data, training] = trained();
    const double accuracy = training.deploy<0>().accuracy(data.test);
    double found[4] = {};
    std::vector<std::thread> threads;
    for (double& own : found)
        threads.emplace_back([&, to = &own] {
            auto network = trained().training.deploy<0>();
            for (int k = 0; k < 5; ++k)
                *to = network.accuracy(trained().data.test);
        });
    for (std::thread& t : threads)
        t.join();
    for (const double own : found)
        CHECK(own == accuracy);
}

TEST_CASE("a network without an MKB is deployed as itself") {
    static_assert(std::is_same_v<Deployed<Collaboration<Plain>, 0>, Plain>);
    Model<Plain, Cpu<float>> network = trained().training.deploy<0>();
    CHECK(network.parameter_count() == trained().training.named_tensors().parameter_count);
    static_assert(std::is_same_v<Training<Pair, Cpu<float>>::DeployedModel<0>,
                                 decltype(std::declval<Training<Pair, Cpu<float>>>().deploy<0>())>);
}

TEST_CASE("gradients that are only looked at are no step") {
    Training<Pair, Cpu<float>> looked({.batch = samples});
    Training<Pair, Cpu<float>> plain({.batch = samples});
    for (int s = 0; s < 3; ++s) {
        looked.compute_gradients(images(s).data(), labels(s).data(), samples);
        looked.step(images(s).data(), labels(s).data(), samples, 0.05);
        plain.step(images(s).data(), labels(s).data(), samples, 0.05);
    }
    CHECK(looked.steps() == 3);
    CHECK(same_bits(looked.parameters(), plain.parameters()));
}

namespace {
/// The least that PictureSource asks for.
struct Points {
    std::vector<float> values;
    std::vector<int> labels;
    int size() const { return int(labels.size()); }
    Dims output(const Transform&) const { return {4, 1, 1}; }
    PictureReader reader(const Transform&) const {
        return [this](int i, Random, bool, float* out) {
            for (int k = 0; k < 4; ++k)
                out[k] = values[std::size_t(4 * i + k)];
            return labels[std::size_t(i)];
        };
    }
};
static_assert(PictureSource<Points>);
struct OfPoints : Sequential<Shape<4, 1, 1>, Linear<8>, Relu, Linear<2>> {};
}  // namespace

TEST_CASE("a source with the documented members, and no name, can be trained on") {
    Points train;
    for (int i = 0; i < 64; ++i) {
        for (int k = 0; k < 4; ++k)
            train.values.push_back(float((i * 7 + k * 3) % 11) - 5.0f);
        train.labels.push_back(train.values[std::size_t(4 * i)] > 0 ? 1 : 0);
    }
    Training<OfPoints, Cpu<float>> training({.batch = 16});
    const History h = fit(training, train, train, {.epochs = 20, .learning_rate = 0.05});
    CHECK(h.records.back().networks[0].test_score() > 0.9);
}

TEST_CASE("a set of another number of classes than the networks have outputs is refused") {
    Splits data = synthetic({1, 12, 12}, 4, 48, 24);
    Training<Plain, Cpu<float>> training({.batch = 24});
    CHECK_THROWS_WITH_AS(training.fit(data, {.epochs = 1}),
                         "synthetic has 4 classes; the networks tell 3 apart", Error);
}

TEST_CASE("a validation set takes the place of the test set while training") {
    Splits data = synthetic({1, 12, 12}, 3, 120, 60);
    hold_out(data, 30);
    CHECK(data.train.size() == 90);
    CHECK(data.validation.size() == 30);
    Training<Plain, Cpu<float>> training({.batch = 15});
    const History h = training.fit(data, {.epochs = 2});
    CHECK(h.records.back().networks[0].test_score() ==
          training.evaluate(data.validation)[0].score());
}
