// SPDX-License-Identifier: Apache-2.0
// callback: how something takes part in a training: which functions `fit` calls, and when.
#pragma once
#include <string>
#include <tuple>
#include <type_traits>

#include <collab/core/error.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/checkpoint_options.hpp>
#include <collab/train/history.hpp>

namespace collab {

/// What `fit` is given behind its options: an object with one or more of these functions. `t` is
/// the training.
///
///     void begin(t, const History&)             before the first step; the history holds what a
///                                               checkpoint brought
///     void before_update(t)                     between the gradients and their update
///     bool stepped(t, const FitEvent&)          after each step; false ends the training
///     void before_evaluation(t)                 before the networks are evaluated, and
///     void after_evaluation(t)                  behind it: for other weights meanwhile
///     bool evaluated(t, const FitEvent&)        after each evaluation, with its record; false ends
///                                               the training
///     void end(t, const History&)               after the last step
///     void save(Tensors&, const std::string& prefix) const      what it remembers goes into a
///                                               checkpoint, under names with the prefix,
///     void load(const Tensors&, const std::string& prefix)      and comes back
///     static constexpr const char* name         for messages
///
/// `Checkpoints` is a callback, too. A callback that was passed as an lvalue may be asked
/// afterwards what it saw.
template <class F, class Training>
concept Callback =
    requires(F& f, Training& t, const History& h) { f.begin(t, h); } ||
    requires(F& f, Training& t) { f.before_update(t); } ||
    requires(F& f, Training& t, const FitEvent& e) { f.stepped(t, e); } ||
    requires(F& f, Training& t) { f.before_evaluation(t); } ||
    requires(F& f, Training& t, const FitEvent& e) { f.evaluated(t, e); } ||
    requires(F& f, Training& t, const History& h) { f.end(t, h); } || detail::IsCheckpoints<F>;

namespace detail {
template <class F, class Training>
concept LooksAtUpdates = requires(F& f, Training& t) { f.before_update(t); };
template <class F, class Training>
concept LooksAtSteps = requires(F& f, Training& t, const FitEvent& e) { f.stepped(t, e); };

/// All callbacks of a training, called in their order.
template <class Training, class... Fs>
class Callbacks {
    static_assert((Callback<std::remove_reference_t<Fs>, Training> && ...),
                  "collab: what fit is given behind its options has none of the functions of a "
                  "callback (train/callback.hpp), or they do not accept this training");

    static_assert((int(IsCheckpoints<Fs>) + ... + 0) <= 1,
                  "collab: a training has one folder of checkpoints");

public:
    Callbacks(Training& training, Fs&... callbacks) : training_(training), all_(callbacks...) {}

    static constexpr bool keeps_checkpoints = (IsCheckpoints<Fs> || ...);
    /// What was given for checkpoints; null where nothing was, or no folder.
    const Checkpoints* checkpoints() const {
        const Checkpoints* found = nullptr;
        each([&](const auto& f) {
            if constexpr (IsCheckpoints<decltype(f)>)
                found = f.folder.empty() ? nullptr : &f;
        });
        return found;
    }

    static constexpr bool updates = (LooksAtUpdates<Fs, Training> || ...);
    static constexpr bool watches = (LooksAtSteps<Fs, Training> || ...);

    void begin(const History& h) {
        each([&](auto& f) {
            if constexpr (requires { f.begin(training_, h); })
                f.begin(training_, h);
        });
    }
    void before_update() {
        each([&](auto& f) {
            if constexpr (requires { f.before_update(training_); })
                f.before_update(training_);
        });
    }
    void before_evaluation() {
        each([&](auto& f) {
            if constexpr (requires { f.before_evaluation(training_); })
                f.before_evaluation(training_);
        });
    }
    void after_evaluation() {
        each([&](auto& f) {
            if constexpr (requires { f.after_evaluation(training_); })
                f.after_evaluation(training_);
        });
    }
    bool stepped(const FitEvent& e) {  // all are told, whoever wants to end it
        bool go = true;
        each([&](auto& f) {
            if constexpr (requires { f.stepped(training_, e); })
                go = bool(f.stepped(training_, e)) && go;
        });
        return go;
    }
    bool evaluated(const FitEvent& e) {
        bool go = true;
        each([&](auto& f) {
            if constexpr (requires { f.evaluated(training_, e); })
                go = bool(f.evaluated(training_, e)) && go;
        });
        return go;
    }
    void end(const History& h) {
        each([&](auto& f) {
            if constexpr (requires { f.end(training_, h); })
                f.end(training_, h);
        });
    }
    void save(Tensors& file) const {
        int k = 0;
        each([&](const auto& f) {
            if constexpr (requires { f.save(file, std::string()); })
                f.save(file, sentence(".callback", k++, "."));
        });
    }
    void load(const Tensors& file) {
        int k = 0;
        each([&](auto& f) {
            if constexpr (requires { f.load(file, std::string()); })
                f.load(file, sentence(".callback", k++, "."));
        });
    }
    /// Of those that a checkpoint remembers.
    static std::string names() {
        std::string s;
        [[maybe_unused]] const auto add = [&]<class F>(const F*) {
            // remembers nothing
            if constexpr (!requires(const F& f, Tensors& file) { f.save(file, std::string()); })
                return;
            else if constexpr (requires { F::name; })
                s += sentence(s.empty() ? "" : ", ", F::name);
            else
                s += s.empty() ? "unnamed" : ", unnamed";
        };
        (add(static_cast<const std::remove_cvref_t<Fs>*>(nullptr)), ...);
        return s.empty() ? "none" : s;
    }

private:
    template <class Do>
    void each(Do&& what) const {
        std::apply([&](auto&... f) { (what(f), ...); }, all_);
    }

    Training& training_;
    std::tuple<Fs&...> all_;
};
}  // namespace detail

}  // namespace collab
