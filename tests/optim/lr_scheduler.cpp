// SPDX-License-Identifier: Apache-2.0
// lr_scheduler: schedules epoch by epoch, by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <collab/optim/lr_scheduler.hpp>
#include <collab/train/fit.hpp>

using namespace collab;

namespace {
template <class R>
std::vector<double> epochs(R schedule, int count) {
    std::vector<double> rates;
    for (int e = 0; e < count; ++e)
        rates.push_back(schedule(e, count));
    return rates;
}
/// The rate after each of these errors.
std::vector<double> after(ReduceLROnPlateau schedule, const std::vector<double>& errors) {
    std::vector<double> rates;
    for (std::size_t e = 0; e < errors.size(); ++e) {
        schedule.observe(errors[e]);
        rates.push_back(schedule(int(e) + 1, 100));
    }
    return rates;
}
void verify(const std::vector<double>& rates, const std::vector<double>& expected) {
    REQUIRE(rates.size() == expected.size());
    for (std::size_t i = 0; i < rates.size(); ++i)
        CHECK_MESSAGE(rates[i] == doctest::Approx(expected[i]).epsilon(1e-12), "epoch ", i);
}
}  // namespace

TEST_CASE("a step rate falls to a tenth at half and at three quarters of the epochs") {
    verify(epochs(MultiStepLR{}, 8), {0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001});
    verify(epochs(MultiStepLR{}, 1), {0.1});
    CHECK(MultiStepLR{}(99, 200) == doctest::Approx(0.1));
    CHECK(MultiStepLR{}(100, 200) == doctest::Approx(0.01));
    CHECK(MultiStepLR{}(149, 200) == doctest::Approx(0.01));
    CHECK(MultiStepLR{}(150, 200) == doctest::Approx(0.001));
}

TEST_CASE("a step rate takes other milestones and factors") {
    verify(epochs(MultiStepLR{.base = 1, .factor = 0.5, .milestones = {0.2, 0.4, 0.6}}, 5),
           {1, 0.5, 0.25, 0.125, 0.125});
    verify(epochs(MultiStepLR{.base = 0.3, .milestones = {}}, 3), {0.3, 0.3, 0.3});
}

TEST_CASE("a plateau rate falls when the error has not improved for longer than its patience") {
    verify(after({.base = 1, .factor = 0.5, .patience = 2},
                 {0.9, 0.8, 0.85, 0.8, 0.9, 0.7, 0.7, 0.7, 0.7, 0.7}),
           {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25});
    verify(after({.base = 1, .factor = 0.1, .patience = 0}, {0.5, 0.5, 0.4, 0.4}),
           {1, 0.1, 0.1, 0.01});
}

TEST_CASE("a plateau rate calls an improvement only what exceeds its threshold") {
    verify(
        after({.base = 1, .factor = 0.5, .patience = 0, .threshold = 0.1}, {1, 0.95, 0.85, 0.84}),
        {1, 0.5, 0.5, 0.25});
}

TEST_CASE("a plateau rate does not fall below its min_lr") {
    verify(after({.base = 1, .factor = 0.1, .patience = 0, .min_lr = 0.03}, {1, 1, 1, 1}),
           {1, 0.1, 0.03, 0.03});
}

TEST_CASE("a plateau rate refuses an error that is not a number") {
    ReduceLROnPlateau schedule;
    CHECK_THROWS_AS(schedule.observe(std::numeric_limits<double>::quiet_NaN()), Error);
}

TEST_CASE(
    "a schedule in use is told the error of every epoch but the first, which has none before it") {
    struct Listening {
        std::vector<double>* heard;
        double operator()(int epoch, int of) const { return 10 * epoch + of; }
        void observe(double error) { heard->push_back(error); }
    };
    std::vector<double> heard;
    LearningRate rate(Listening{&heard});
    CHECK(rate(0, 3, 1) == 3);
    CHECK(rate(1, 3, 0.5) == 13);
    CHECK(rate(2, 3, 0.25) == 23);
    CHECK(heard == std::vector<double>{0.5, 0.25});
}

TEST_CASE("a cosine rate falls along half a wave") {
    verify(epochs(CosineAnnealingLR{.base = 0.4}, 4),
           {0.4, 0.2 * (1 + std::sqrt(0.5)), 0.2, 0.2 * (1 - std::sqrt(0.5))});
    verify(epochs(CosineAnnealingLR{.base = 1, .min_lr = 0.5}, 2), {1, 0.75});
    CHECK(CosineAnnealingLR{.base = 0.1}(0, 1) == doctest::Approx(0.1));
    CHECK(CosineAnnealingLR{.base = 0.1, .min_lr = 0.01}(200, 200) == doctest::Approx(0.01));
}

TEST_CASE("a warm-up rises to the schedule behind it, which goes on as if alone") {
    verify(epochs(LinearWarmup<MultiStepLR>{.epochs = 3, .then = {.base = 1}}, 8),
           {0.25, 0.5, 0.75, 1, 0.1, 0.1, 0.01, 0.01});
    verify(epochs(LinearWarmup<CosineAnnealingLR>{.epochs = 1, .then = {.base = 1}}, 2),
           {0.5, 0.5});
    verify(epochs(LinearWarmup<CosineAnnealingLR>{.epochs = 0}, 1), {0.1});
    LinearWarmup<ReduceLROnPlateau> rate{.epochs = 1, .then = {.base = 1, .patience = 0}};
    rate.observe(0.5);
    rate.observe(0.6);
    CHECK(rate(5, 10) == doctest::Approx(0.1));
    static_assert(LRScheduler<LinearWarmup<ReduceLROnPlateau>> && LRScheduler<CosineAnnealingLR>);
}

TEST_CASE("a ramp rises from e^-5 of its weight and then stays") {
    const RampUp ramp{.weight = 2, .epochs = 80};
    CHECK(ramp(0) == doctest::Approx(2 * std::exp(-5.0)));
    CHECK(ramp(40) == doctest::Approx(2 * std::exp(-1.25)));
    CHECK(ramp(79.5) < 2);
    CHECK(ramp(80) == 2);
    CHECK(ramp(1000) == 2);
    CHECK(ramp(-1) == ramp(0));
    CHECK(RampUp{.weight = 3, .epochs = 0}(0) == 3);
    CHECK(RampUp{.epochs = 10, .sharpness = 12.5}(0) == doctest::Approx(std::exp(-12.5)));
    for (int e = 0; e < 100; ++e)
        CHECK(ramp(e) <= ramp(e + 1));
}
