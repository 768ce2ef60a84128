// SPDX-License-Identifier: Apache-2.0
// history: the course of a training in numbers, and what those who watch it are told.
#pragma once
#include <vector>

#include <collab/loss/task.hpp>

namespace collab {

/// What one network had reached at one moment. Training figures are means since the moment before.
struct NetworkRecord {
    /// on training batches, as they were trained on: the loss of the task and its parts
    double task = 0;
    double metric = 0;
    double verification = 0;
    ScoreValues scores{};
    /// what methods add, weighted
    double coupling = 0;
    /// nan where it was not evaluated
    double test_loss = 0;
    ScoreValues test_scores{};

    /// The first score, which decides what is best: accuracy, for class numbers.
    double score() const { return scores[0]; }
    double test_score() const { return test_scores[0]; }
};

/// One moment of a training.
struct Record {
    int epoch = 0;  ///< counted from 1
    long step = 0;  ///< steps done
    double learning_rate = 0;
    double seconds = 0;
    std::vector<NetworkRecord> networks;
};

/// What a watcher is told: after every step, and with `evaluated` after an evaluation.
struct FitEvent {
    int epoch = 0;
    int epochs = 0;  ///< counted from 1
    long step = 0;
    long steps = 0;  ///< of the whole training
    double images_per_second = 0;
    bool evaluated = false;
    /// the figures so far: of the running stretch, or of the evaluation
    const Record* record = nullptr;
};

/// The course of a training.
struct History {
    std::vector<Record> records;  ///< one per evaluation
    double seconds = 0;
    double images_per_second = 0;  ///< of the training steps, evaluations not counted
    bool stopped = false;          ///< a watcher or a callback ended it early
    /// steps that a checkpoint brought; 0 for a training from the beginning
    long resumed = 0;
    double best = -1;    ///< the best mean of the networks' first test scores
    long best_step = 0;  ///< when that was; 0: never
};

namespace detail {
/// The words of a training's task; of one that says none, those of class numbers.
template <class Training>
constexpr TaskWords task_of() {
    if constexpr (requires { Training::task; })
        return Training::task;
    else
        return {};
}
}  // namespace detail

}  // namespace collab
