// SPDX-License-Identifier: Apache-2.0
// fit: whole trainings: epochs over a data set, evaluation, a learning rate that moves, and someone
// who watches.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/transforms.hpp>
#include <collab/train/callback.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/checkpoint_manager.hpp>
#include <collab/train/device_dataset.hpp>
#include <collab/train/fit_loop.hpp>
#include <collab/train/fit_options.hpp>
#include <collab/train/fit_state.hpp>
#include <collab/train/history.hpp>

namespace collab {

/// Loss and scores of every network over a whole set, Images or a PictureSource, in inference
/// mode, in the order of the networks.
template <class Training, class Set>
COLLAB_COLD auto evaluate(Training& training, const Set& images,
                          const std::optional<Transform>& transform = {})
    -> std::array<Evaluation, std::size_t(Training::networks)>;

namespace detail {
/// The transform with which a training looks at a set: in memory, or made when asked for, which has
/// no default.
inline Transform transform_for(const std::optional<Transform>& given, const Images& images,
                               Dims wanted) {
    return fitted_transform(given, images.dims, wanted);
}
template <PictureSource S>
Transform transform_for(const std::optional<Transform>& given, const S& source, Dims wanted) {
    const Transform t = given.value_or(Transform{});
    if (const Dims d = source.output(t); d != wanted)
        fail("the transform turns images into ", d.channels, " x ", d.height, " x ", d.width,
             "; the networks expect ", wanted.channels, " x ", wanted.height, " x ", wanted.width);
    return t;
}
/// What a set is called in messages; it may have no name.
inline const std::string& set_name(const Images& set) {
    return set.name;
}
template <class Set>
std::string set_name(const Set& set) {
    if constexpr (requires {
                      { set.name } -> std::convertible_to<std::string>;
                  })
        return set.name;
    else
        return "the images";
}
/// Target values of each sample of a set; 0 where it has class numbers.
template <class Set>
int target_size_of([[maybe_unused]] const Set& set) {
    if constexpr (requires {
                      { set.target_size } -> std::convertible_to<int>;
                  })
        return set.target_size;
    else
        return 0;
}
/// A set must have the targets that the loss wants.
template <class Training, class Set>
void check_target(const Set& set) {
    check_target_size(set_name(set), target_size_of(set), Training::target_size,
                      task_of<Training>().loss);
}
/// A set with another number of classes than the networks have outputs is a mistake: more do not
/// fit, and fewer are trained against outputs that nothing ever asks for.
template <class Training, class Set>
void check_classes([[maybe_unused]] const Set& set) {
    if constexpr (Training::target_size == 0 && requires {
                      { set.classes } -> std::convertible_to<int>;
                  })
        check_class_count(set_name(set), set.classes, Training::outputs);
}
/// The class numbers of a set, to balance it by.
template <class Set>
std::vector<int> class_numbers(const Set& set) {
    if constexpr (requires {
                      { set.labels } -> std::convertible_to<std::vector<int>>;
                  })
        if (!set.labels.empty())
            return set.labels;
    fail(set_name(set), " has no class numbers; a balanced order needs them");
}
/// The targets of a batch, as a training takes them.
template <class Training>
auto targets_of(const Batch& b) {
    if constexpr (Training::target_size == 0)
        return b.labels;
    else
        return b.targets;
}
/// Pictures in memory need one thread to keep up with a training, others all there are.
inline int loader_threads(const Images&) {
    return 1;
}
template <PictureSource S>
int loader_threads(const S&) {
    return 0;
}

/// What a set's batches come from: a loader that makes them, or one that only tells their pictures,
/// and pictures that the backend keeps.
template <class Training, class Set>
class Feed {
    static constexpr bool may_keep = PictureBackend<typename Training::Backend> &&
                                     std::is_same_v<Set, Images> && !Training::rolls_inputs;
    template <bool>
    struct Keeping {
        std::optional<DeviceDataset<typename Training::Backend>> pictures;
    };
    struct Nothing {};

public:
    /// One set and one transform to a feed: what the backend keeps, it keeps for the next time.
    Loader open(Training& training, const Set& set, const Transform& transform,
                LoaderOptions options) {
        options.threads = loader_threads(set);
        if constexpr (may_keep)
            if (options.balance.empty() && !options.mix &&
                DeviceDataset<typename Training::Backend>::takes(set, transform)) {
                check(set);
                if (!kept_.pictures)
                    kept_.pictures.emplace(training.backend(), set, transform, options.batch,
                                           options.seed, options.training);
                return Loader(
                    set.size(), Dims{},
                    [&set](int index, Random, bool, float*) { return label_of(set, index); },
                    options, target_reader(set));
            }
        return Loader(set, transform, options);
    }
    void begin_epoch([[maybe_unused]] int epoch) {
        if constexpr (may_keep)
            if (kept_.pictures)
                kept_.pictures->begin_epoch(epoch);
    }
    /// f(images) with the images of a batch, as Training::step and evaluate_batch take them.
    template <class F>
    void give(const Batch& b, F&& f) {
        if constexpr (may_keep)
            if (kept_.pictures)
                return f([&](typename Training::Scalar* to) {
                    kept_.pictures->form(b.indices, b.size, to);
                });
        f(b.images);
    }

private:
    std::conditional_t<may_keep, Keeping<may_keep>, Nothing> kept_;
};

/// One training behind the interface of the loop.
template <class Training, class Set>
struct NotesOf final : Notes {
    Training& training;
    Feed<Training, Set> feed{};
    explicit NotesOf(Training& t) : training(t) {}
    COLLAB_COLD void evaluate_batch(const Batch& b) override {
        feed.give(b, [&](auto&& images) {
            training.evaluate_batch(images, targets_of<Training>(b), b.size);
        });
        training.note_losses();
    }
    /// Adds to `to`, network by network.
    COLLAB_COLD void evaluate(const Set& set, const std::optional<Transform>& transform,
                              Evaluation* to) {
        check_target<Training>(set);
        Loader loader =
            feed.open(training, set, transform_for(transform, set, Training::input),
                      {.batch = training.settings().batch, .shuffle = false, .training = false});
        run_evaluation(*this, loader, to, std::size_t(Training::networks));
        for (int i = 0; i < Training::networks; ++i)
            check_evaluation(to[i], training.name(i), set_name(set));
    }
    COLLAB_COLD bool wait() const override { return training.notes_wait(); }
    COLLAB_COLD std::vector<NetworkLoss> take() override { return training.take_note_list(); }
};
template <class Training, class Set, class... Fs>
struct TraineeOf final : Trainee {
    Training& training;
    const Set &train, &test;
    NotesOf<Training, Set>& testing;
    Callbacks<Training, Fs...> callbacks;
    Feed<Training, Set> feed{};

    TraineeOf(Training& t, const Set& train_on, const Set& test_on, NotesOf<Training, Set>& n,
              Fs&... fs)
        : Trainee(n, Training::networks, train_on, test_on, task_of<Training>()),
          training(t),
          train(train_on),
          test(test_on),
          testing(n),
          callbacks(t, fs...) {
        watches = Callbacks<Training, Fs...>::watches;
    }
    COLLAB_COLD Loader open(const FitOptions& options) override {
        transform = transform_for(options.transform, train, Training::input);
        check_target<Training>(train);
        check_target<Training>(test);
        check_classes<Training>(train);
        check_classes<Training>(test);
        training.set_transform(options.transform, transform);
        LoaderOptions to{.batch = training.settings().batch, .seed = options.seed};
        to.mix = options.mix;
        if (options.balanced)
            to.balance = class_numbers(train);
        return feed.open(training, train, transform, to);
    }
    COLLAB_COLD const std::string& network_name(int i) const override { return training.name(i); }
    COLLAB_COLD std::string no_batch() const override {
        return sentence(set_name(train), ": no batch can be made of ", train.size(), " images");
    }
    COLLAB_COLD Constants constants() const override { return constants_of(training); }
    COLLAB_COLD std::string callback_names() const override { return callbacks.names(); }
    COLLAB_COLD void begin_epoch(int epoch, [[maybe_unused]] int epochs) override {
        feed.begin_epoch(epoch);
        if constexpr (requires { training.begin_epoch(epoch, epochs); })
            training.begin_epoch(epoch, epochs);
    }
    COLLAB_COLD void step(const Batch& b, double rate) override {
        feed.give(b, [&](auto&& images) {
            if constexpr (Callbacks<Training, Fs...>::updates)
                training.step(images, targets_of<Training>(b), b.size, rate,
                              [&] { callbacks.before_update(); });
            else
                training.step(images, targets_of<Training>(b), b.size, rate);
        });
        training.note_losses();
    }
    COLLAB_COLD void accumulate(const Batch& b) override {
        feed.give(b, [&](auto&& images) {
            training.accumulate(images, targets_of<Training>(b), b.size);
        });
        training.note_losses();
    }
    COLLAB_COLD void update(double rate) override {
        training.update(rate, [&] { callbacks.before_update(); });
    }
    COLLAB_COLD void evaluate(const FitOptions& options, Evaluation* to) override {
        callbacks.before_evaluation();
        testing.evaluate(test, options.transform, to);
        callbacks.after_evaluation();
    }
    COLLAB_COLD void save(const StateSink& to) const override {
        save_training(training, to);
        callbacks.save(to.file);
    }
    COLLAB_COLD void load(const StateSource& from) override {
        load_training(training, from);
        callbacks.load(from.file);
    }
    COLLAB_COLD void begin(const History& h) override { callbacks.begin(h); }
    COLLAB_COLD bool tell(const FitEvent& e) override {
        return e.evaluated ? callbacks.evaluated(e) : callbacks.stepped(e);
    }
    COLLAB_COLD void end(const History& h) override { callbacks.end(h); }
    COLLAB_COLD const Checkpoints* checkpoints() const override { return callbacks.checkpoints(); }
    COLLAB_COLD const CheckpointManagerCode* checkpoint_code() const override {
        if constexpr (Callbacks<Training, Fs...>::keeps_checkpoints)
            return callbacks.checkpoints() ? &checkpoint_manager_code() : nullptr;
        else
            return nullptr;
    }
};
}  // namespace detail

template <class Training, class Set>
auto evaluate(Training& training, const Set& images, const std::optional<Transform>& transform)
    -> std::array<Evaluation, std::size_t(Training::networks)> {
    std::array<Evaluation, std::size_t(Training::networks)> all{};
    detail::NotesOf<Training, Set>(training).evaluate(images, transform, all.data());
    return all;
}

/// Trains on `train` and evaluates on `test`, both Images or both a PictureSource. A loss that is
/// not a number ends it with an error.
template <class Training, class Set, class... Fs>
COLLAB_COLD History fit(Training& training, const Set& train, const Set& test,
                        const FitOptions& options, Fs&&... fs) {
    detail::NotesOf<Training, Set> notes(training);
    detail::TraineeOf<Training, Set, std::remove_reference_t<Fs>...> trainee(training, train, test,
                                                                             notes, fs...);
    return detail::run_fit(trainee, options);
}

}  // namespace collab
