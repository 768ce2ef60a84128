// SPDX-License-Identifier: Apache-2.0
// methods: the types behind the menu, and how the program trains one of them. Compiled once for
// each pair of networks and kind of picture.
#pragma once
#include <algorithm>
#include <array>
#include <memory>

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
#include <collab/model/classification_report.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/log.hpp>
#include <collab/train/training.hpp>
#include <collab/train/training_manifest.hpp>
#include <collab/zoo/cuts.hpp>

#include "experiment.hpp"

namespace program {

using namespace collab;

using Gray = Shape<1, 32, 32>;
using Color = Shape<3, 32, 32>;

/// A method chosen at run time. (In a program of your own it is a type; here one training serves
/// all that read the same taps.)
struct ChosenPeers {
    static constexpr const char* name = "chosen";
    MethodId id = MethodId::mutual;
    void check() const {}  // every number chooses a method

    template <class G>
    void build(G& g) const {
        switch (id) {
        case MethodId::mutual_attached:
            return MutualLearning<Attached>{}.build(g);
        case MethodId::kdcl:
            return CollaborativeDistillation<>{}.build(g);
        case MethodId::clnn:
            return CollaborativeHeads{}.build(g);
        case MethodId::virtual_teacher:
            return TfKd{}.build(g);
        default:
            return MutualLearning<>{}.build(g);
        }
    }
};
template <int Teacher, int Student>
struct ChosenTeaching {
    using taps = Pack<mutual, penultimate>;
    static constexpr const char* name = "chosen";
    MethodId id = MethodId::distil;
    void check() const {}  // every number chooses a method

    template <class G>
    void build(G& g) const {
        switch (id) {
        case MethodId::hints:
        case MethodId::hints_back:
            return Hints<Teacher, Student>{}.build(g);
        case MethodId::rkd:
            return RelationalDistillation<Teacher, Student>{}.build(g);
        case MethodId::at:
            return AttentionTransfer<Teacher, Student, mutual>{}.build(g);
        case MethodId::sp:
            return Related<SimilarityPreserving, Teacher, Student>{3000}.build(g);
        case MethodId::pkt:
            return Related<ProbabilisticTransfer, Teacher, Student>{30000}.build(g);
        case MethodId::cka:
            return Related<KernelAlignment, Teacher, Student>{}.build(g);
        case MethodId::nst:
            return NeuronSelectivity<Teacher, Student, mutual>{}.build(g);
        case MethodId::vid:
            return VariationalInformation<Teacher, Student, mutual>{}.build(g);
        case MethodId::crd:
            return ContrastiveDistillation<Teacher, Student>{}.build(g);
        default:
            return Distillation<Teacher, Student>{}.build(g);
        }
    }
};

/// What the networks of a training answer to the test images, and where they see them in the mutual
/// space.
template <class T>
void look(T& training, const Splits& data, const Job& job, Outcome& outcome) {
    constexpr int networks = std::min(T::networks, 2);  // without snapshots
    std::array<std::vector<float>, networks> logits;
    Loader loader(data.test, fitted_transform(job.transform, data.test.dims, T::input),
                  {.batch = job.batch, .shuffle = false, .training = false});
    loader.start(0);
    double hits = 0;
    const auto add = [](std::vector<float>& to, const std::vector<float>& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    while (const Batch* batch = loader.next()) {
        training.evaluate_batch(batch->images, batch->labels, batch->size);
        for (int i = 0; i < networks; ++i)
            add(logits[std::size_t(i)], training.logits(i));
        if constexpr (T::Description::bases > 0 && networks == 2)
            if (outcome.seen.size() < 1000) {
                for (int i = 0; i < 2; ++i)
                    add(outcome.embeddings[std::size_t(i)], training.embeddings(i));
                outcome.seen.insert(outcome.seen.end(), batch->labels, batch->labels + batch->size);
            }
        if (job.method == MethodId::ensemble)
            hits += training.terms()[0].score * batch->size;
    }
    if (job.method == MethodId::ensemble)
        outcome.ensemble = hits / data.test.size();
    for (const auto& z : logits)
        outcome.scores.push_back(classification_report(z, data.test.labels, data.test.classes));
}

/// The settings of a training, with what the job says of its metric and method.
template <class T>
typename T::Settings settings_of(const Job& job, const std::vector<std::string>& names,
                                 double alpha) {
    typename T::Settings settings{
        .alpha = alpha, .seed = job.seed, .batch = job.batch, .names = names};
    if constexpr (std::same_as<decltype(settings.metric), ChosenMetric>)
        settings.metric = job.metric;
    if constexpr (std::tuple_size_v<decltype(settings.methods)> > 0) {
        auto& method = std::get<0>(settings.methods);
        if constexpr (requires { method.id; })
            method.id = job.method;
    }
    return settings;
}

/// What a deployed network costs, of the first two.
template <class C>
void count_deployed(Outcome& outcome) {
    static_for<std::min<int>(C::size, 2)>([&](auto i) {
        using Alone = bound<Deployed<C, i>>;
        outcome.deployed_parameters[i] = Alone::footprint.parameters;
        outcome.multiply_adds[i] = Alone::table.multiply_adds;
    });
}

/// `names`: of the networks in this training; their initial weights follow from them, so that a
/// network begins alike in all trainings.
template <class What>
Outcome train_as(const Splits& data, const Job& job, const std::vector<std::string>& names,
                 double alpha) {
    using T = Training<What, Cpu<float>>;
    T training(settings_of<T>(job, names, alpha), std::make_shared<Cpu<float>>(job.threads));
    using C = typename T::Description;
    static_for<C::size>([&](auto i) {
        if constexpr (C::frozen::has(i))
            training.set_network_weights(i, (*job.snapshots)[std::size_t(i % 2)]);
    });
    MultiStepLR rate;
    rate.base = job.learning_rate;
    FitOptions options{.epochs = job.epochs,
                       .learning_rate = rate,
                       .warmup_steps = job.warmup_steps,
                       .seed = job.seed,
                       .transform = job.transform,
                       .evaluate_every = job.evaluate_every,
                       .watch = job.watch};
    Checkpoints checkpoints = job.checkpoints;
    const bool logs = !job.logs.empty();
    std::string how = job.metric.describe();
    for (const auto& [heading, what] : training_manifest<C>(training.settings()))
        how += sentence("; ", heading, ": ", what);
    checkpoints.also = {{"method", how}};
    Outcome outcome;
    outcome.history =
        training.fit(data, options, checkpoints, JsonLines{logs ? job.logs + "/log.jsonl" : ""},
                     CsvFile{logs ? job.logs + "/log.csv" : ""}, TensorBoard{job.logs});
    if (!job.weights.empty() && !outcome.history.stopped) {
        if (C::size > 1)
            save_weights(training, job.weights + ".safetensors");
        static_for<std::min<int>(C::size, 2)>([&](auto i) {
            if constexpr (!C::frozen::has(i))
                outcome.deployed[i] = training.template deployed_weights<i>();
        });
    }
    // without snapshots
    for (Record& r : outcome.history.records)
        r.networks.resize(std::min<std::size_t>(r.networks.size(), 2));
    outcome.semantics = training_manifest<C>(training.settings());
    outcome.parameters = training.named_tensors().parameter_count;
    count_deployed<C>(outcome);
    if (job.held_out && !outcome.history.stopped) {
        const auto evaluated = training.evaluate(*job.held_out, job.transform);
        outcome.held_out.assign(evaluated.begin(), evaluated.begin() + std::min<int>(C::size, 2));
    }
    outcome.memory_bytes = training.memory_bytes() + training.workspace_bytes();
    outcome.backend = training.backend().describe();
    if (C::size == 1)
        outcome.weights = training.network_weights(0);
    if (job.look || job.method == MethodId::ensemble)
        look(training, data, job, outcome);
    return outcome;
}

/// Everything on the menu, for networks A and B with names a and b.
template <class A, class B>
Outcome train_pair(const Splits& data, const Job& job, const std::string& a, const std::string& b) {
    using Product = MKB<Encoder<64>, Transfer<64>, Decoder>;
    const std::vector<std::string> both{a, b};
    const std::vector<std::string> one{job.network == 0 ? a : b};
    switch (job.method) {
    case MethodId::individual:
        return job.network == 0 ? train_as<A>(data, job, one, 0) : train_as<B>(data, job, one, 0);
    case MethodId::mkb_alone:
        return job.network == 0 ? train_as<Collaboration<A, Product>>(data, job, one, 0)
                                : train_as<Collaboration<B, Product>>(data, job, one, 0);
    case MethodId::cl:
        return train_as<Collaboration<A, B, Product, ChosenMetric>>(data, job, both, job.alpha);
    case MethodId::cl_sum:
        return train_as<
            Collaboration<A, B, MKB<Encoder<64>, Transfer<64>, Decoder, SumMerge>, ChosenMetric>>(
            data, job, both, job.alpha);
    case MethodId::cl_iterative:
        return train_as<Collaboration<A, B, Product, ChosenMetric, Iterative>>(data, job, both,
                                                                               job.alpha);
    case MethodId::cl_different:
        return train_as<
            Collaboration<A, B, Product, ChosenMetric, DifferentInputs<SlicedDistance<>>>>(
            data, job, both, job.alpha);
    case MethodId::wasserstein:
        return train_as<
            Collaboration<A, B, DifferentInputs<SlicedDistance<>>, WassersteinEmbedding<>>>(
            data, job, both, 0);
    case MethodId::ensemble:
        return train_as<Collaboration<A, B, Frozen<0, 1>, Ensemble>>(data, job, both, 0);
    case MethodId::ctsl:
        return train_as<Collaboration<A, B, A, B, Frozen<2, 3>, CtslMkt<2>>>(
            data, job, {a, b, a + " before", b + " before"}, 0);
    case MethodId::afd:
        return train_as<Collaboration<A, B, AdversarialFeatures<>>>(data, job, both, 0);
    case MethodId::ackd:
        return train_as<
            Collaboration<A, B, Frozen<0>, AckdReconstructed<zoo::conv1_x, mutual, zoo::conv3_x>>>(
            data, job, both, 0);
    case MethodId::mutual_iterative:
        return train_as<Collaboration<A, B, MutualLearning<>, Iterative>>(data, job, both, 0);
    default:
        break;
    }
    switch (teacher_of(job.method)) {
    case 0:
        return train_as<Collaboration<A, B, Frozen<0>, ChosenTeaching<0, 1>>>(data, job, both, 0);
    case 1:
        return train_as<Collaboration<A, B, Frozen<1>, ChosenTeaching<1, 0>>>(data, job, both, 0);
    default:
        return train_as<Collaboration<A, B, ChosenPeers>>(data, job, both, 0);
    }
}

}  // namespace program
