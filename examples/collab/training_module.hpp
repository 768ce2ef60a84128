// SPDX-License-Identifier: Apache-2.0
// training_module: how a collaboration is trained. Modules that the program has compiled include
// it; the program does not.
#pragma once
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <system_error>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>
#include <collab/data/loader.hpp>
#include <collab/io/weights.hpp>
#include <collab/train/callbacks.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/log.hpp>
#include <collab/train/training.hpp>
#include <collab/train/training_manifest.hpp>
#include <collab/zoo/cuts.hpp>

#include "experiment.hpp"
#include "module.hpp"

namespace program {

using namespace collab;

/// The weights of a deployed network with what `save` asks of a model, and no code that runs it.
template <class N, class T>
class DeployedFile {
public:
    using Network = N;
    using Scalar = T;
    using Plan = bound<N>;
    static constexpr Dims input = input_of<N>::dims;
    static constexpr Dims output = Plan::Output::dims;

    DeployedFile(NetworkWeights<T> weights, const std::optional<Transform>& transform)
        : weights_(std::move(weights)),
          transform_(transform) {
        named_tensors_.template add<Plan>("net0");
    }
    const NamedTensors& named_tensors() const { return named_tensors_; }
    std::size_t parameter_count() const { return named_tensors_.parameter_count; }
    const std::vector<T>& parameters() const { return weights_.parameters; }
    const std::vector<T>& state() const { return weights_.state; }
    const std::optional<Transform>& transform() const { return transform_; }

private:
    NamedTensors named_tensors_;
    NetworkWeights<T> weights_;
    std::optional<Transform> transform_;
};

template <class T>
NetworkWeights<float> in_float(const NetworkWeights<T>& w) {
    return {{w.parameters.begin(), w.parameters.end()}, {w.state.begin(), w.state.end()}};
}
template <class T>
NetworkWeights<T> from_float(const NetworkWeights<float>& w) {
    return {{w.parameters.begin(), w.parameters.end()}, {w.state.begin(), w.state.end()}};
}

/// Sets the member of this name; false: an object has none.
template <class O>
bool set_number(O& object, const Number& number) {
    bool known = false;
#define PROGRAM_SET(member)                                                                        \
    if constexpr (requires { object.member = 0; })                                                 \
        if (number.name == #member) {                                                              \
            object.member = decltype(object.member)(number.value);                                 \
            known = true;                                                                          \
        }
    PROGRAM_SET(momentum)
    PROGRAM_SET(weight_decay)
    PROGRAM_SET(n)
    PROGRAM_SET(smoothing)
    PROGRAM_SET(weight)
    PROGRAM_SET(patience)
    PROGRAM_SET(norm)
#undef PROGRAM_SET
    return known;
}
/// A number that an object has not is an error.
template <class O>
void set_numbers(O& object, const std::vector<Number>& numbers) {
    for (const Number& n : numbers)
        if (!set_number(object, n))
            fail("'", n.name, "' is given, and ", detail::type_name<O>(), " has no such number");
}
/// Several callbacks share one list, and each takes what is its own.
template <class O>
void set_own_numbers(O& object, const std::vector<Number>& numbers) {
    for (const Number& n : numbers)
        set_number(object, n);
}

/// What the networks of a training answer to the test images, and where they see them in the mutual
/// space.
template <class T>
void look(T& training, const Splits& data, const Job& job, Outcome& outcome) {
    const int networks = int(job.names.size());  // without snapshots
    std::vector<std::vector<float>> logits(std::size_t(networks), std::vector<float>{});
    Loader loader(data.test, fitted_transform(job.transform, data.test.dims, T::input),
                  {.batch = job.batch, .shuffle = false, .training = false});
    loader.start(0);
    double hits = 0;
    const auto add = [](std::vector<float>& to, const auto& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    constexpr bool ensemble = requires { training.terms()[0].score; } &&
                              std::tuple_size_v<decltype(T::Settings::methods)> > 0;
    if (T::Description::bases > 0 && networks >= 2)
        outcome.embeddings.resize(std::size_t(networks));
    while (const Batch* batch = loader.next()) {
        training.evaluate_batch(batch->images, batch->labels, batch->size);
        for (int i = 0; i < networks; ++i)
            add(logits[std::size_t(i)], training.logits(i));
        if constexpr (T::Description::bases > 0)
            if (networks >= 2 && outcome.seen.size() < 1000) {
                for (int i = 0; i < networks; ++i)
                    add(outcome.embeddings[std::size_t(i)], training.embeddings(i));
                outcome.seen.insert(outcome.seen.end(), batch->labels, batch->labels + batch->size);
            }
        if constexpr (ensemble)
            if (!training.terms().empty())
                hits += training.terms()[0].score * batch->size;
    }
    if (ensemble)
        outcome.ensemble = hits / data.test.size();
    for (const auto& z : logits)
        outcome.scores.push_back(classification_report(z, data.test.labels, data.test.classes));
}

/// What each deployed network costs.
template <class C>
void count_deployed(Outcome& outcome) {
    static_for<C::size>([&](auto i) {
        using Alone = bound<Deployed<C, i>>;
        outcome.deployed_parameters.push_back(long(Alone::footprint.parameters));
        outcome.multiply_adds.push_back(long(Alone::table.multiply_adds));
    });
}

template <class T>
void save_deployed(const T& training, const Job& job) {
    using C = typename T::Description;
    static_for<C::size>([&](auto i) {
        if constexpr (!C::frozen::has(i))
            if (std::size_t(i) < job.files.size()) {
                const DeployedFile<Deployed<C, i>, typename T::Scalar> model(
                    training.template deployed_weights<i>(), training.transform());
                std::error_code ignored;
                std::filesystem::create_directories(
                    std::filesystem::path(job.files[i]).parent_path(), ignored);
                save(model, job.files[i], job.words[i]);
            }
    });
}

template <class T>
typename T::Settings settings_of(const Job& job) {
    const std::size_t learners = job.names.size();
    typename T::Settings settings{.alpha = job.alpha,
                                  .seed = job.seed,
                                  .batch = job.batch,
                                  .names = job.names,
                                  .freeze_mkb_after = job.freeze_mkb_after};
    for (std::size_t i = learners; i < std::size_t(T::Description::size); ++i)
        settings.names.push_back(job.names[i % learners] + " before");
    set_numbers(settings.optimizer, job.optimizer);
    set_numbers(settings.metric, job.metric);
    set_numbers(settings.loss, job.loss);
    if constexpr (std::tuple_size_v<decltype(settings.methods)> > 0)
        if (job.method_weight > 0)
            set_numbers(std::get<0>(settings.methods), {{"weight", job.method_weight}});
    return settings;
}

/// Frozen networks get the weights of the training before.
template <class T>
void set_frozen(T& training, const Job& job) {
    using C = typename T::Description;
    const std::size_t learners = job.names.size();
    static_for<C::size>([&](auto i) {
        if constexpr (C::frozen::has(i)) {
            if (!job.snapshots || (*job.snapshots)[std::size_t(i) % learners].parameters.empty())
                fail("network ", int(i), " is frozen, and has no weights of a training before");
            training.set_network_weights(
                i, from_float<typename T::Scalar>((*job.snapshots)[std::size_t(i) % learners]));
        }
    });
}

template <class T, class... Extras>
History fit_as(T& training, const Splits& data, const Job& job) {
    using C = typename T::Description;
    FitOptions options{.epochs = job.epochs,
                       .learning_rate = job.schedule,
                       .warmup_steps = job.warmup_steps,
                       .accumulate = job.accumulate,
                       .seed = job.seed,
                       .balanced = job.balanced,
                       .transform = job.transform,
                       .evaluate_every = job.evaluate_every,
                       .watch = job.watch};
    Checkpoints checkpoints = job.checkpoints;
    const bool logs = !job.logs.empty();
    std::string how;
    for (const auto& [heading, what] : training_manifest<C>(training.settings()))
        how += sentence(how.empty() ? "" : "; ", heading, ": ", what);
    checkpoints.also = {{"method", how}};
    std::tuple<Extras...> extras;
    std::apply([&](auto&... e) { (set_own_numbers(e, job.extras), ...); }, extras);
    return std::apply(
        [&](auto&... e) {
            return training.fit(
                data, options, checkpoints, JsonLines{logs ? job.logs + "/log.jsonl" : ""},
                CsvFile{logs ? job.logs + "/log.csv" : ""}, TensorBoard{job.logs}, e...);
        },
        extras);
}

/// Trains `What`, a network or a Collaboration, in B's numbers, moved by O. Extras are callbacks.
template <class What, class B, class O, class... Extras>
Outcome train_as(const Splits& data, const Job& job) {
    using T = Training<What, B, O>;
    using C = typename T::Description;
    const std::size_t learners = job.names.size();
    T training(settings_of<T>(job), std::make_shared<B>(job.threads));
    set_frozen(training, job);
    Outcome outcome;
    outcome.history = fit_as<T, Extras...>(training, data, job);
    if (!job.weights.empty())
        save_weights(training, job.weights);
    save_deployed(training, job);
    // without snapshots
    for (Record& r : outcome.history.records)
        r.networks.resize(std::min(r.networks.size(), learners));
    outcome.semantics = training_manifest<C>(training.settings());
    outcome.parameters = training.named_tensors().parameter_count;
    count_deployed<C>(outcome);
    if (job.held_out && !outcome.history.stopped) {
        const auto evaluated = training.evaluate(*job.held_out, job.transform);
        outcome.held_out.assign(evaluated.begin(), evaluated.begin() + std::ptrdiff_t(learners));
    }
    outcome.memory_bytes = training.memory_bytes() + training.workspace_bytes();
    outcome.backend = training.backend().describe();
    if (C::size == 1)
        outcome.weights = in_float(training.network_weights(0));
    if (job.look)
        look(training, data, job, outcome);
    return outcome;
}

}  // namespace program
