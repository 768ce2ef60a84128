// SPDX-License-Identifier: Apache-2.0
// fit_loop: the loop of a training and that of an evaluation, behind an interface, so that they are
// compiled once and not for each type of training.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/transforms.hpp>
#include <collab/train/checkpoint_options.hpp>
#include <collab/train/fit_options.hpp>
#include <collab/train/fit_state.hpp>
#include <collab/train/history.hpp>
#include <collab/train/settings.hpp>
#include <collab/train/state.hpp>

namespace collab::detail {

/// The losses of batches, which a training notes.
struct Notes {
    virtual void evaluate_batch(const Batch& batch) = 0;
    /// Whether taking them would make the host wait.
    virtual bool wait() const = 0;
    /// Of all batches since the last time, oldest first, each network by network.
    virtual std::vector<NetworkLoss> take() = 0;

protected:
    ~Notes() = default;
};

struct CheckpointManagerCode;

/// What the loop asks of a training, its data and its callbacks.
struct Trainee {
    Notes& notes;
    std::size_t networks;
    Pictures train_set, test_set;
    TaskWords words;
    bool watches = false;   ///< a callback looks at every step
    Transform transform{};  ///< known when it was opened

    Trainee(Notes& n, int count, Pictures train, Pictures test, const TaskWords& task);
    /// What a schedule that waits for progress looks at: it falls as the networks get better.
    double error(double score) const { return words.score[0].higher_is_better ? 1 - score : score; }
    virtual Loader open(const FitOptions& options) = 0;
    virtual const std::string& network_name(int i) const = 0;
    virtual std::string no_batch() const = 0;
    virtual Constants constants() const = 0;
    virtual std::string callback_names() const = 0;
    virtual void begin_epoch(int epoch, int epochs) = 0;
    virtual void step(const Batch& batch, double rate) = 0;  // and notes its losses
    virtual void accumulate(const Batch& batch) = 0;         // the same
    virtual void update(double rate) = 0;
    virtual void evaluate(const FitOptions& options, Evaluation* to) = 0;
    virtual void save(const StateSink& to) const = 0;
    virtual void load(const StateSource& from) = 0;
    virtual void begin(const History& history) = 0;
    virtual bool tell(const FitEvent& event) = 0;
    virtual void end(const History& history) = 0;
    /// What writes checkpoints and goes on from them; null where none are wanted.
    virtual const CheckpointManagerCode* checkpoint_code() const = 0;
    virtual const Checkpoints* checkpoints() const = 0;

protected:
    ~Trainee();
};

class CheckpointManager;
/// What writes checkpoints of a training and goes on from them (train/checkpoint_manager.hpp). The
/// loop knows it by pointers to functions: compilers look into every virtual function that a call
/// may reach, and here there is to be nothing to look into unless Checkpoints are given:
/// they are a sixth of the compile time of a small program.
struct CheckpointManagerCode {
    std::shared_ptr<CheckpointManager> (*open)(const FitOptions& options, Trainee& trainee);
    /// Puts the training and its course where the newest checkpoint says; false where there is none
    /// to be continued.
    bool (*resume)(const CheckpointManager&, FitState& course, long steps_per_epoch);
    /// An error: a checkpoint says another learning rate than the options.
    void (*other_rate)(const CheckpointManager&, double said, double now, int epoch);
    bool (*due)(const CheckpointManager&, long step, bool epoch_ends);
    void (*write)(const CheckpointManager&, const FitState& course);
    void (*write_best)(const CheckpointManager&, const FitState& course);  // where that is wanted
};

const CheckpointManagerCode& checkpoint_manager_code();

/// A set must have the targets that the loss wants; so many values a sample, 0 for class numbers.
void check_target_size(const std::string& set, int has, int wanted, const char* loss);
/// A set must have as many classes as the networks have outputs.
void check_class_count(const std::string& set, int has, int outputs);

void run_evaluation(Notes& notes, Loader& loader, Evaluation* all, std::size_t networks);
History run_fit(Trainee& trainee, const FitOptions& options);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/train/fit_loop-inl.hpp>
#endif
