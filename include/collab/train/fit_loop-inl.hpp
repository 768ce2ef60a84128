// SPDX-License-Identifier: Apache-2.0
// fit_loop-inl: the bodies of fit_loop.
#pragma once
#include <chrono>
#include <cmath>
#include <limits>

#include <collab/core/error.hpp>
#include <collab/train/fit_loop.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD Trainee::Trainee(Notes& n, int count, Pictures train, Pictures test,
                                             const TaskWords& task)
    : notes(n),
      networks(std::size_t(count)),
      train_set(std::move(train)),
      test_set(std::move(test)),
      words(task) {}
COLLAB_COMPILED COLLAB_COLD Trainee::~Trainee() {}

COLLAB_COMPILED COLLAB_COLD void check_target_size(const std::string& set, int has, int wanted,
                                                   const char* loss) {
    if (has == wanted)
        return;
    const auto words = [](int n) {
        return n == 0 ? std::string("class numbers") : sentence(n, " target values a sample");
    };
    fail(set, " has ", words(has), "; the loss of this training (", loss, ") expects ",
         words(wanted));
}
COLLAB_COMPILED COLLAB_COLD void check_class_count(const std::string& set, int has, int outputs) {
    if (has != outputs)
        fail(set, " has ", has, " classes; the networks tell ", outputs, " apart");
}
COLLAB_COMPILED COLLAB_COLD void run_evaluation(Notes& notes, Loader& loader, Evaluation* all,
                                                std::size_t networks) {
    std::vector<int> sizes;
    const auto account = [&]() COLLAB_COLD {
        const std::vector<NetworkLoss> noted = notes.take();
        for (std::size_t at = 0; at < sizes.size(); ++at)
            for (std::size_t i = 0; i < networks; ++i) {
                const NetworkLoss& l = noted[at * networks + i];
                all[i].loss += l.task * sizes[at] / loader.samples();
                for (std::size_t k = 0; k < l.scores.size(); ++k)
                    all[i].scores[k] += l.scores[k] * sizes[at] / loader.samples();
            }
        sizes.clear();
    };
    loader.start(0);
    while (const Batch* batch = loader.next()) {
        notes.evaluate_batch(*batch);
        sizes.push_back(batch->size);
        if (!notes.wait() || sizes.size() == 64)
            account();
    }
    account();
}
/// One call of `fit`: a training from its beginning, or from a checkpoint, to its end.
class FitLoop {
public:
    FitLoop(Trainee& trainee, const FitOptions& options);
    History run();

private:
    using Clock = std::chrono::steady_clock;
    /// What there is to do behind a step.
    struct StepEnd {
        bool epoch_ends, watched, evaluation;
        bool look;  ///< at the losses, which may make the host wait
    };

    static const FitOptions& checked(const FitOptions& options);
    void resume();
    void run_epoch();
    void start_epoch();
    double rate_of_epoch(int epoch);
    bool step();
    void pass(const Batch& batch, double rate);
    StepEnd step_end() const;
    void account();
    void add(const NetworkLoss& loss, std::size_t network, long step);
    void after_step(const StepEnd& end);
    bool evaluate();
    bool tell(const Record& record, bool evaluated);
    void checkpoint(bool best, bool epoch_ends);

    History& history() { return course_.history; }
    static double since(Clock::time_point t) {
        return std::chrono::duration<double>(Clock::now() - t).count();
    }
    double wall() const { return wall_before_ + since(begin_); }

    Trainee& trainee_;
    const FitOptions& options_;
    LearningRate rate_of_;  // a copy: schedules remember
    Loader loader_;
    const long per_epoch_, steps_;
    FitState course_;
    const CheckpointManagerCode* code_ = nullptr;  // null without a folder for checkpoints
    std::shared_ptr<CheckpointManager> manager_{};
    double checkpoint_rate_ = 0;  // the rate and the epochs of the training that is continued
    int checkpoint_epochs_ = 0;
    Clock::time_point begin_{};
    double wall_before_ = 0;
    bool go_ = true;  // a watcher may interrupt
};

COLLAB_COMPILED COLLAB_COLD const FitOptions& FitLoop::checked(const FitOptions& options) {
    if (options.epochs < 1)
        fail("a training has at least one epoch, not ", options.epochs);
    if (options.losses_every < 1)
        fail("losses are looked at after every step or after several, not after ",
             options.losses_every);
    if (options.warmup_steps < 0)
        fail("a warm-up has at least 0 steps, not ", options.warmup_steps);
    if (options.accumulate < 1)
        fail("a step is made of at least 1 batch, not ", options.accumulate);
    if (options.evaluate_every < 0)
        fail("evaluate_every is ", options.evaluate_every, "; expected at least 0 steps");
    return options;
}

COLLAB_COMPILED COLLAB_COLD FitLoop::FitLoop(Trainee& trainee, const FitOptions& options)
    : trainee_(trainee),
      options_(checked(options)),
      rate_of_(options.learning_rate),
      loader_(trainee.open(options)),
      per_epoch_(loader_.batches() / options.accumulate),
      steps_(per_epoch_ * options.epochs),
      course_(trainee.networks) {
    if (loader_.batches() < 1)
        fail(trainee.no_batch());
    if (rate_of_.per_step() && steps_ > std::numeric_limits<int>::max())
        fail("a schedule by steps counts ", std::numeric_limits<int>::max(),
             " of them at most; this training has ", steps_);
    if (per_epoch_ < 1)
        fail("a step is to be made of ", options.accumulate, " batches; an epoch has ",
             loader_.batches());
    code_ = trainee.checkpoint_code();
    if (code_) {
        manager_ = code_->open(options, trainee);
        resume();
    }
    course_.finished = course_.finished && course_.epochs == options.epochs;
    begin_ = Clock::now();
    wall_before_ = course_.wall;
    checkpoint_rate_ = course_.learning_rate;
    checkpoint_epochs_ = course_.epochs;
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::resume() {
    if (!code_->resume(*manager_, course_, per_epoch_))
        return;
    // what schedules remember; those by steps remember nothing
    for (int e = 0; e < course_.epoch && !rate_of_.per_step(); ++e)
        rate_of_(e, options_.epochs, e == 0 ? 1 : course_.past[std::size_t(e) - 1]);
}

COLLAB_COMPILED COLLAB_COLD History FitLoop::run() {
    trainee_.begin(history());
    course_.epochs = options_.epochs;
    while (course_.epoch < options_.epochs && go_ && !course_.finished)
        run_epoch();
    history().stopped = !go_ || course_.finished;
    history().images_per_second =
        history().seconds > 0 ? double(course_.trained) / history().seconds : 0;
    trainee_.end(history());
    return std::move(history());
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::run_epoch() {
    start_epoch();
    while (go_ && !course_.finished) {
        const auto from = Clock::now();
        if (course_.batch == per_epoch_ || !step())
            break;
        const StepEnd end = step_end();
        if (end.look)
            account();
        history().seconds += since(from);
        if (end.look)
            after_step(end);
    }
    if (!go_ || course_.finished)
        return;
    const double batches = double(course_.batch) * options_.accumulate;
    course_.past.push_back(course_.batch ? course_.errors / batches : 1);
    course_.errors = 0;
    course_.batch = 0;
    ++course_.epoch;
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::start_epoch() {
    const int epoch = course_.epoch;
    course_.learning_rate = rate_of_epoch(epoch);
    check_not_negative(sentence("the learning rate of epoch ", epoch + 1), course_.learning_rate);
    const long resumed = history().resumed;
    const bool within_epoch = resumed > 0 && course_.step == resumed && course_.batch > 0;
    if (within_epoch && checkpoint_epochs_ == options_.epochs &&
        course_.learning_rate != checkpoint_rate_)
        code_->other_rate(*manager_, checkpoint_rate_, course_.learning_rate, epoch + 1);
    course_.running.epoch = epoch + 1;
    loader_.start(epoch, int(course_.batch) * options_.accumulate);
    trainee_.begin_epoch(epoch, options_.epochs);
}

/// Of its first step, where the schedule goes by steps.
COLLAB_COMPILED COLLAB_COLD double FitLoop::rate_of_epoch(int epoch) {
    if (rate_of_.per_step())
        return rate_of_(int(epoch * per_epoch_), int(steps_), 1);
    return rate_of_(epoch, options_.epochs, course_.last_error());
}

/// False where there are no more batches.
COLLAB_COMPILED COLLAB_COLD bool FitLoop::step() {
    Record& running = course_.running;
    double rate = course_.learning_rate;
    if (rate_of_.per_step())
        rate = rate_of_(int(course_.step), int(steps_), 1);
    running.learning_rate = rate;
    if (course_.step < options_.warmup_steps)
        running.learning_rate = rate * double(course_.step + 1) / double(options_.warmup_steps);
    for (int k = 0; k < options_.accumulate; ++k) {
        const Batch* batch = loader_.next();
        if (!batch)
            return false;
        pass(*batch, running.learning_rate);
    }
    if (options_.accumulate > 1)
        trainee_.update(running.learning_rate);
    ++course_.step;
    ++course_.batch;
    running.step = course_.step;
    return true;
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::pass(const Batch& batch, double rate) {
    if (options_.accumulate > 1)
        trainee_.accumulate(batch);
    else
        trainee_.step(batch, rate);
    ++course_.counted;
    course_.trained += batch.size;
}

COLLAB_COMPILED COLLAB_COLD FitLoop::StepEnd FitLoop::step_end() const {
    const bool last = course_.step == steps_;
    StepEnd end{};
    end.epoch_ends = course_.batch == per_epoch_;
    end.watched = options_.watch || trainee_.watches;
    end.evaluation = options_.evaluate_every > 0
                         ? course_.step % options_.evaluate_every == 0 || last
                         : end.epoch_ends;
    end.look = !trainee_.notes.wait() || course_.step % options_.losses_every == 0 || end.watched ||
               end.evaluation || end.epoch_ends || last ||
               (manager_ && code_->due(*manager_, course_.step, end.epoch_ends));
    return end;
}

/// Takes the losses of every batch since the last time.
COLLAB_COMPILED COLLAB_COLD void FitLoop::account() {
    const std::vector<NetworkLoss> noted = trainee_.notes.take();
    const std::size_t n = trainee_.networks;
    const std::size_t batches = noted.size() / n;
    for (std::size_t at = 0; at < batches; ++at)
        for (std::size_t i = 0; i < n; ++i)
            add(noted[at * n + i], i, course_.step - long(batches - 1 - at) / options_.accumulate);
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::add(const NetworkLoss& loss, std::size_t network,
                                              long step) {
    const double sum = loss.task + loss.metric + loss.verification + loss.coupling;
    if (!(std::abs(sum) < 1e300))
        fail("the loss of ", trainee_.network_name(int(network)), " became ", sum, " at step ",
             step, " (epoch ", course_.epoch + 1, ", learning rate ", course_.running.learning_rate,
             "); a smaller learning rate may help");
    auto& to = course_.running.networks[network];
    to.task += loss.task;
    to.metric += loss.metric;
    to.verification += loss.verification;
    for (std::size_t k = 0; k < loss.scores.size(); ++k)
        to.scores[k] += loss.scores[k];
    to.coupling += loss.coupling;
    course_.errors += trainee_.error(loss.score()) / double(trainee_.networks);
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::after_step(const StepEnd& end) {
    if (end.watched)
        go_ = tell(course_.means(wall()), false);
    // where a callback ends it, that is the end; an interruption is not
    const bool complete = end.evaluation || course_.finished;
    bool best = false;
    if (complete) {
        go_ = evaluate() && go_;
        const long before = history().best_step;
        course_.note(history().records.back(), trainee_.words.score[0].higher_is_better);
        best = history().best_step != before;
    }
    if (manager_)
        checkpoint(best, end.epoch_ends);
    // What was reached when it was interrupted; not in the checkpoint, so that the continued
    // training has the same records.
    if (!go_ && !complete)
        evaluate();
}

COLLAB_COMPILED COLLAB_COLD void FitLoop::checkpoint(bool best, bool epoch_ends) {
    course_.wall = wall();
    if (best)
        code_->write_best(*manager_, course_);
    if (code_->due(*manager_, course_.step, epoch_ends) || course_.step == steps_ || !go_ ||
        course_.finished)
        code_->write(*manager_, course_);
}

/// Evaluates and keeps a record; false where a watcher wants to end.
COLLAB_COMPILED COLLAB_COLD bool FitLoop::evaluate() {
    Record record = course_.means(wall());
    std::vector<Evaluation> evaluations(trainee_.networks);
    trainee_.evaluate(options_, evaluations.data());
    for (std::size_t i = 0; i < evaluations.size(); ++i) {
        record.networks[i].test_loss = evaluations[i].loss;
        record.networks[i].test_scores = evaluations[i].scores;
    }
    record.seconds = wall();
    history().records.push_back(record);
    for (NetworkRecord& network : course_.running.networks)
        network = {};
    course_.counted = 0;
    return tell(record, true);
}

COLLAB_COMPILED COLLAB_COLD bool FitLoop::tell(const Record& record, bool evaluated) {
    const double seconds = history().seconds;
    const FitEvent event{record.epoch,
                         options_.epochs,
                         course_.step,
                         steps_,
                         seconds > 0 ? double(course_.trained) / seconds : 0,
                         evaluated,
                         &record};
    if (!trainee_.tell(event))
        course_.finished = true;
    return !options_.watch || options_.watch(event);
}

COLLAB_COMPILED COLLAB_COLD History run_fit(Trainee& trainee, const FitOptions& options) {
    return FitLoop(trainee, options).run();
}
}  // namespace collab::detail
