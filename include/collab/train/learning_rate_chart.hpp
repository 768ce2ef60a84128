// SPDX-License-Identifier: Apache-2.0
// learning_rate_chart: the picture of a search for a learning rate.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <collab/core/error.hpp>
#include <collab/core/number_text.hpp>
#include <collab/report/chart.hpp>
#include <collab/train/learning_rate_finder.hpp>

namespace collab {

/// The losses, as they were and smoothed, over the logarithm of the rate, and a line where they
/// fall fastest. `svg(chart, theme)` draws it. Throws Error for a curve of no steps.
inline Chart chart_of(const LearningRateCurve& curve, const std::string& title = "Learning rates") {
    if (curve.rates.empty())
        fail("a chart of learning rates: the curve has no steps; the first loss was not finite");
    Chart chart{.title = title,
                .x_label = "learning rate, as a power of ten",
                .y_label = "loss",
                .note = "The rate rises from step to step."};
    Chart::Series smooth{.name = "smoothed", .color = 0};
    Chart::Series raw{.name = "each batch", .color = 1, .dashed = true};
    for (std::size_t i = 0; i < curve.rates.size(); ++i) {
        const double x = std::log10(curve.rates[i]);
        smooth.points.push_back({x, curve.smoothed[i]});
        raw.points.push_back({x, curve.losses[i]});
    }
    const auto [low, high] = std::minmax_element(curve.smoothed.begin(), curve.smoothed.end());
    Chart::Series mark{.name = "steepest: " + detail::number_text(curve.steepest), .color = 2};
    if (std::isfinite(curve.steepest))
        mark.points = {{std::log10(curve.steepest), *low}, {std::log10(curve.steepest), *high}};
    chart.series = {std::move(smooth), std::move(raw)};
    if (!mark.points.empty())
        chart.series.push_back(std::move(mark));
    return chart;
}

}  // namespace collab
