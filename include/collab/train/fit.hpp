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
#include <collab/train/rate.hpp>

namespace collab {

/// What one network had reached at one moment. Training figures are means since the moment before.
struct NetworkRecord {
    double classification = 0, metric = 0, verification = 0, accuracy = 0;   ///< on training batches, as they were trained on
    double coupling = 0;                                                     ///< what methods add, weighted
    double test_loss = 0, test_accuracy = 0;                                 ///< nan where it was not evaluated
};

/// One moment of a training.
struct Record {
    int epoch = 0;   ///< counted from 1
    long step = 0;   ///< steps done
    double rate = 0, seconds = 0;
    std::vector<NetworkRecord> networks;
};

/// What a watcher is told: after every step, and with `evaluated` after an evaluation.
struct FitEvent {
    int epoch = 0, epochs = 0;   ///< counted from 1
    long step = 0, steps = 0;    ///< of the whole training
    double images_per_second = 0;
    bool evaluated = false;
    const Record* record = nullptr;   ///< the figures so far: of the running stretch, or of the evaluation
};

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
};

/// The course of a training.
struct History {
    std::vector<Record> records;   ///< one per evaluation
    double seconds = 0, images_per_second = 0;   ///< of the training steps, evaluations not counted
    bool stopped = false;          ///< the watcher ended it early
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
    loader.start(0);
    while (const Batch* batch = loader.next()) {
        training.evaluate_batch(batch->images, batch->labels, batch->size);
        const auto losses = training.losses();
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i].loss += losses[i].classification * batch->size / images.size();
            all[i].accuracy += losses[i].accuracy * batch->size / images.size();
        }
    }
    return all;
}

/// Trains on `train` and evaluates on `test`, both Images or both a PictureSource. A loss that is not a number ends it with an error.
template <class Training, class Set>
History fit(Training& training, const Set& train, const Set& test, const FitOptions& options) {
    if (options.epochs < 1) fail("a training has at least one epoch, not ", options.epochs);
    if (options.warm_up < 0) fail("a warm-up has at least 0 steps, not ", options.warm_up);
    constexpr std::size_t n = std::size_t(Training::networks);
    const Transform transform = detail::transform_for(options.transform, train, Training::input);
    Rate rate_of = options.rate;   // a copy: schedules remember
    Loader loader(train, transform, {.batch = training.settings().batch, .seed = options.seed, .threads = detail::loader_threads(train)});
    const long per_epoch = loader.batches(), steps = per_epoch * options.epochs;
    if (per_epoch < 1) fail(train.name, ": no batch can be made of ", train.size(), " images");
    using clock = std::chrono::steady_clock;
    const auto since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };

    History history;
    const auto begin = clock::now();
    Record running{.epoch = 1, .networks = std::vector<NetworkRecord>(n)};
    long step = 0, counted = 0, trained = 0, epoch_steps = 0;
    double last_error = 1, epoch_errors = 0;
    const auto means = [&] {
        Record r = running;
        r.seconds = since(begin);
        for (auto& k : r.networks) {
            const double c = double(counted ? counted : 1);
            k.classification /= c, k.metric /= c, k.verification /= c, k.accuracy /= c, k.coupling /= c;
            k.test_loss = k.test_accuracy = std::nan("");
        }
        return r;
    };
    const auto tell = [&](const Record& record, bool evaluated) {
        if (!options.watch) return true;
        return options.watch({record.epoch, options.epochs, step, steps, history.seconds > 0 ? double(trained) / history.seconds : 0, evaluated, &record});
    };
    bool go = true;
    for (int epoch = 0; epoch < options.epochs && go; ++epoch) {
        const double rate = rate_of(epoch, options.epochs, last_error);
        if (!(rate >= 0) || std::isinf(rate)) fail("the learning rate of epoch ", epoch + 1, " is ", rate, "; expected a number of at least 0");
        running.epoch = epoch + 1;
        epoch_errors = 0, epoch_steps = 0;
        loader.start(epoch);
        if constexpr (requires { training.begin_epoch(epoch, options.epochs); }) training.begin_epoch(epoch, options.epochs);
        while (go) {
            const auto from = clock::now();
            const Batch* batch = loader.next();
            if (!batch) break;
            running.rate = step < options.warm_up ? rate * double(step + 1) / options.warm_up : rate;
            training.step(batch->images, batch->labels, batch->size, running.rate);
            const auto losses = training.losses();
            history.seconds += since(from);
            ++step, ++counted, ++epoch_steps, trained += batch->size;
            for (std::size_t i = 0; i < n; ++i) {
                const auto& l = losses[i];
                const double sum = l.classification + l.metric + l.verification + l.coupling;
                if (!(std::abs(sum) < 1e300))
                    fail("the loss of ", training.name(int(i)), " became ", sum, " at step ", step, " (epoch ", epoch + 1, ", learning rate ", running.rate,
                         "); a smaller learning rate may help");
                auto& k = running.networks[i];
                k.classification += l.classification, k.metric += l.metric, k.verification += l.verification, k.accuracy += l.accuracy, k.coupling += l.coupling;
                epoch_errors += (1 - l.accuracy) / double(n);
            }
            running.step = step;
            const bool evaluate_now = options.evaluate_every > 0 ? step % options.evaluate_every == 0 || step == steps : step % per_epoch == 0;
            go = tell(means(), false);
            if (evaluate_now || !go) {
                Record record = means();
                const auto evaluations = evaluate(training, test, options.transform);
                for (std::size_t i = 0; i < n; ++i) record.networks[i].test_loss = evaluations[i].loss, record.networks[i].test_accuracy = evaluations[i].accuracy;
                record.seconds = since(begin);
                history.records.push_back(record);
                running.networks.assign(n, {}), counted = 0;
                go = tell(record, true) && go;
            }
        }
        last_error = epoch_steps ? epoch_errors / double(epoch_steps) : 1;
    }
    history.stopped = !go;
    history.images_per_second = history.seconds > 0 ? double(trained) / history.seconds : 0;
    return history;
}

}  // namespace collab
