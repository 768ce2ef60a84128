// SPDX-License-Identifier: Apache-2.0
// learning_rate_finder: a short training whose rate rises from step to step, to see which rates a
// long one may have.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/data/loader.hpp>
#include <collab/train/fit.hpp>

namespace collab {

struct LearningRateRange {
    double from = 1e-5;
    double to = 1;
    int steps = 100;         ///< as many rates between them, each the same factor above the last
    double smoothing = 0.9;  ///< of losses: share of the mean before in the mean of now
    double diverged = 4;     ///< it ends where the smoothed loss is so many times the smallest
    std::uint64_t seed = 1;  ///< of the order of the images and of augmentation

    void check() const {
        const Expect expect{"LearningRateRange"};
        expect.positive("from", from);
        expect.positive("to", to);
        if (from >= to)
            fail("LearningRateRange: from is ", from, " and to is ", to, "; expected from < to");
        expect.at_least("steps", steps, 3);
        expect.below_one("smoothing", smoothing);
        expect.at_least("diverged", diverged, 1);
    }
};

/// What was seen: the rate of each step and, behind it, the loss of its batch, the mean over the
/// networks that are trained.
struct LearningRateCurve {
    std::vector<double> rates{};
    std::vector<double> losses{};
    std::vector<double> smoothed{};
    /// where the smoothed loss falls fastest over the logarithm of the rate: a rate for the
    /// beginning of a training. NaN where it falls nowhere
    double steepest = std::numeric_limits<double>::quiet_NaN();
};

namespace detail {
/// The place of the steepest descent over equal steps, by the difference of both neighbors; -1
/// where nothing descends.
inline int steepest_descent(const std::vector<double>& y) {
    int best = -1;
    double slope = 0;
    for (std::size_t i = 1; i + 1 < y.size(); ++i)
        if (y[i + 1] - y[i - 1] < slope) {
            slope = y[i + 1] - y[i - 1];
            best = int(i);
        }
    return best;
}
/// Steps with rising rates; the training moves.
template <class Training>
LearningRateCurve raise_rate(Training& training, Loader& loader, const LearningRateRange& range) {
    LearningRateCurve curve;
    double mean = 0;
    double least = std::numeric_limits<double>::infinity();
    int epoch = 0;
    loader.start(epoch);
    for (int k = 0; k < range.steps; ++k) {
        const Batch* batch = loader.next();
        if (!batch) {
            loader.start(++epoch);
            batch = loader.next();
        }
        const double rate = range.from * std::pow(range.to / range.from, k / (range.steps - 1.0));
        training.step(batch->images, targets_of<Training>(*batch), batch->size, rate);
        training.note_losses();
        const auto noted = training.take_notes();
        double loss = 0;
        for (const NetworkLoss& l : noted.back())
            loss += l.total(training.settings().alpha) / Training::networks;
        if (!std::isfinite(loss))
            break;
        mean = range.smoothing * mean + (1 - range.smoothing) * loss;
        curve.rates.push_back(rate);
        curve.losses.push_back(loss);
        curve.smoothed.push_back(mean / (1 - std::pow(range.smoothing, k + 1)));
        if (curve.smoothed.back() > range.diverged * least)
            break;
        least = std::min(least, curve.smoothed.back());
    }
    return curve;
}
}  // namespace detail

/// Trains with a rate that rises from step to step, and puts the training back where it was (Smith
/// 2017). The images (Images or a PictureSource) are those of the training; without a transform,
/// that of the last fit is used.
///
///     const LearningRateCurve curve = find_learning_rate(training, data.train);
///     svg(chart_of(curve), Theme::light)     // train/learning_rate_chart.hpp
template <class Training, class Set>
COLLAB_COLD LearningRateCurve find_learning_rate(Training& training, const Set& images,
                                                 const LearningRateRange& range = {},
                                                 const std::optional<Transform>& transform = {}) {
    range.check();
    detail::check_target<Training>(images);
    detail::check_classes<Training>(images);
    const auto given = transform ? transform : training.transform();
    Loader loader(images, detail::transform_for(given, images, Training::input),
                  {.batch = training.settings().batch, .seed = range.seed});
    const auto parameters = training.parameters();
    const auto state = training.state();
    const long steps = training.steps();
    std::vector<decltype(training.slot(0))> slots;
    for (int k = 0; k < training.slots(); ++k)
        slots.push_back(training.slot(k));
    const auto put_back = [&] {
        training.set_parameters(parameters);
        training.set_state(state);
        for (int k = 0; k < training.slots(); ++k)
            training.set_slot(k, slots[std::size_t(k)]);
        training.set_steps(steps);
    };
    LearningRateCurve curve;
    try {
        curve = detail::raise_rate(training, loader, range);
    } catch (...) {
        put_back();
        throw;
    }
    put_back();
    if (const int at = detail::steepest_descent(curve.smoothed); at >= 0)
        curve.steepest = curve.rates[std::size_t(at)];
    return curve;
}

}  // namespace collab
