// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/report/chart.hpp>

using namespace collab;
using Words = std::vector<std::string>;

namespace {
Chart chart_of(std::vector<Chart::Point> points, bool percent = false) {
    return {.title = "t",
            .x_label = "x",
            .y_label = "y",
            .percent = percent,
            .series = {{.name = "s", .points = std::move(points)}}};
}
}  // namespace

TEST_CASE("ticks step by 1, 2 or 5 times a power of ten") {
    CHECK(ticks(0, 10, 5).values == std::vector<double>{0, 2, 4, 6, 8, 10});
    CHECK(ticks(0, 1, 10).values ==
          std::vector<double>{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0});
    CHECK(ticks(1, 200, 4).values == std::vector<double>{50, 100, 150, 200});
    CHECK(ticks(-0.03, 0.03, 4).values == std::vector<double>{-0.02, 0, 0.02});
    CHECK_FALSE(std::signbit(ticks(-1, 1, 2).values[1]));
    for (double low = -7.3; low < 8; low += 1.7)
        for (double size = 1e-6; size < 1e9; size *= 3.7)
            for (int wanted = 2; wanted < 12; ++wanted) {
                const Ticks t = ticks(low, low + size, wanted);
                CHECK((t.mantissa == 1 || t.mantissa == 2 || t.mantissa == 5));
                // the largest error of the nearest of 1, 2, 5 is the root of 2.5
                CHECK(size / t.step() < wanted * 1.6);
                CHECK(size / t.step() > wanted / 1.6);
                for (const double v : t.values)
                    CHECK((v >= low - 1e-5 * t.step() && v <= low + size + 1e-5 * t.step()));
            }
}

TEST_CASE("ticks of counts do not split a count") {
    CHECK(ticks(1, 3, 8, 1).values == std::vector<double>{1, 2, 3});
    CHECK(ticks(0, 30, 7, 10).step() == 10);
}

TEST_CASE("ticks of an empty or endless range are refused") {
    CHECK_THROWS_WITH_AS(ticks(1, 1, 5), "ticks: expected finite low < high, not 1 and 1", Error);
    CHECK_THROWS_AS(ticks(0, std::nan(""), 5), Error);
    CHECK_THROWS_AS(ticks(0, std::numeric_limits<double>::infinity(), 5), Error);
    CHECK_THROWS_AS(ticks(-1e308, 1.7e308, 5), Error);
}

TEST_CASE("ticks are named with the fewest digits that tell them apart") {
    CHECK(tick_labels(ticks(0, 1, 5), false) == Words{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
    CHECK(tick_labels(ticks(0, 80000, 4), false) == Words{"0", "20k", "40k", "60k", "80k"});
    CHECK(tick_labels(ticks(0, 2e6, 4), false) == Words{"0", "0.5M", "1.0M", "1.5M", "2.0M"});
    CHECK(tick_labels(ticks(0.8, 0.9, 5), true) == Words{"80%", "82%", "84%", "86%", "88%", "90%"});
    CHECK(tick_labels(ticks(0.86, 0.87, 2), true) == Words{"86.0%", "86.5%", "87.0%"});
}

TEST_CASE("the y axis is rounded out to whole ticks, and shares stay shares") {
    const auto a = detail::chart_axes(chart_of({{1, 0.31}, {9, 0.97}}, true), 5, 5);
    CHECK(a.y.low == doctest::Approx(0.3));
    CHECK(a.y.high == 1.0);
    CHECK(a.x.low == 1);
    CHECK(a.x.high == 9);
    CHECK_FALSE(a.cut);
    // not 105 %
    CHECK(detail::chart_axes(chart_of({{1, 1.0}, {2, 1.0}}, true), 5, 5).y.high == 1.0);
    CHECK(detail::chart_axes(chart_of({{1, 0.0}, {2, 0.0}}, true), 5, 5).y.low == 0.0);
}

TEST_CASE("no data, one point and equal values still have axes") {
    for (const auto& points : {std::vector<Chart::Point>{},
                               {{3, 7}},
                               {{1, 0}, {2, 0}},
                               {{1, std::nan("")}},
                               {{1e16, 5}, {1e16 + 2, 5}}}) {
        const auto a = detail::chart_axes(chart_of(points), 5, 5);
        CHECK(a.x.low < a.x.high);
        CHECK(a.y.low < a.y.high);
        CHECK(a.y_ticks.values.size() >= 2);
        CHECK(a.y_ticks.values.size() < 20);
    }
}

TEST_CASE("the spread belongs to the axis, values that are no numbers do not") {
    Chart c = chart_of({{1, 5}, {2, 6}, {3, std::numeric_limits<double>::infinity()}});
    c.series[0].lower = {1, 5, 0};
    c.series[0].upper = {9, 7, 1e9};
    for (const double none : {std::nan(""), -std::numeric_limits<double>::infinity()}) {
        Chart d = c;
        d.series[0].lower[0] = none;
        CHECK(detail::chart_axes(d, 5, 5).y.low >= 4);
    }
    const auto a = detail::chart_axes(c, 5, 5);
    CHECK(a.y.low <= 1);
    CHECK(a.y.high == 10);
    CHECK(a.x.high == 2);
}

TEST_CASE("a focused chart leaves its first fifth out of the axis and says so") {
    Chart c = chart_of({{0, 0.1}, {50, 0.80}, {100, 0.88}}, true);
    CHECK(detail::full_note(c).empty());
    c.focus = true;
    const auto a = detail::chart_axes(c, 5, 5);
    CHECK(a.cut);
    CHECK(a.y.low == doctest::Approx(0.8));
    c.note = "Mean of 3 seeds.";
    CHECK(detail::full_note(c) == "Mean of 3 seeds. Values outside the axis are cut off.");
}

TEST_CASE("limits given are kept, impossible ones are refused by name") {
    Chart c = chart_of({{1, 0.5}, {2, 0.6}});
    c.y_low = 0;
    c.y_high = 1;
    CHECK(detail::chart_axes(c, 5, 5).y.low == 0);
    CHECK(detail::chart_axes(c, 5, 5).y.high == 1);
    c.y_low = 2;
    CHECK_THROWS_WITH_AS(detail::chart_axes(c, 5, 5),
                         doctest::Contains("chart 't': its y axis would go from 2 to 1;"), Error);
}

TEST_CASE("a spread of another length than its curve is refused by name") {
    Chart c = chart_of({{1, 5}, {2, 6}});
    c.series[0].lower = {1};
    CHECK_THROWS_WITH_AS(
        detail::check_chart(c),
        "chart 't', curve 's': expected 2 values in lower and in upper (or none), not 1 and 0",
        Error);
}
