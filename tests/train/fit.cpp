// SPDX-License-Identifier: Apache-2.0
// fit: whole trainings on made-up pictures: that networks learn, what the history holds, who may
// stop it, and how it ends when numbers go wrong.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "made.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Picture = Shape<1, 16, 16>;
struct Tiny : Sequential<Picture, Conv2d<8, 5>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                         Conv2d<16, 3>, BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};
struct Deep
    : Sequential<Picture, Conv2d<8, 5>, BatchNorm, Relu, MaxPool<2>,
                 Residual<Layers<Conv2d<8, 3>, BatchNorm, Relu, Conv2d<8, 3>, BatchNorm>>, Relu,
                 Cut<mutual>, AvgPool<2>, Conv2d<8, 3>, BatchNorm, Relu, GlobalAvgPool, Linear<4>> {
};
using TinyPair =
    Collaboration<Tiny, Deep,
                  MKB<Encoder<8, 8>, Transfer<8>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>>>;

const Splits& pictures() {
    static const Splits set{synthetic_images({1, 16, 16}, 4, 400, 1),
                            synthetic_images({1, 16, 16}, 4, 120, 2)};
    return set;
}
using Machine = Cpu<float>;
}  // namespace

TEST_CASE("a pair of small networks learns to tell synthetic pictures apart") {
    const Splits set{synthetic_images({1, 16, 16}, 4, 1600, 1),
                     synthetic_images({1, 16, 16}, 4, 200, 2)};
    Training<TinyPair, Machine> training({.seed = 1, .batch = 32, .names = {"tiny", "deep"}});
    const auto before = training.evaluate(set.test);
    const History history = training.fit(set, {.epochs = 5, .learning_rate = MultiStepLR{}});
    REQUIRE(history.records.size() == 5);
    for (std::size_t k = 0; k < 2; ++k) {
        CHECK(before[k].score() < 0.6);
        CHECK(history.records.back().networks[k].test_score() > 0.8);
        CHECK(history.records.back().networks[k].score() > 0.8);
        CHECK(history.records.back().networks[k].task < history.records.front().networks[k].task);
        CHECK(history.records.back().networks[k].verification <
              history.records.front().networks[k].verification);
    }
}

TEST_CASE("the history holds one record per epoch with the right counts") {
    Training<TinyPair, Machine> training({.batch = 64});
    const History history =
        training.fit(pictures(), {.epochs = 4, .learning_rate = MultiStepLR{.base = 0.08}});
    REQUIRE(history.records.size() == 4);
    const double rates[] = {0.08, 0.08, 0.008, 0.0008};
    for (std::size_t e = 0; e < 4; ++e) {
        const Record& r = history.records[e];
        CHECK(r.epoch == int(e) + 1);
        CHECK(r.step == long(e + 1) * (400 / 64));
        CHECK(r.learning_rate == doctest::Approx(rates[e]));
        CHECK(r.networks.size() == 2);
        CHECK(r.seconds > 0);
        for (const NetworkRecord& n : r.networks) {
            CHECK(n.task > 0);
            CHECK(n.metric > 0);
            CHECK(n.verification > 0);
            CHECK(n.score() >= 0);
            CHECK(n.score() <= 1);
            CHECK(n.test_loss > 0);
            // a whole number of 120 pictures
            CHECK(std::abs(n.test_score() * 120 - std::round(n.test_score() * 120)) < 1e-6);
        }
    }
    CHECK_FALSE(history.stopped);
    CHECK(history.images_per_second > 0);
    CHECK(training.steps() == 24);
    const auto evaluation = training.evaluate(pictures().test);
    CHECK(evaluation[1].score() ==
          doctest::Approx(history.records.back().networks[1].test_score()).epsilon(1e-12));
    CHECK(evaluation[0].loss ==
          doctest::Approx(history.records.back().networks[0].test_loss).epsilon(1e-12));
}

TEST_CASE("evaluations can come every so many steps, and always at the end") {
    Training<Tiny, Machine> training({.batch = 50});
    const History history = training.fit(pictures(), {.epochs = 2, .evaluate_every = 5});
    REQUIRE(history.records.size() == 4);
    const long at[] = {5, 10, 15, 16};
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(history.records[i].step == at[i]);
    CHECK(history.records[0].epoch == 1);
    CHECK(history.records[1].epoch == 2);
}

TEST_CASE("a training may have more steps than an int can count") {
    Training<TinyPair, Machine> training({.batch = 32});
    FitEvent seen;
    double rate = 0;
    FitOptions options{.epochs = 1'000'000'000,
                       .learning_rate = 0.06,
                       .warmup_steps = 6'000'000'000,
                       .evaluate_every = 3'000'000'000};
    options.watch = [&](const FitEvent& e) {
        seen = e;
        rate = e.record->learning_rate;
        return e.step < 2;
    };
    const History history = training.fit(pictures(), options);
    CHECK(seen.step == 2);
    CHECK(seen.steps == 12'000'000'000);
    CHECK(rate == doctest::Approx(0.06 * 2 / 6e9));
    CHECK(history.records.size() == 1);  // what was reached
}

TEST_CASE("a watcher is told of every step and every evaluation") {
    Training<Tiny, Machine> training({.batch = 100});
    std::vector<FitEvent> events;
    const History history = training.fit(
        pictures(), {.epochs = 2, .watch = [&](const FitEvent& e) {
                         REQUIRE(e.record != nullptr);
                         CHECK(e.record->networks.size() == 1);
                         CHECK(std::isnan(e.record->networks[0].test_score()) != e.evaluated);
                         events.push_back(e);
                         return true;
                     }});
    REQUIRE(events.size() == 2 * (4 + 1));
    for (std::size_t i = 0; i < events.size(); ++i) {
        CHECK(events[i].evaluated == (i % 5 == 4));
        CHECK(events[i].epoch == int(i / 5) + 1);
        CHECK(events[i].epochs == 2);
        CHECK(events[i].step == long(i / 5) * 4 + std::min<long>(long(i % 5) + 1, 4));
        CHECK(events[i].steps == 8);
    }
    CHECK_FALSE(history.stopped);
}

TEST_CASE("a watcher can stop a training") {
    Training<Tiny, Machine> training({.batch = 100});
    const History history = training.fit(
        pictures(), {.epochs = 10, .watch = [](const FitEvent& e) { return e.step < 6; }});
    CHECK(history.stopped);
    CHECK(training.steps() == 6);
    REQUIRE(history.records.size() == 2);  // the first epoch, and what was reached
    CHECK(history.records.back().step == 6);
    CHECK(history.records.back().epoch == 2);
    CHECK(history.records.back().networks[0].test_score() >= 0);
}

TEST_CASE("the training error reaches the schedule") {
    Training<Tiny, Machine> training({.batch = 100});
    std::vector<double> errors;
    const History history =
        training.fit(pictures(), {.epochs = 3, .learning_rate = [&](int, int, double error) {
                                      errors.push_back(error);
                                      return 0.05;
                                  }});
    REQUIRE(errors.size() == 3);
    CHECK(errors[0] == 1);
    for (std::size_t e = 1; e < 3; ++e)
        CHECK(errors[e] ==
              doctest::Approx(1 - history.records[e - 1].networks[0].score()).epsilon(1e-9));
}

TEST_CASE("a loss that is not a number ends the training and names the network and the step") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Training<TinyPair, Machine> training({.batch = 100, .names = {"tiny", "deep"}});
    auto weights = training.parameter("deep.12.weight");
    weights[3] = float(nan);
    training.set_parameter("deep.12.weight", weights);
    CHECK_THROWS_WITH_AS(training.fit(pictures(), {.epochs = 1}),
                         doctest::Contains("the loss of deep became "), Error);
    CHECK_THROWS_WITH_AS(training.fit(pictures(), {.epochs = 1}),
                         doctest::Contains(" at step 1 (epoch 1, learning rate "), Error);
}

TEST_CASE("a learning rate that is far too large ends the training with an error") {
    Training<Tiny, Machine> training({.batch = 100, .names = {"tiny"}});
    CHECK_THROWS_WITH_AS(
        training.fit(pictures(),
                     {.epochs = 5, .learning_rate = [](int, int, double) { return 1e30; }}),
        doctest::Contains("the loss of tiny became "), Error);
}

TEST_CASE("a balanced training sees what a balanced loader gives") {
    Images few = pictures().train;
    for (std::size_t i = 0; i < few.labels.size(); ++i)
        few.labels[i] = i % 10 == 0 ? 1 : 0;
    Training<Tiny, Machine> fitted({.batch = 100});
    Training<Tiny, Machine> looped({.batch = 100});
    fitted.fit({few, pictures().test},
               {.epochs = 2, .learning_rate = 0.01, .seed = 5, .balanced = true});
    Loader loader(few, {}, {.batch = 100, .seed = 5, .balance = few.labels});
    for (int epoch = 0; epoch < 2; ++epoch) {
        loader.start(epoch);
        while (const Batch* b = loader.next())
            looped.step(b->images, b->labels, b->size, 0.01);
    }
    CHECK(fitted.parameters() == looped.parameters());
    Training<Collaboration<Tiny, ProbabilityCrossEntropy>, Machine> values({.batch = 100});
    CHECK_THROWS_WITH_AS(values.fit({one_hot(few), one_hot(few)}, {.epochs = 1, .balanced = true}),
                         "synthetic has no class numbers; a balanced order needs them", Error);
}

TEST_CASE("options and pictures that do not fit are refused") {
    Training<Tiny, Machine> training({.batch = 100});
    CHECK_THROWS_WITH_AS(training.fit(pictures(), {.epochs = 0}),
                         "a training has at least one epoch, not 0", Error);
    const Splits wide{synthetic_images({1, 20, 20}, 4, 100, 1),
                      synthetic_images({1, 20, 20}, 4, 100, 2)};
    CHECK_THROWS_WITH_AS(training.fit(wide),
                         doctest::Contains("cannot be padded to the networks' 1 x 16 x 16"), Error);
    const Splits colored{synthetic_images({3, 16, 16}, 4, 100, 1),
                         synthetic_images({3, 16, 16}, 4, 100, 2)};
    CHECK_THROWS_WITH_AS(training.fit(colored), doctest::Contains("images of 3 x 16 x 16"), Error);
    const Splits many{synthetic_images({1, 16, 16}, 7, 100, 1),
                      synthetic_images({1, 16, 16}, 7, 100, 2)};
    CHECK_THROWS_AS(training.fit(many), Error);
}

TEST_CASE("small pictures are padded with zeros to the size of the networks") {
    const Splits small{synthetic_images({1, 12, 12}, 4, 200, 1),
                       synthetic_images({1, 12, 12}, 4, 40, 2)};
    Training<Tiny, Machine> training({.batch = 50});
    CHECK(training.fit(small, {.epochs = 1}).records.size() == 1);
    CHECK(padded_to({1, 12, 12}, {1, 16, 16}).pad == 2);
}

TEST_CASE("a batch larger than the set trains on what there is") {
    const Splits few{synthetic_images({1, 16, 16}, 4, 24, 1),
                     synthetic_images({1, 16, 16}, 4, 10, 2)};
    Training<Tiny, Machine> training({.batch = 32});
    const History history = training.fit(few, {.epochs = 2});
    CHECK(history.records.size() == 2);
    CHECK(training.steps() == 2);
}

TEST_CASE(
    "pictures made when they are asked for train a network as the same pictures in memory do") {
    using trial::Made;
    const Transform transform{.crop_padding = 2, .flip = true};
    Training<Tiny, Machine> in_memory({.batch = 50});
    Training<Tiny, Machine> made({.batch = 50});
    const FitOptions options{.epochs = 2, .transform = transform};
    const History a = in_memory.fit(pictures(), options);
    const History b = fit(made, Made{pictures().train}, Made{pictures().test}, options);
    CHECK(same_bits(in_memory.parameters(), made.parameters()));
    CHECK(a.records.back().networks[0].test_score() == b.records.back().networks[0].test_score());
    CHECK_THROWS_WITH_AS(
        fit(made, Made{pictures().train}, Made{pictures().test},
            {.transform = Transform{.pad = 1}}),
        "the transform turns images into 1 x 18 x 18; the networks expect 1 x 16 x 16", Error);
}
