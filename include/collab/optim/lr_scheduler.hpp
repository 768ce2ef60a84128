// SPDX-License-Identifier: Apache-2.0
// lr_scheduler: the learning rate along a training, and weights that rise.
#pragma once
#include <cmath>
#include <concepts>
#include <initializer_list>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/loss/ramp.hpp>

namespace collab {

/// A schedule: `rate(epoch, epochs)` is asked at the start of an epoch (from 0), and
/// `observe(error)` is told the training error of the one before (a fraction of wrong answers, or a
/// loss), which only plateau schedules look at. A `check()` that throws for numbers out of range is
/// asked when a LearningRate is made of it.
template <class R>
concept LRScheduler = requires(R r, int epoch, double error) {
    { r(epoch, epoch) } -> std::convertible_to<double>;
    r.observe(error);
};

/// Where a rate falls: whole numbers are epochs, `{60, 120}`, others fractions of all epochs,
/// `{0.5, 0.75}`. Of a schedule by steps (PerStep), whole numbers are steps.
class Milestones {
public:
    Milestones() = default;
    Milestones(std::initializer_list<double> fractions) : fractions_(fractions) {}
    Milestones(std::initializer_list<int> epochs) : epochs_(epochs) {}
    Milestones(std::vector<double> fractions) : fractions_(std::move(fractions)) {}
    Milestones(std::vector<int> epochs) : epochs_(std::move(epochs)) {}

    void check(const Expect& expect) const {
        for (const double m : fractions_)
            expect.fraction("a milestone", m);
        for (const int m : epochs_)
            expect.at_least("a milestone", m, 0);
    }
    /// How many of them lie at or before this epoch of so many.
    int passed(int epoch, int epochs) const {
        int n = 0;
        for (const double m : fractions_)  // 14 / 50. of 50 is a little more than 14
            n += epoch >= m * epochs * (1 - 1e-12);
        for (const int m : epochs_)
            n += epoch >= m;
        return n;
    }

private:
    std::vector<double> fractions_;
    std::vector<int> epochs_;
};

/// `base`, multiplied by `factor` at each milestone: by default / 10 at 50 % and at 75 % of the
/// epochs. `.milestones = {60, 120, 160}` are epochs, counted from 0 (PyTorch's MultiStepLR).
struct MultiStepLR {
    double base = 0.1;
    double factor = 0.1;
    Milestones milestones{0.5, 0.75};

    void check() const {
        const Expect expect{"MultiStepLR"};
        expect.not_negative("base", base);
        expect.not_negative("factor", factor);
        milestones.check(expect);
    }
    double operator()(int epoch, int epochs) const {
        double rate = base;
        for (int k = milestones.passed(epoch, epochs); k > 0; --k)
            rate *= factor;
        return rate;
    }
    void observe(double) {}
};

namespace detail {
/// From one rate to another along half a wave of the cosine, at `t` of `length`.
inline double half_wave(double from, double to, double t, double length) {
    return to + (from - to) * 0.5 * (1 + std::cos(3.141592653589793 * t / length));
}
}  // namespace detail

/// From `base` along half a wave of the cosine to `min_lr`, which it would reach at the end of the
/// last epoch: min_lr + (base - min_lr) (1 + cos(pi t)) / 2 with t = epoch / epochs (Loshchilov and
/// Hutter, SGDR, ICLR 2017, Eq. 5, without restarts).
struct CosineAnnealingLR {
    double base = 0.1;
    double min_lr = 0;

    void check() const {
        const Expect expect{"CosineAnnealingLR"};
        expect.not_negative("base", base);
        expect.not_negative("min_lr", min_lr);
    }
    double operator()(int epoch, int epochs) const {
        return detail::half_wave(base, min_lr, epoch, epochs);
    }
    void observe(double) {}
};

/// Any schedule behind a rise: in epoch e of the first `epochs` the rate is (e + 1) / (epochs + 1)
/// of what `then` says. (FitOptions::warmup_steps rises step by step, for which an epoch may be too
/// long; this is for loops of one's own, and for warm-ups of many epochs.)
template <LRScheduler R>
struct LinearWarmup {
    int epochs = 5;
    R then{};

    void check() const {
        Expect{"LinearWarmup"}.at_least("epochs", epochs, 0);
        detail::check_settings(then);
    }
    double operator()(int epoch, int of) const {
        const double rate = then(epoch, of);
        return epoch < epochs ? rate * (epoch + 1) / (epochs + 1) : rate;
    }
    void observe(double error) { then.observe(error); }
};

/// `base`, multiplied by `factor` whenever the error has not fallen below its best by `threshold`
/// (relative) for more than `patience` epochs in a row; never below `min_lr`.
struct ReduceLROnPlateau {
    double base = 0.1;
    double factor = 0.1;
    int patience = 10;
    double threshold = 1e-4;
    double min_lr = 0;

    void check() const {
        const Expect expect{"ReduceLROnPlateau"};
        expect.not_negative("base", base);
        expect.fraction("factor", factor);
        expect.at_least("patience", patience, 0);
        expect.below_one("threshold", threshold);
        expect.not_negative("min_lr", min_lr);
    }
    double operator()(int, int) const { return base > min_lr ? base : min_lr; }
    void observe(double error) {
        if (!(error == error))
            fail("the training error became NaN; a smaller learning rate than ", base, " may help");
        if (seen.none || error < seen.best * (1 - threshold)) {
            seen = {error, 0, false};
        } else if (++seen.worse > patience) {
            base *= factor;
            seen.worse = 0;
        }
    }

    /// What `observe` remembers. Public, so that `ReduceLROnPlateau{.base = 0.05, .patience = 5}`
    /// can be written.
    struct Seen {
        double best = 0;
        int worse = 0;  ///< epochs in a row
        bool none = true;
    } seen{};
};

}  // namespace collab
