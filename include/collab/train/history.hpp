// SPDX-License-Identifier: Apache-2.0
// history: the course of a training in numbers, and what those who watch it are told.
#pragma once
#include <vector>

namespace collab {

/// What one network had reached at one moment. Training figures are means since the moment before.
struct NetworkRecord {
    /// on training batches, as they were trained on
    double classification = 0;
    double metric = 0;
    double verification = 0;
    double accuracy = 0;
    /// what methods add, weighted
    double coupling = 0;
    /// nan where it was not evaluated
    double test_loss = 0;
    double test_accuracy = 0;
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
    double best = -1;    ///< the highest mean of the networks' test accuracies
    long best_step = 0;  ///< when that was
};

}  // namespace collab
