// SPDX-License-Identifier: Apache-2.0
// task: the concept of a loss of the task (a prediction against its target), the concept of a
// score, and their words in logs.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>

namespace collab {

namespace detail {
/// What a loss or a score is given of one sample's target.
template <class Target, class T>
using target_argument = std::conditional_t<std::same_as<Target, int>, int, const T*>;
}  // namespace detail

/// How well one sample is predicted, in a number that people read. Its mean over samples appears
/// in evaluations, records and logs.
///  - `value(d, z, target)`: the figure of a sample with outputs z of length d. `target` is a class
///    number (int), or the sample's target values (const T*); a template may serve both.
///  - `static constexpr const char* name`: the word in logs, such as "accuracy".
///  - `static constexpr bool higher_is_better`.
/// `value` is const and, to run on a GPU, marked COLLAB_HD. A score has no settings.
template <class S, class T, class Target>
concept Score = std::is_empty_v<S> &&
                requires(const S& score, int d, const T* z, detail::target_argument<Target, T> t) {
                    { score.value(d, z, t) } -> std::convertible_to<T>;
                    { S::name } -> std::convertible_to<const char*>;
                    { S::higher_is_better } -> std::convertible_to<bool>;
                };

/// The loss of the task: a differentiable distance of a prediction from its target.
///  - `using Target`: `int` for class numbers, `float` for target values.
///  - `static constexpr int target_size(int d)`: target values of a sample with d outputs; only for
///    target values, and d unless given.
///  - `value(d, z, target)`: the loss of one sample, from its outputs z (logits, for classes).
///  - `gradient(d, z, target, scale, dz)`: adds scale * (d value / d z) to dz.
///  - `using Scores = Pack<...>`: the scores to report; the first one decides what is best.
///  - `static constexpr const char* name`: the word for the loss in logs.
///  - `check() const` for the ranges of its settings, where it has any.
///  - `static const char* wrong_target(int d, const float* target)`: what is expected of a sample's
///    target values, where they are not that; null where they are. Optional.
/// The functions are const, work on plain arrays and, to run on a GPU, are marked COLLAB_HD. The
/// mean over the batch and the weight belong to the training, not to the loss.
template <class L, class T = float>
concept Loss = (std::same_as<typename L::Target, int> || std::same_as<typename L::Target, float>) &&
               requires(const L& loss, int d, const T* z,
                        detail::target_argument<typename L::Target, T> t, T scale, T* dz) {
                   { loss.value(d, z, t) } -> std::convertible_to<T>;
                   loss.gradient(d, z, t, scale, dz);
                   typename L::Scores;
                   { L::name } -> std::convertible_to<const char*>;
               };

/// Asks a collaboration for more scores than its loss suggests: an item of Collaboration.
///
///     Collaboration<NetA, NetB, Knowledge, Scores<TopAccuracy<5>>>
template <class... S>
struct Scores {
    using is_scores = void;
    using list = Pack<S...>;
};

/// At most so many scores: records have a fixed size.
inline constexpr int most_scores = 4;
/// One number for each score, in the order of `TaskWords::scores`.
using ScoreValues = std::array<double, std::size_t(most_scores)>;

struct ScoreWords {
    const char* name = "";
    bool higher_is_better = true;
};
/// What the loss of a task and its scores are called in logs.
struct TaskWords {
    const char* loss = "classification";
    int scores = 1;
    std::array<ScoreWords, std::size_t(most_scores)> score{ScoreWords{"accuracy", true}};
};

namespace detail {
template <class I>
concept LossItem = requires { typename I::Target; };
template <class I>
concept ScoresItem = requires { typename I::is_scores; };

/// Whether targets are class numbers.
template <class L>
inline constexpr bool class_targets = std::same_as<typename L::Target, int>;

/// Target values of a sample with d outputs; 0 for class numbers.
template <class L>
constexpr int target_size(int d) {
    if constexpr (class_targets<L>)
        return 0;
    else if constexpr (requires { L::target_size(d); })
        return L::target_size(d);
    else
        return d;
}

template <class L, class... S>
constexpr TaskWords task_words(Pack<S...>) {
    TaskWords words{L::name, int(sizeof...(S)), {}};
    std::size_t k = 0;
    ((words.score[k++] = {S::name, S::higher_is_better}), ...);
    return words;
}

/// The loss and the scores of one sample, and the gradient.
template <class L, class T, class... S>
struct TaskLossRow {
    L loss;
    int width;
    int target_width;
    const T* outputs;
    const int* labels;
    const T* targets;
    T* rows;
    std::array<T*, std::size_t(most_scores)> scores;
    T* gradient;
    T scale;
    bool clear;  ///< nothing is in the gradient yet

    COLLAB_HD void operator()(int row) const {
        const T* const z = outputs + std::ptrdiff_t(row) * width;
        if constexpr (class_targets<L>)
            with(row, z, labels[row]);
        else
            with(row, z, targets + std::ptrdiff_t(row) * target_width);
    }

private:
    template <class Target>
    COLLAB_HD void with(int row, const T* z, Target target) const {
        rows[row] = T(loss.value(width, z, target));
        std::size_t k = 0;
        ((scores[k++][row] = T(S{}.value(width, z, target))), ...);
        if (!gradient)
            return;
        T* const dz = gradient + std::ptrdiff_t(row) * width;
        if (clear)
            for (int i = 0; i < width; ++i)
                dz[i] = T(0);
        loss.gradient(width, z, target, scale, dz);
    }
};

/// Scores alone, for a loss that the backend computes together with the first of them.
template <class T, class... S>
struct ClassScoresRow {
    int width;
    const T* outputs;
    const int* labels;
    std::array<T*, std::size_t(most_scores)> scores;
    COLLAB_HD void operator()(int row) const {
        const T* const z = outputs + std::ptrdiff_t(row) * width;
        std::size_t k = 1;
        ((scores[k++][row] = T(S{}.value(width, z, labels[row]))), ...);
    }
};
}  // namespace detail

}  // namespace collab
