// SPDX-License-Identifier: Apache-2.0
// callbacks: when a training ends early, what clipping does to an update, and what averages are.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/train/callback.hpp>
#include <collab/train/callbacks.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Subject = Training<Small, Cpu<float>>;
Subject subject(Sgd optimizer = {.momentum = 0, .weight_decay = 0}) {
    return Subject({.seed = 3, .batch = samples, .optimizer = optimizer},
                   std::make_shared<Cpu<float>>(1));
}
const Splits& pictures() {
    static const Splits set{synthetic_images({2, 8, 8}, 3, 24, 1),
                            synthetic_images({2, 8, 8}, 3, 12, 2)};
    return set;
}
struct OneNetwork {
    static constexpr int networks = 1;
};
/// Evaluations that are over when it ends the training.
int ends_after(EarlyStopping& stop, const std::vector<double>& accuracies) {
    OneNetwork t;
    stop.begin(t, History{});
    for (std::size_t i = 0; i < accuracies.size(); ++i) {
        Record r{1, long(i + 1), 0, 0, {NetworkRecord{.test_scores = {accuracies[i]}}}};
        if (!stop.evaluated(t, FitEvent{.step = r.step, .evaluated = true, .record = &r}))
            return int(i + 1);
    }
    return -1;
}
double length(const std::vector<float>& v) {
    double s = 0;
    for (const float x : v)
        s += double(x) * double(x);
    return std::sqrt(s);
}
}  // namespace

TEST_CASE("a training that gets no better ends after its patience") {
    EarlyStopping stop{.patience = 2};
    CHECK(ends_after(stop, {0.1, 0.3, 0.2, 0.3, 0.25, 0.9}) == 5);
    CHECK(stop.best == 0.3);
    CHECK(stop.best_step == 2);
    // forgets the training before
    CHECK(ends_after(stop, {0.1, 0.05, 0.02, 0.2, 0.1, 0.1, 0.3}) == -1);
    EarlyStopping demanding{.patience = 0, .min_delta = 0.1};
    CHECK(ends_after(demanding, {0.1, 0.25, 0.3}) == 3);
    EarlyStopping wrong{.network = 1};
    CHECK(error_of([&] { ends_after(wrong, {}); }) ==
          "EarlyStopping: there is no network 1; this training has 1");

    Subject training = subject();
    EarlyStopping impatient{.patience = 0, .min_delta = 1};
    const History h = training.fit(pictures(), {.epochs = 10, .learning_rate = 0.01}, impatient);
    CHECK(h.stopped);
    CHECK(h.records.size() == 2);
}

TEST_CASE("gradients are scaled to the norm that they may have, and small ones are left alone") {
    Subject a = subject();
    Subject b = subject();
    Subject c = subject();
    const std::vector<float> start = a.parameters();
    std::vector<float> whole, clipped;
    ClipGradients clip{.norm = 0.25};
    ClipGradients generous{.norm = 1e6};
    a.step(images().data(), labels().data(), samples, 1.0, [&] { whole = a.gradients(); });
    b.step(images().data(), labels().data(), samples, 1.0, [&] {
        clip.before_update(b);
        clipped = b.gradients();
    });
    c.step(images().data(), labels().data(), samples, 1.0, [&] { generous.before_update(c); });
    REQUIRE(length(whole) > 0.3);
    CHECK(clip.last == doctest::Approx(length(whole)).epsilon(1e-5));
    CHECK(clip.clipped == 1);
    CHECK(generous.clipped == 0);
    CHECK(length(clipped) == doctest::Approx(0.25).epsilon(1e-5));
    const std::vector<float> after = b.parameters();
    double worst = 0;
    for (std::size_t i = 0; i < after.size(); ++i)
        worst = std::max(worst, std::abs(double(start[i]) - double(after[i]) -
                                         double(whole[i]) * 0.25 / length(whole)));
    CHECK(worst < 1e-6);
    CHECK(same_bits(a.parameters(), c.parameters()));
    Subject training = subject();
    ClipGradients none{.norm = 0};
    CHECK(error_of([&] { training.fit(pictures(), {.epochs = 1}, none); }) ==
          "ClipGradients: norm = 0; expected a positive number");
    ClipGradients upwards{.norm = -1};  // in a loop of one's own
    CHECK(error_of([&] {
              training.step(images().data(), labels().data(), samples, 1.0,
                            [&] { upwards.before_update(training); });
          }) == "ClipGradients: norm = -1; expected a positive number");
}

TEST_CASE("averages follow the weights, are evaluated, and leave the training as it was") {
    Subject with = subject();
    Subject without = subject();
    ExponentialMovingAverage average{.decay = 0.3};
    struct Watch {
        std::vector<std::vector<float>> weights;
        bool stepped(Subject& t, const FitEvent&) {
            return weights.push_back(t.parameters()), true;
        }
    } watch;
    const std::vector<float> start = with.parameters();
    const FitOptions options{.epochs = 2, .learning_rate = 0.05};
    const History h = with.fit(pictures(), options, average, watch);
    const History plain = without.fit(pictures(), options);
    CHECK(same_bits(with.parameters(), without.parameters()));
    CHECK(same_bits(with.state(), without.state()));
    REQUIRE(watch.weights.size() == 8);
    double expected = double(start[5]);
    for (std::size_t t = 1; t <= 8; ++t) {
        const double d = std::min(0.3, (1.0 + double(t)) / (10.0 + double(t)));
        expected = d * expected + (1 - d) * double(watch.weights[t - 1][5]);
    }
    CHECK(average.parameters[5] == doctest::Approx(expected).epsilon(1e-9));
    CHECK(h.records.back().networks[0].test_loss != plain.records.back().networks[0].test_loss);
    CHECK(h.records.back().networks[0].task == plain.records.back().networks[0].task);
    average.apply(with);
    CHECK(with.evaluate(pictures().test)[0].loss ==
          doctest::Approx(h.records.back().networks[0].test_loss).epsilon(1e-12));
}

TEST_CASE("averages and patience survive a checkpoint") {
    const Folder folder;
    const auto run = [&](const std::string& path, bool resume, long last,
                         ExponentialMovingAverage& average, EarlyStopping& stop) {
        Subject t = subject();
        t.fit(pictures(),
              {.epochs = 3,
               .learning_rate = 0.05,
               .watch = [=](const FitEvent& e) { return e.step < last; }},
              Checkpoints{.folder = path, .resume = resume}, average, stop);
    };
    ExponentialMovingAverage whole, first, second;
    EarlyStopping a{.patience = 50};
    EarlyStopping b{.patience = 50};
    EarlyStopping c{.patience = 50};
    run("", false, 1000, whole, a);
    run(folder.path.string(), false, 7, first, b);
    run(folder.path.string(), true, 1000, second, c);
    CHECK(same_bits(whole.parameters, second.parameters));
    CHECK(same_bits(whole.state, second.state));
    CHECK(second.updates == 12);
    CHECK(c.best == a.best);
    CHECK(c.best_step == a.best_step);
    CHECK(c.waited == a.waited);
}
