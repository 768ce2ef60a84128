// SPDX-License-Identifier: Apache-2.0
// chart: what a line chart says (curves, spreads, labels) and where its axes and ticks lie; how it
// looks is svg.hpp's business.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/io/format.hpp>

namespace collab {

/// A line chart. A point that is not finite breaks its line: nothing is drawn across a gap in what
/// was measured.
struct Chart {
    struct Point {
        double x = 0;
        double y = 0;
    };
    /// One curve. `lower` and `upper`, both empty or as long as `points`, are the spread around it
    /// (over seeds, say).
    struct Series {
        std::string name{};
        /// index into a palette of six; curves that belong together share one
        int color = 0;
        bool dashed = false;  ///< by custom here: alone is dashed, together is solid
        std::vector<Point> points{};
        std::vector<double> lower{};
        std::vector<double> upper{};
    };

    std::string title{};
    std::string x_label{};
    std::string y_label{};
    bool percent = false;  ///< y is a share in 0..1 and its axis reads in per cent
    std::vector<Series> series{};
    std::string note{};  ///< a sentence below the picture: what dashed means, what the shade is
    /// Choose the y axis without the first fifth of x, so that late differences show; what lies
    /// outside is cut off, and the note says so.
    bool focus = false;
    /// limits of the axis; chosen from the data where nan
    double y_low = std::numeric_limits<double>::quiet_NaN();
    double y_high = y_low;
};

/// The ticks of an axis: multiples of `step`, which is 1, 2 or 5 times a power of ten.
struct Ticks {
    int mantissa = 1;
    int exponent = 0;              ///< step = mantissa * 10^exponent
    std::vector<double> values{};  ///< those within the limits

    /// The k-th multiple of the step, rounded once, so that the third tenth is the double that
    /// prints as 0.3.
    double multiple(double k) const {
        const double v = exponent < 0 ? k * mantissa / std::pow(10.0, -exponent)
                                      : k * mantissa * std::pow(10.0, exponent);
        return v + 0.0;  // no -0
    }
    double step() const { return multiple(1); }
    /// places after the point that tell the ticks apart
    int digits() const { return std::max(0, -exponent); }
    /// Puts the multiples within [low, high] into `values`; a limit that is one up to rounding
    /// counts.
    void place(double low, double high) {
        values.clear();
        const double first = std::ceil(low / step() - 1e-6);
        const double count = std::floor(high / step() + 1e-6) - first;
        for (int i = 0; i <= count && i < 1000; ++i)
            values.push_back(multiple(first + i));
    }
};

/// About `wanted` ticks from `low` to `high`. `least` is the smallest step that makes sense (1
/// where values are counts).
inline Ticks ticks(double low, double high, int wanted, double least = 0) {
    if (!(low < high && std::isfinite(high - low)))
        fail("ticks: expected finite low < high, not ", low, " and ", high);
    const double raw = std::max((high - low) / std::max(wanted, 1), least);
    Ticks t;
    t.exponent = static_cast<int>(std::floor(std::log10(raw)));
    const double scaled = raw / std::pow(10.0, t.exponent);
    // the nearest in ratio
    t.mantissa = scaled < 1.4143 ? 1 : scaled < 3.1623 ? 2 : scaled < 7.0711 ? 5 : 10;
    if (t.step() < least)
        t.mantissa = t.mantissa == 1 ? 2 : t.mantissa == 2 ? 5 : 10;
    if (t.mantissa == 10) {
        t.mantissa = 1;
        ++t.exponent;
    }
    t.place(low, high);
    return t;
}

/// The words at the ticks: "0.85", "20k", "85%".
inline std::vector<std::string> tick_labels(const Ticks& t, bool percent) {
    std::vector<std::string> labels;
    double largest = 0;
    for (const double v : t.values)
        largest = std::max(largest, std::fabs(v));
    for (const double v : t.values) {
        if (percent)
            labels.push_back(decimal(v * 100, std::max(0, t.digits() - 2)) + "%");
        else if (v != 0 && largest >= 1e6 && t.step() >= 1e5)
            labels.push_back(decimal(v / 1e6, t.step() >= 1e6 ? 0 : 1) + "M");
        else if (v != 0 && largest >= 1e4 && t.step() >= 1e3)
            labels.push_back(decimal(v / 1e3, 0) + "k");
        else
            labels.push_back(decimal(v, t.digits()));
    }
    return labels;
}

namespace detail {
inline bool drawable(const Chart::Point& p) {
    return std::isfinite(p.x) && std::isfinite(p.y);
}

inline void check_chart(const Chart& chart) {
    for (const auto& s : chart.series)
        if ((!s.lower.empty() || !s.upper.empty()) &&
            (s.lower.size() != s.points.size() || s.upper.size() != s.points.size()))
            fail("chart '", chart.title, "', curve '", s.name, "': expected ", s.points.size(),
                 " values in lower and in upper (or none), not ", s.lower.size(), " and ",
                 s.upper.size());
}

struct AxisSpan {
    double low = 0;
    double high = 1;
    double at(double v) const { return (v - low) / (high - low); }
};

/// Some room on both sides where all values are the same.
inline AxisSpan widened_axis(AxisSpan s) {
    if (s.high - s.low > 1e-9 * std::max(std::fabs(s.low), std::fabs(s.high)))
        return s;
    const double room = s.low == 0 ? 1 : std::fabs(s.low) * 0.05;
    return {s.low - room, s.high + room};
}

struct ChartAxes {
    AxisSpan x, y;
    Ticks x_ticks, y_ticks;
    bool any = false;  ///< whether there is a point to draw
    bool cut = false;  ///< whether some points lie outside y
};

/// x spans the data exactly; y is rounded out to whole ticks, and shares stay within 0..1.
inline ChartAxes chart_axes(const Chart& chart, int x_wanted, int y_wanted) {
    const double inf = std::numeric_limits<double>::infinity();
    ChartAxes a{.x = {inf, -inf}, .y = {inf, -inf}, .x_ticks = {}, .y_ticks = {}};
    bool whole = true;
    for (const auto& s : chart.series)
        for (const auto& p : s.points)
            if (drawable(p)) {
                a.any = true;
                whole = whole && p.x == std::floor(p.x);
                a.x = {std::min(a.x.low, p.x), std::max(a.x.high, p.x)};
            }
    const double from = chart.focus ? a.x.low + (a.x.high - a.x.low) / 5 : -inf;
    const auto include = [&](double y) { a.y = {std::min(a.y.low, y), std::max(a.y.high, y)}; };
    for (const auto& s : chart.series)
        for (std::size_t i = 0; i < s.points.size(); ++i) {
            if (!drawable(s.points[i]) || s.points[i].x < from)
                continue;
            include(s.points[i].y);
            if (!s.lower.empty() && std::isfinite(s.lower[i]) && std::isfinite(s.upper[i])) {
                include(s.lower[i]);
                include(s.upper[i]);
            }
        }
    if (!a.any)
        a.x = a.y = {0, 1};
    a.x = widened_axis(a.x);
    const bool share = chart.percent && a.y.low >= 0 && a.y.high <= 1;
    a.y = widened_axis(a.y);
    if (share)
        a.y = {std::max(a.y.low, 0.0), std::min(a.y.high, 1.0)};
    const bool low_given = std::isfinite(chart.y_low);
    const bool high_given = std::isfinite(chart.y_high);
    if (low_given)
        a.y.low = chart.y_low;
    if (high_given)
        a.y.high = chart.y_high;
    if (!(a.y.low < a.y.high))
        fail("chart '", chart.title, "': its y axis would go from ", a.y.low, " to ", a.y.high,
             "; y_low must be below y_high and the data");
    a.y_ticks = ticks(a.y.low, a.y.high, y_wanted);
    if (!low_given)
        a.y.low = a.y_ticks.multiple(std::floor(a.y.low / a.y_ticks.step() + 1e-6));
    if (!high_given)
        a.y.high = a.y_ticks.multiple(std::ceil(a.y.high / a.y_ticks.step() - 1e-6));
    a.y_ticks.place(a.y.low, a.y.high);
    for (const auto& s : chart.series)
        for (const auto& p : s.points)
            a.cut = a.cut || (drawable(p) && (p.y < a.y.low || p.y > a.y.high));
    a.x_ticks = ticks(a.x.low, a.x.high, x_wanted, whole ? 1 : 0);
    return a;
}

/// The note, and what honesty adds to it.
inline std::string full_note(const Chart& chart) {
    if (!chart_axes(chart, 5, 5).cut)
        return chart.note;
    return sentence(chart.note, chart.note.empty() ? "" : " ",
                    "Values outside the axis are cut off.");
}
}  // namespace detail

}  // namespace collab
