// SPDX-License-Identifier: Apache-2.0
// schedules: learning rates along a training by other curves, one after the other, and step by step
// instead of epoch by epoch.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <tuple>

#include <collab/core/expect.hpp>
#include <collab/optim/lr_scheduler.hpp>

namespace collab {

/// From `base` along half a wave of the cosine to `min_lr`, and again from the beginning every
/// `period` epochs, each period `period_factor` times as long as the one before (Loshchilov and
/// Hutter, SGDR, ICLR 2017; PyTorch's CosineAnnealingWarmRestarts with T_0 and T_mult).
struct CosineAnnealingWarmRestarts {
    double base = 0.1;
    int period = 10;
    int period_factor = 1;
    double min_lr = 0;

    void check() const {
        const Expect expect{"CosineAnnealingWarmRestarts"};
        expect.not_negative("base", base);
        expect.at_least("period", period, 1);
        expect.at_least("period_factor", period_factor, 1);
        expect.not_negative("min_lr", min_lr);
    }
    double operator()(int epoch, int) const {
        double t = epoch;
        double length = period;
        if (period_factor == 1)
            t = epoch % period;
        for (; t >= length; length *= period_factor)
            t -= length;
        return detail::half_wave(base, min_lr, t, length);
    }
    void observe(double) {}
};

/// Up from `max_lr` / `div_factor` to `max_lr` in the first `rise` of the training, and down to the
/// first rate / `final_div_factor` in the rest, both along half a wave of the cosine (Smith and
/// Topin 2019; PyTorch's OneCycleLR, which also moves the momentum: this one does not). It is meant
/// for steps: `PerStep<OneCycleLR>{{.max_lr = 0.4}}`.
struct OneCycleLR {
    double max_lr = 0.1;
    double rise = 0.3;
    double div_factor = 25;
    double final_div_factor = 1e4;

    void check() const {
        const Expect expect{"OneCycleLR"};
        expect.not_negative("max_lr", max_lr);
        expect.fraction("rise", rise);
        expect.positive("div_factor", div_factor);
        expect.positive("final_div_factor", final_div_factor);
    }
    double operator()(int epoch, int epochs) const {
        const double top = rise * epochs - 1;
        const double last = epochs - 1;
        const double first_rate = max_lr / div_factor;
        if (epoch <= top)
            return between(first_rate, max_lr, epoch, top);
        return between(max_lr, first_rate / final_div_factor, epoch - top, last - top);
    }
    void observe(double) {}

private:
    static double between(double from, double to, double at, double length) {
        return detail::half_wave(from, to, length > 0 ? at / length : 1, 1);
    }
};

namespace detail {
/// How much of `length` epochs, or of all where it is 0, has passed: 1 at most.
inline double share_of(int epoch, int length, int epochs) {
    return std::min(1.0, double(epoch) / (length > 0 ? length : epochs));
}
}  // namespace detail

/// `base` times a factor that goes in a straight line from `start_factor` to `end_factor` over
/// `length` epochs (0: all), and stays there (PyTorch's LinearLR, whose own numbers are 1/3, 1 and
/// 5).
struct LinearLR {
    double base = 0.1;
    double start_factor = 1;
    double end_factor = 0;
    int length = 0;

    void check() const {
        const Expect expect{"LinearLR"};
        expect.not_negative("base", base);
        expect.not_negative("start_factor", start_factor);
        expect.not_negative("end_factor", end_factor);
        expect.at_least("length", length, 0);
    }
    double operator()(int epoch, int epochs) const {
        const double t = detail::share_of(epoch, length, epochs);
        return base * (start_factor + (end_factor - start_factor) * t);
    }
    void observe(double) {}
};

/// base (1 - t)^power with t = epoch / `length` (0: all epochs), and 0 afterwards (PyTorch's
/// PolynomialLR).
struct PolynomialLR {
    double base = 0.1;
    double power = 1;
    int length = 0;

    void check() const {
        const Expect expect{"PolynomialLR"};
        expect.not_negative("base", base);
        expect.positive("power", power);
        expect.at_least("length", length, 0);
    }
    double operator()(int epoch, int epochs) const {
        const double t = detail::share_of(epoch, length, epochs);
        return base * std::pow(1 - t, power);
    }
    void observe(double) {}
};

/// One schedule after the other: the first until epoch `ends[0]`, the second until `ends[1]`, the
/// last to the end. Each is asked as if it were alone: from epoch 0 on, of as many epochs as it has
/// (PyTorch's SequentialLR). The error of an epoch is told to the schedule that gave its rate.
///
///     SequentialLR<LinearLR, CosineAnnealingLR>{
///         .ends = {5}, .parts = {LinearLR{.base = 0.4, .start_factor = 0.1, .end_factor = 1},
///                                CosineAnnealingLR{.base = 0.4}}}
template <LRScheduler... R>
    requires(sizeof...(R) > 1)
struct SequentialLR {
    std::array<int, sizeof...(R) - 1> ends{};
    std::tuple<R...> parts{};
    std::size_t running = 0;  ///< the one that gave the last rate

    void check() const {
        const Expect expect{"SequentialLR"};
        int before = 0;
        for (const int end : ends) {
            expect.at_least("an end", end, before + 1);
            before = end;
        }
        std::apply([](const auto&... part) { (detail::check_settings(part), ...); }, parts);
    }
    double operator()(int epoch, int epochs) {
        running = 0;
        while (running < ends.size() && epoch >= ends[running])
            ++running;
        const int from = running == 0 ? 0 : ends[running - 1];
        const int to = running < ends.size() ? std::min(ends[running], epochs) : epochs;
        double rate = 0;
        with([&](auto& part) { rate = part(epoch - from, to - from); });
        return rate;
    }
    void observe(double error) {
        with([&](auto& part) { part.observe(error); });
    }

private:
    template <class F>
    void with(F&& f) {
        std::size_t k = 0;
        std::apply([&](auto&... part) { ((k++ == running ? f(part) : void()), ...); }, parts);
    }
};

/// A schedule that is asked before every step instead of every epoch: what it calls epochs are
/// steps here, also in its settings. It is told no errors. In a loop of one's own,
/// `rate(step, steps)`.
///
///     training.fit(data, {.epochs = 30, .learning_rate = PerStep<OneCycleLR>{{.max_lr = 0.4}}});
template <LRScheduler R>
struct PerStep {
    static constexpr bool per_step = true;
    R of{};

    void check() const { detail::check_settings(of); }
    double operator()(int step, int steps) { return of(step, steps); }
    void observe(double) {}
};

}  // namespace collab
