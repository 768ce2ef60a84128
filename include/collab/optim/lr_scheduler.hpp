// SPDX-License-Identifier: Apache-2.0
// lr_scheduler: the learning rate along a training, and weights that rise.
#pragma once
#include <cmath>
#include <concepts>
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

/// `base`, multiplied by `factor` at each milestone, given as a fraction of the epochs: by default
/// / 10 at 50 % and at 75 %. In epochs of a training of 200: `.milestones = {60 / 200., 120 / 200.,
/// 160 / 200.}`.
struct MultiStepLR {
    double base = 0.1;
    double factor = 0.1;
    std::vector<double> milestones{0.5, 0.75};

    void check() const {
        const Expect expect{"MultiStepLR"};
        expect.not_negative("base", base);
        expect.not_negative("factor", factor);
        for (const double m : milestones)  // a number of an epoch would never be reached
            expect.fraction("a milestone", m);
    }
    double operator()(int epoch, int epochs) const {
        double rate = base;
        for (const double m : milestones)
            if (epoch >= m * epochs)
                rate *= factor;
        return rate;
    }
    void observe(double) {}
};

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
        return min_lr + (base - min_lr) * 0.5 * (1 + std::cos(3.141592653589793 * epoch / epochs));
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
