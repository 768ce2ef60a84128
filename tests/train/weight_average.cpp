// SPDX-License-Identifier: Apache-2.0
// weight_average: means of weights, by hand, and running statistics of a whole set.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/train/checkpoint_manager.hpp>
#include <collab/train/weight_average.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Subject = Training<Small, Cpu<float>>;
Subject subject() {
    return Subject({.seed = 3, .batch = samples}, std::make_shared<Cpu<float>>(1));
}
const Splits& pictures() {
    static const Splits set{synthetic_images({2, 8, 8}, 3, 24, 1),
                            synthetic_images({2, 8, 8}, 3, 12, 2)};
    return set;
}
struct Watch {
    std::vector<std::vector<float>> weights, states;
    bool stepped(Subject& t, const FitEvent&) {
        weights.push_back(t.parameters());
        states.push_back(t.state());
        return true;
    }
};
}  // namespace

TEST_CASE("the mean of weights is over the last epochs, is evaluated, and moves no training") {
    Subject with = subject();
    Subject without = subject();
    StochasticWeightAverage average{.start = 0.5};
    Watch watch;
    const FitOptions options{.epochs = 4, .learning_rate = 0.05};
    const History h = with.fit(pictures(), options, average, watch);
    const History plain = without.fit(pictures(), options);
    CHECK(same_bits(with.parameters(), without.parameters()));
    CHECK(same_bits(with.state(), without.state()));
    REQUIRE(watch.weights.size() == 16);
    CHECK(average.averaged == 2);
    for (std::size_t i = 0; i < average.parameters.size(); ++i)
        CHECK(average.parameters[i] ==
              doctest::Approx((double(watch.weights[11][i]) + double(watch.weights[15][i])) / 2));
    for (std::size_t i = 0; i < average.state.size(); ++i)
        CHECK(average.state[i] ==
              doctest::Approx((double(watch.states[11][i]) + double(watch.states[15][i])) / 2));
    // before the first mean the weights themselves are evaluated
    CHECK(h.records[1].networks[0].test_loss == plain.records[1].networks[0].test_loss);
    CHECK(h.records[2].networks[0].test_loss == plain.records[2].networks[0].test_loss);
    CHECK(h.records[3].networks[0].test_loss != plain.records[3].networks[0].test_loss);
    average.apply(with);
    CHECK(with.evaluate(pictures().test)[0].loss ==
          doctest::Approx(h.records[3].networks[0].test_loss).epsilon(1e-12));

    StochasticWeightAverage often{.start = 0, .every = 3};
    Subject again = subject();
    again.fit(pictures(), options, often);
    CHECK(often.averaged == 5);
    double sum = 0;
    for (const std::size_t s : {2u, 5u, 8u, 11u, 14u})
        sum += double(watch.weights[s][7]);
    CHECK(often.parameters[7] == doctest::Approx(sum / 5));
}

TEST_CASE("the mean of weights survives a checkpoint") {
    const auto run = [](const std::string& path, bool resume, long last) {
        Subject t = subject();
        StochasticWeightAverage average{.start = 0.25};
        t.fit(pictures(),
              {.epochs = 4,
               .learning_rate = 0.05,
               .watch = [=](const FitEvent& e) { return e.step < last; }},
              Checkpoints{.folder = path, .resume = resume}, average);
        return average;
    };
    const Folder folder;
    run(folder.path.string(), false, 10);
    const StochasticWeightAverage cut = run(folder.path.string(), true, 100);
    const StochasticWeightAverage whole = run("", false, 100);
    CHECK(whole.averaged == 3);
    CHECK(cut.averaged == 3);
    CHECK(same_bits(cut.parameters, whole.parameters));
    CHECK(same_bits(cut.state, whole.state));
}

TEST_CASE("running statistics are renewed to the mean over all batches, and nothing else moves") {
    Subject t = subject();
    t.fit(pictures(), {.epochs = 1, .learning_rate = 0.05});
    const auto weights = t.parameters();
    const auto momentum = t.momentum();
    // one batch at a time: from 0, a statistic moves by a tenth of what the batch says
    std::vector<double> expected(t.state().size());
    Loader loader(pictures().train, {}, {.batch = samples, .seed = 1});
    loader.start(0);
    while (const Batch* b = loader.next()) {
        t.set_state(std::vector<float>(expected.size(), 0.0f));
        t.compute_gradients(b->images, b->labels, b->size);
        const auto s = t.state();
        for (std::size_t i = 0; i < s.size(); ++i)
            expected[i] += double(s[i]) / 0.1 / loader.batches();
    }
    renew_statistics(t, pictures().train);
    const auto renewed = t.state();
    for (std::size_t i = 0; i < renewed.size(); ++i)
        CHECK(double(renewed[i]) == doctest::Approx(expected[i]).epsilon(1e-5));
    CHECK(same_bits(t.parameters(), weights));
    CHECK(same_bits(t.momentum(), momentum));
    CHECK(t.steps() == 4);
}

TEST_CASE("a mean of no weights and wrong settings are refused") {
    Subject t = subject();
    StochasticWeightAverage late{.start = 1};
    t.fit(pictures(), {.epochs = 1, .learning_rate = 0.05}, late);
    CHECK(error_of([&] { late.apply(t); }) ==
          "StochasticWeightAverage: no weights were averaged; the training ended before its start, "
          "1 of all steps");
    StochasticWeightAverage wrong{.start = 1.5};
    CHECK(error_of([&] { t.fit(pictures(), {.epochs = 1}, wrong); }) ==
          "StochasticWeightAverage: start is 1.5; expected a number from 0 to 1");
    StochasticWeightAverage never{.every = -1};
    CHECK(error_of([&] { t.fit(pictures(), {.epochs = 1}, never); }) ==
          "StochasticWeightAverage: every is -1; expected a finite number of at least 0");
}
