// SPDX-License-Identifier: Apache-2.0
// fit_options: how a whole training is to go, and what an evaluation says.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <collab/data/mixing.hpp>
#include <collab/data/transforms.hpp>
#include <collab/optim/lr_scheduler.hpp>
#include <collab/optim/schedules.hpp>
#include <collab/train/history.hpp>

namespace collab {

/// The learning rate of a training: a number, or any LRScheduler.
class LearningRate {
public:
    LearningRate(double constant) : ask_([constant](int, int, double) { return constant; }) {}
    template <LRScheduler R>
    LearningRate(R schedule);
    /// A function of epoch, epochs and last error.
    template <class F>
        requires(!LRScheduler<F> && std::is_invocable_r_v<double, F&, int, int, double>)
    LearningRate(F function) : ask_(std::move(function)) {}
    /// The rate of an epoch (from 0); `last_error` is the mean over the training images of the
    /// epoch before: the share of wrong answers, or the first score where lower is better.
    double operator()(int epoch, int epochs, double last_error) {
        return ask_(epoch, epochs, last_error);
    }
    /// Whether it is asked at every step, with its number and that of all steps in place of epochs.
    bool per_step() const { return per_step_; }

private:
    template <class R>
    static R checked(R schedule) {
        detail::check_settings(schedule);
        return schedule;
    }
    bool per_step_ = false;
    std::function<double(int, int, double)> ask_;
};
template <LRScheduler R>
COLLAB_COLD LearningRate::LearningRate(R schedule)
    : per_step_(requires { R::per_step; }),
      ask_([schedule = checked(std::move(schedule))](int epoch, int epochs,
                                                     double last_error) mutable {
          if (epoch > 0)
              schedule.observe(last_error);
          return double(schedule(epoch, epochs));
      }) {}
#ifdef COLLAB_PRECOMPILED
extern template LearningRate::LearningRate(MultiStepLR);
#endif

struct FitOptions {
    int epochs = 10;
    /// `0.01`, `MultiStepLR{.base = 0.05}`, `ReduceLROnPlateau{}`, or a schedule of your own; asked
    /// at the start of each epoch, or of each step (PerStep)
    LearningRate learning_rate = MultiStepLR{};
    /// steps over which the rate rises linearly to what `learning_rate` says
    std::int64_t warmup_steps = 0;
    /// batches whose gradients make one step: as if they were one of so many times the samples, but
    /// for what looks at a batch as a whole
    int accumulate = 1;
    std::uint64_t seed = 1;  ///< of the order of the images and of augmentation
    /// each class equally often: LoaderOptions::balance, for sets with class numbers
    bool balanced = false;
    /// `Mixup{}`, `CutMix{}` or a mixer of your own, for sets with target values (`one_hot(images)`
    /// and ProbabilityCrossEntropy)
    PictureMixer mix{};
    /// default: padded with zeros to the networks' size, values in [0, 1]
    std::optional<Transform> transform{};
    /// steps between evaluations; 0: at the end of each epoch
    std::int64_t evaluate_every = 0;
    std::function<bool(const FitEvent&)> watch{};  ///< false ends the training after this step
    /// steps between two looks at the losses, where looking would make the host wait (a GPU) and
    /// nobody watches
    int losses_every = 16;
};

/// Loss and scores of one network over a data set, in inference mode.
struct Evaluation {
    double loss = 0;
    ScoreValues scores{};
    double score() const { return scores[0]; }  ///< the first: accuracy, for class numbers
};

namespace detail {
/// Throws Error where the loss over a set is infinite or not a number.
void check_evaluation(const Evaluation& e, const std::string& network, const std::string& set);
}  // namespace detail

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/fit_options-inl.hpp>
#endif
