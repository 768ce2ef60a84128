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
#include <collab/train/fit_options.hpp>
#include <collab/train/fit_state.hpp>
#include <collab/train/history.hpp>
#include <collab/train/settings.hpp>
#include <collab/train/state.hpp>

namespace collab::detail {

using Facts = std::vector<std::pair<std::string, std::string>>;

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

/// What the loop asks of a training, its data and its callbacks.
struct Trainee {
    Notes& notes;
    std::size_t networks;
    Pictures train_set, test_set;
    TaskWords words;
    bool watches = false;   ///< a callback looks at every step
    Transform transform{};  ///< known when it was opened

    Trainee(Notes& n, int count, Pictures train, Pictures test, const TaskWords& task)
        : notes(n),
          networks(std::size_t(count)),
          train_set(train),
          test_set(test),
          words(task) {}
    /// What a schedule that waits for progress looks at: it falls as the networks get better.
    double error(double score) const { return words.score[0].higher_is_better ? 1 - score : score; }
    virtual Loader open(const FitOptions& options) = 0;
    virtual const std::string& network_name(int i) const = 0;
    virtual std::string no_batch() const = 0;
    virtual Constants constants() const = 0;
    virtual std::string callback_names() const = 0;
    virtual void begin_epoch(int epoch, int epochs) = 0;
    virtual void step(const Batch& batch, double rate) = 0;  // and notes its losses
    virtual void evaluate(const FitOptions& options, Evaluation* to) = 0;
    virtual void save(const StateSink& to) const = 0;
    virtual void load(const StateSource& from) = 0;
    virtual void begin(const History& history) = 0;
    virtual bool tell(const FitEvent& event) = 0;
    virtual void end(const History& history) = 0;

protected:
    ~Trainee() = default;
};

class CheckpointManager;
/// What writes checkpoints of a training and goes on from them (train/keeper.hpp). The loop knows
/// it by pointers to functions: compilers look into every virtual function that a call may reach,
/// and here there is to be nothing to look into unless a folder is named (CheckpointPlace).
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

void run_evaluation(Notes& notes, Loader& loader, Evaluation* all, std::size_t networks);
History run_fit(Trainee& trainee, const FitOptions& options);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <chrono>
#include <cmath>

#include <collab/core/error.hpp>

namespace collab::detail {
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
COLLAB_COMPILED COLLAB_COLD History run_fit(Trainee& trainee, const FitOptions& options) {
    if (options.epochs < 1)
        fail("a training has at least one epoch, not ", options.epochs);
    if (options.losses_every < 1)
        fail("losses are looked at after every step or after several, not after ",
             options.losses_every);
    if (options.warmup_steps < 0)
        fail("a warm-up has at least 0 steps, not ", options.warmup_steps);
    if (options.evaluate_every < 0)
        fail("evaluate_every is ", options.evaluate_every, "; expected at least 0 steps");
    const std::size_t n = trainee.networks;
    LearningRate rate_of = options.learning_rate;  // a copy: schedules remember
    Loader loader = trainee.open(options);
    const long per_epoch = loader.batches();
    const long steps = per_epoch * options.epochs;
    if (per_epoch < 1)
        fail(trainee.no_batch());
    FitState course(n);
    History& history = course.history;

    const CheckpointPlace& folder = options.checkpoints.folder;
    if (!folder.empty() && !folder.code())
        fail("the folder for checkpoints, ", folder,
             ", was put together letter by letter; expected that a whole string is assigned to it");
    const CheckpointManagerCode* const checkpoints = folder.empty() ? nullptr : &folder.code()();
    const std::shared_ptr<CheckpointManager> keeper =
        checkpoints ? checkpoints->open(options, trainee) : nullptr;
    if (keeper && checkpoints->resume(*keeper, course, per_epoch))
        // what schedules remember
        for (int e = 0; e < course.epoch; ++e)
            rate_of(e, options.epochs, e == 0 ? 1 : course.past[std::size_t(e) - 1]);
    course.finished = course.finished && course.epochs == options.epochs;

    using clock = std::chrono::steady_clock;
    const auto since = [](clock::time_point t) {
        return std::chrono::duration<double>(clock::now() - t).count();
    };
    const auto begin = clock::now();
    const double before = course.wall;
    const auto wall = [&] { return before + since(begin); };
    const auto tell = [&](const Record& record, bool evaluated) COLLAB_COLD {
        const FitEvent event{record.epoch,
                             options.epochs,
                             course.step,
                             steps,
                             history.seconds > 0 ? double(course.trained) / history.seconds : 0,
                             evaluated,
                             &record};
        if (!trainee.tell(event))
            course.finished = true;
        return !options.watch || options.watch(event);
    };
    const auto evaluate_now = [&]() COLLAB_COLD {
        Record record = course.means(wall());
        std::vector<Evaluation> evaluations(n);
        trainee.evaluate(options, evaluations.data());
        for (std::size_t i = 0; i < n; ++i) {
            record.networks[i].test_loss = evaluations[i].loss;
            record.networks[i].test_scores = evaluations[i].scores;
        }
        record.seconds = wall();
        history.records.push_back(record);
        course.running.networks.assign(n, {});
        course.counted = 0;
        return tell(record, true);
    };

    const auto account = [&]() COLLAB_COLD {  // of every step since the last time
        const std::vector<NetworkLoss> noted = trainee.notes.take();
        for (std::size_t at = 0; at < noted.size() / n; ++at)
            for (std::size_t i = 0; i < n; ++i) {
                const NetworkLoss& l = noted[at * n + i];
                const double sum = l.task + l.metric + l.verification + l.coupling;
                if (!(std::abs(sum) < 1e300))
                    fail("the loss of ", trainee.network_name(int(i)), " became ", sum, " at step ",
                         course.step - long(noted.size() / n - 1 - at), " (epoch ",
                         course.epoch + 1, ", learning rate ", course.running.learning_rate,
                         "); a smaller learning rate may help");
                auto& k = course.running.networks[i];
                k.task += l.task;
                k.metric += l.metric;
                k.verification += l.verification;
                for (std::size_t s = 0; s < l.scores.size(); ++s)
                    k.scores[s] += l.scores[s];
                k.coupling += l.coupling;
                course.errors += trainee.error(l.score()) / double(n);
            }
    };

    trainee.begin(history);
    bool go = true;  // a watcher may interrupt
    const bool again = history.resumed > 0;
    const double said = course.learning_rate;
    const int said_of = course.epochs;
    course.epochs = options.epochs;
    while (course.epoch < options.epochs && go && !course.finished) {
        const int epoch = course.epoch;
        course.learning_rate = rate_of(epoch, options.epochs, course.last_error());
        check_not_negative(sentence("the learning rate of epoch ", epoch + 1),
                           course.learning_rate);
        if (again && course.step == history.resumed && course.batch > 0 &&
            said_of == options.epochs && course.learning_rate != said)
            checkpoints->other_rate(*keeper, said, course.learning_rate, epoch + 1);
        course.running.epoch = epoch + 1;
        loader.start(epoch, int(course.batch));
        trainee.begin_epoch(epoch, options.epochs);
        while (go && !course.finished) {
            const auto from = clock::now();
            const Batch* batch = loader.next();
            if (!batch)
                break;
            Record& running = course.running;
            running.learning_rate =
                course.step < options.warmup_steps
                    ? course.learning_rate * double(course.step + 1) / options.warmup_steps
                    : course.learning_rate;
            trainee.step(*batch, running.learning_rate);
            ++course.step;
            ++course.counted;
            ++course.batch;
            course.trained += batch->size;
            running.step = course.step;
            const bool epoch_ends = course.batch == per_epoch;
            const bool watched = options.watch || trainee.watches;
            const bool evaluation =
                options.evaluate_every > 0
                    ? course.step % options.evaluate_every == 0 || course.step == steps
                    : epoch_ends;
            const bool look = !trainee.notes.wait() || course.step % options.losses_every == 0 ||
                              watched || evaluation || epoch_ends || course.step == steps ||
                              (keeper && checkpoints->due(*keeper, course.step, epoch_ends));
            if (look)
                account();
            history.seconds += since(from);
            if (!look)
                continue;
            if (watched)
                go = tell(course.means(wall()), false);
            // where a callback ends it, that is the end; an interruption is not
            const bool complete = evaluation || course.finished;
            bool best = false;
            if (complete) {
                go = evaluate_now() && go;
                const long was = history.best_step;
                course.note(history.records.back(), trainee.words.score[0].higher_is_better);
                best = history.best_step != was;
            }
            if (keeper) {
                course.wall = wall();
                if (best)
                    checkpoints->write_best(*keeper, course);
                if (checkpoints->due(*keeper, course.step, epoch_ends) || course.step == steps ||
                    !go || course.finished)
                    checkpoints->write(*keeper, course);
            }
            // What was reached when it was interrupted; not in the checkpoint, so that the
            // continued training has the same records.
            if (!go && !complete)
                evaluate_now();
        }
        if (!go || course.finished)
            break;
        course.past.push_back(course.batch ? course.errors / double(course.batch) : 1);
        course.errors = 0;
        course.batch = 0;
        ++course.epoch;
    }
    history.stopped = !go || course.finished;
    history.images_per_second = history.seconds > 0 ? double(course.trained) / history.seconds : 0;
    trainee.end(history);
    return history;
}
}  // namespace collab::detail
#include <collab/train/checkpoint_manager.hpp>
#endif
