// SPDX-License-Identifier: Apache-2.0
// fit: whole trainings: epochs over a data set, evaluation, a learning rate that moves, and someone who watches.
#pragma once
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/augment.hpp>
#include <collab/data/images.hpp>
#include <collab/data/loader.hpp>
#include <collab/train/callback.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/course.hpp>
#include <collab/train/history.hpp>
#include <collab/train/rate.hpp>

namespace collab {

/// The learning rate of a training: a number, or any RateSchedule.
class Rate {
public:
    Rate(double constant) : ask_([constant](int, int, double) { return constant; }) {}
    template <RateSchedule R>
    Rate(R schedule)
        : ask_([schedule](int epoch, int epochs, double last_error) mutable {
              if (epoch > 0) schedule.observe(last_error);
              return double(schedule(epoch, epochs));
          }) {}
    /// A function of epoch, epochs and last error.
    template <class F>
        requires(!RateSchedule<F> && std::is_invocable_r_v<double, F&, int, int, double>)
    Rate(F function) : ask_(std::move(function)) {}
    /// The rate of an epoch (from 0); `last_error` is the share of wrong answers on the training images in the one before.
    double operator()(int epoch, int epochs, double last_error) { return ask_(epoch, epochs, last_error); }

private:
    std::function<double(int, int, double)> ask_;
};

struct FitOptions {
    int epochs = 10;
    Rate rate = StepRate{};                  ///< `0.01`, `StepRate{.base = 0.05}`, `PlateauRate{}`, or a schedule of your own
    int warm_up = 0;                         ///< steps over which the rate rises linearly to what `rate` says
    std::uint64_t seed = 1;                  ///< of the order of the images and of augmentation
    std::optional<Transform> transform{};    ///< default: padded with zeros to the networks' size, values in [0, 1]
    int evaluate_every = 0;                  ///< steps between evaluations; 0: at the end of each epoch
    std::function<bool(const FitEvent&)> watch{};   ///< false ends the training after this step
    int losses_every = 16;                   ///< steps between two looks at the losses, where looking would make the host wait (a GPU) and nobody watches
    Checkpoints checkpoints{};               ///< so that the training can be continued after whatever happens
};

/// Loss and accuracy of one network over a data set, in inference mode.
struct Evaluation {
    double loss = 0, accuracy = 0;
};

namespace detail {
/// The transform with which a training looks at a set: in memory, or made when asked for, which has no default.
inline Transform transform_for(const std::optional<Transform>& given, const Images& images, Dims wanted) { return fitted_transform(given, images.dims, wanted); }
template <PictureSource S>
Transform transform_for(const std::optional<Transform>& given, const S& source, Dims wanted) {
    const Transform t = given.value_or(Transform{});
    if (const Dims d = source.output(t); d != wanted)
        fail("the transform turns images into ", d.channels, " x ", d.height, " x ", d.width, "; the networks expect ", wanted.channels, " x ", wanted.height, " x ", wanted.width);
    return t;
}
/// Pictures in memory need one thread to keep up with a training, others all there are.
inline int loader_threads(const Images&) { return 1; }
template <PictureSource S>
int loader_threads(const S&) { return 0; }
}  // namespace detail

/// Loss and accuracy of every network over a whole set, Images or a PictureSource, in inference mode, in the order of the networks.
template <class Training, class Set>
auto evaluate(Training& training, const Set& images, const std::optional<Transform>& transform = {}) {
    std::array<Evaluation, std::size_t(Training::networks)> all{};
    Loader loader(images, detail::transform_for(transform, images, Training::input),
                  {.batch = training.settings().batch, .shuffle = false, .training = false, .threads = detail::loader_threads(images)});
    std::vector<int> sizes;
    const auto account = [&] {
        const auto noted = training.noted_losses();
        for (std::size_t at = 0; at < noted.size(); ++at)
            for (std::size_t i = 0; i < all.size(); ++i) {
                all[i].loss += noted[at][i].classification * sizes[at] / images.size();
                all[i].accuracy += noted[at][i].accuracy * sizes[at] / images.size();
            }
        sizes.clear();
    };
    loader.start(0);
    while (const Batch* batch = loader.next()) {
        training.evaluate_batch(batch->images, batch->labels, batch->size);
        training.note_losses();
        sizes.push_back(batch->size);
        if (!training.notes_wait() || sizes.size() == 64) account();
    }
    account();
    return all;
}

/// Trains on `train` and evaluates on `test`, both Images or both a PictureSource. A loss that is not a number ends it with an error.
template <class Training, class Set, class... Fs>
History fit(Training& training, const Set& train, const Set& test, const FitOptions& options, Fs&&... fs) {
    if (options.epochs < 1) fail("a training has at least one epoch, not ", options.epochs);
    if (options.losses_every < 1) fail("losses are looked at after every step or after several, not after ", options.losses_every);
    if (options.warm_up < 0) fail("a warm-up has at least 0 steps, not ", options.warm_up);
    constexpr std::size_t n = std::size_t(Training::networks);
    const Transform transform = detail::transform_for(options.transform, train, Training::input);
    Rate rate_of = options.rate;   // a copy: schedules remember
    Loader loader(train, transform, {.batch = training.settings().batch, .seed = options.seed, .threads = detail::loader_threads(train)});
    const long per_epoch = loader.batches(), steps = per_epoch * options.epochs;
    if (per_epoch < 1) fail(train.name, ": no batch can be made of ", train.size(), " images");
    detail::Callbacks<Training, std::remove_reference_t<Fs>...> callbacks(training, fs...);
    detail::Course course(n);
    History& history = course.history;

    const detail::CheckpointFolder folder(options.checkpoints);
    std::vector<std::pair<std::string, std::string>> facts;
    if (folder.on()) {
        facts = detail::facts_of(training);
        facts.insert(facts.end(), {{"training images", detail::set_words(train)}, {"test images", detail::set_words(test)}, {"transform", detail::transform_words(transform)},
                                   {"order", detail::word_of(options.seed)}, {"warm-up", detail::word_of(options.warm_up)}, {"callbacks", callbacks.names()}});
        facts.insert(facts.end(), options.checkpoints.also.begin(), options.checkpoints.also.end());
    }
    if (const auto file = folder.newest()) {
        detail::check_facts(*file, facts);
        course.load(*file);
        if (course.epoch >= options.epochs || course.batch > per_epoch)
            fail(file->source, ": stands in epoch ", course.epoch + 1, "; a training of ", options.epochs, " epochs of ", per_epoch, " steps cannot go on from there");
        detail::load_training(training, *file);
        callbacks.load(*file);
        for (int e = 0; e < course.epoch; ++e) rate_of(e, options.epochs, e == 0 ? 1 : course.past[std::size_t(e) - 1]);   // what schedules remember
    }
    course.finished = course.finished && course.epochs == options.epochs;

    using clock = std::chrono::steady_clock;
    const auto since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };
    const auto begin = clock::now();
    const double before = course.wall;
    const auto wall = [&] { return before + since(begin); };
    const auto tell = [&](const Record& record, bool evaluated) {
        const FitEvent event{record.epoch, options.epochs, course.step, steps, history.seconds > 0 ? double(course.trained) / history.seconds : 0, evaluated, &record};
        if (!(evaluated ? callbacks.evaluated(event) : callbacks.stepped(event))) course.finished = true;
        return !options.watch || options.watch(event);
    };
    const auto whole = [&] {
        Tensors file;
        file.say("format", std::string(detail::checkpoint_format)), file.say("collab", COLLAB_VERSION);
        for (const auto& [name, word] : facts) file.say(name, word);
        course.wall = wall();
        course.save(file);
        detail::save_training(training, file);
        callbacks.save(file);
        return file;
    };
    const auto evaluate_now = [&] {
        Record record = course.means(wall());
        callbacks.before_evaluation();
        const auto evaluations = evaluate(training, test, options.transform);
        callbacks.after_evaluation();
        for (std::size_t i = 0; i < n; ++i) record.networks[i].test_loss = evaluations[i].loss, record.networks[i].test_accuracy = evaluations[i].accuracy;
        record.seconds = wall();
        history.records.push_back(record);
        course.running.networks.assign(n, {}), course.counted = 0;
        return tell(record, true);
    };

    const auto account = [&] {   // of every step since the last time
        const auto noted = training.noted_losses();
        for (std::size_t at = 0; at < noted.size(); ++at)
            for (std::size_t i = 0; i < n; ++i) {
                const auto& l = noted[at][i];
                const double sum = l.classification + l.metric + l.verification + l.coupling;
                if (!(std::abs(sum) < 1e300))
                    fail("the loss of ", training.name(int(i)), " became ", sum, " at step ", course.step - long(noted.size() - 1 - at), " (epoch ", course.epoch + 1, ", learning rate ",
                         course.running.rate, "); a smaller learning rate may help");
                auto& k = course.running.networks[i];
                k.classification += l.classification, k.metric += l.metric, k.verification += l.verification, k.accuracy += l.accuracy, k.coupling += l.coupling;
                course.errors += (1 - l.accuracy) / double(n);
            }
    };

    callbacks.begin(history);
    bool go = true;   // a watcher may interrupt
    const bool again = history.resumed > 0;
    const double said = course.rate;
    const int said_of = course.epochs;
    course.epochs = options.epochs;
    while (course.epoch < options.epochs && go && !course.finished) {
        const int epoch = course.epoch;
        course.rate = rate_of(epoch, options.epochs, course.last_error());
        if (!(course.rate >= 0) || std::isinf(course.rate)) fail("the learning rate of epoch ", epoch + 1, " is ", course.rate, "; expected a number of at least 0");
        if (again && course.step == history.resumed && course.batch > 0 && said_of == options.epochs && course.rate != said)
            fail("the checkpoint in ", options.checkpoints.folder, " was written with a learning rate of ", detail::word_of(said), " in epoch ", epoch + 1, "; this one would have ", detail::word_of(course.rate));
        course.running.epoch = epoch + 1;
        loader.start(epoch, int(course.batch));
        if constexpr (requires { training.begin_epoch(epoch, options.epochs); }) training.begin_epoch(epoch, options.epochs);
        while (go && !course.finished) {
            const auto from = clock::now();
            const Batch* batch = loader.next();
            if (!batch) break;
            Record& running = course.running;
            running.rate = course.step < options.warm_up ? course.rate * double(course.step + 1) / options.warm_up : course.rate;
            if constexpr (callbacks.updates) training.step(batch->images, batch->labels, batch->size, running.rate, [&] { callbacks.before_update(); });
            else training.step(batch->images, batch->labels, batch->size, running.rate);
            training.note_losses();
            ++course.step, ++course.counted, ++course.batch, course.trained += batch->size;
            running.step = course.step;
            const bool epoch_ends = course.batch == per_epoch, watched = options.watch || callbacks.watches;
            const bool evaluation = options.evaluate_every > 0 ? course.step % options.evaluate_every == 0 || course.step == steps : epoch_ends;
            const bool look = !training.notes_wait() || course.step % options.losses_every == 0 || watched || evaluation || epoch_ends || course.step == steps ||
                              folder.due(course.step, epoch_ends);
            if (look) account();
            history.seconds += since(from);
            if (!look) continue;
            if (watched) go = tell(course.means(wall()), false);
            const bool complete = evaluation || course.finished;   // where a callback ends it, that is the end; an interruption is not
            bool best = false;
            if (complete) {
                go = evaluate_now() && go;
                const double was = history.best;
                course.note(history.records.back());
                best = history.best > was;
            }
            if (best && folder.keeps_best()) folder.write_best(whole());
            if (folder.due(course.step, epoch_ends) || (folder.on() && (course.step == steps || !go || course.finished))) folder.write(whole(), course.step);
            // What was reached when it was interrupted; not in the checkpoint, so that the continued training has the same records.
            if (!go && !complete) evaluate_now();
        }
        if (!go || course.finished) break;
        course.past.push_back(course.batch ? course.errors / double(course.batch) : 1);
        course.errors = 0, course.batch = 0, ++course.epoch;
    }
    history.stopped = !go || course.finished;
    history.images_per_second = history.seconds > 0 ? double(course.trained) / history.seconds : 0;
    callbacks.end(history);
    return history;
}

}  // namespace collab
