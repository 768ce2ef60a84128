// SPDX-License-Identifier: Apache-2.0
// learning_rate_finder: which rates are tried, what is seen, and that the training is put back.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/report/svg.hpp>
#include <collab/train/learning_rate_chart.hpp>
#include <collab/train/learning_rate_finder.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
const Images& pictures() {
    static const Images set = synthetic_images({2, 8, 8}, 3, 26, 1);
    return set;
}
}  // namespace

TEST_CASE("rates rise by a factor, losses are those of a loop, and the training is put back") {
    using Subject = Training<Pair, Cpu<float>>;
    Subject training({.batch = 6});
    Subject loop({.batch = 6});
    steps(training, 2);
    steps(loop, 2);
    const auto weights = training.parameters();
    const auto state = training.state();
    const auto momentum = training.momentum();
    const LearningRateRange range{.from = 1e-3, .to = 0.1, .steps = 9, .diverged = 1000, .seed = 4};
    const LearningRateCurve curve = find_learning_rate(training, pictures(), range);
    CHECK(same_bits(training.parameters(), weights));
    CHECK(same_bits(training.state(), state));
    CHECK(same_bits(training.momentum(), momentum));
    CHECK(training.steps() == 2);

    REQUIRE(curve.rates.size() == 9);
    CHECK(curve.rates[0] == doctest::Approx(1e-3));
    CHECK(curve.rates[4] == doctest::Approx(1e-2));
    CHECK(curve.rates[8] == doctest::Approx(0.1));
    Loader loader(pictures(), {}, {.batch = 6, .seed = 4});
    std::size_t k = 0;
    double mean = 0;
    for (int epoch = 0; epoch < 3; ++epoch) {
        loader.start(epoch);
        for (const Batch* b = loader.next(); b && k < 9; b = loader.next(), ++k) {
            loop.step(b->images, b->labels, b->size, curve.rates[k]);
            const auto l = loop.losses();
            const double loss = (l[0].total(0.2) + l[1].total(0.2)) / 2;
            CHECK(curve.losses[k] == doctest::Approx(loss).epsilon(1e-12));
            mean = 0.9 * mean + 0.1 * loss;
            CHECK(curve.smoothed[k] ==
                  doctest::Approx(mean / (1 - std::pow(0.9, double(k + 1)))).epsilon(1e-12));
        }
    }
    CHECK(k == 9);
}

TEST_CASE("a search ends where the loss diverges, and shows a picture of it") {
    Training<Pair, Cpu<float>> training({.batch = 6});
    const LearningRateCurve curve =
        find_learning_rate(training, pictures(), {.from = 1e-3, .to = 1e5, .steps = 60});
    CHECK(curve.rates.size() > 10);
    CHECK(curve.rates.size() < 60);
    REQUIRE(std::isfinite(curve.steepest));
    CHECK(curve.steepest < curve.rates.back());
    const Chart chart = chart_of(curve);
    CHECK(chart.series.size() == 3);
    CHECK(chart.series[0].points[0].x == doctest::Approx(-3));
    CHECK(chart.series[2].points[0].x == doctest::Approx(std::log10(curve.steepest)));
    CHECK(svg(chart, Theme::light).find("steepest: ") != std::string::npos);
    CHECK(error_of([] { chart_of({}); }) ==
          "a chart of learning rates: the curve has no steps; the first loss was not finite");
}

TEST_CASE("the steepest descent is that of the difference of both neighbors") {
    CHECK(detail::steepest_descent({5, 5, 4.5, 3, 2.8, 4}) == 2);
    CHECK(detail::steepest_descent({5, 5, 4.5, 3, 1, 1}) == 3);
    CHECK(detail::steepest_descent({1, 2, 3}) == -1);
    CHECK(detail::steepest_descent({}) == -1);
}

TEST_CASE("a range of rates that makes no sense is refused") {
    Training<Pair, Cpu<float>> training({.batch = 6});
    const auto error = [&](const LearningRateRange& range) {
        return error_of([&] { find_learning_rate(training, pictures(), range); });
    };
    CHECK(error({.from = 1, .to = 0.1}) ==
          "LearningRateRange: from is 1 and to is 0.1; expected from < to");
    CHECK(error({.from = 0}) == "LearningRateRange: from is 0; expected a number above 0");
    CHECK(error({.steps = 2}) ==
          "LearningRateRange: steps is 2; expected a finite number of at least 3");
    CHECK(error({.smoothing = 1}) ==
          "LearningRateRange: smoothing is 1; expected a number in [0, 1)");
    CHECK(error({.diverged = 0.5}) ==
          "LearningRateRange: diverged is 0.5; expected a finite number of at least 1");
}
