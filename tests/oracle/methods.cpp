// SPDX-License-Identifier: Apache-2.0
// methods: every method against PyTorch: gradients of the first step, each network's loss over
// three steps, and where the weights end.
#include <array>
#include <cmath>
#include <memory>
#include <numeric>

#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>
#include <collab/train/ensemble_weights.hpp>
#include <collab/train/training.hpp>

#include "networks.hpp"

namespace {

using namespace collab;
using namespace collab::oracle;

constexpr int steps = 3;
using Head = Layers<GlobalAvgPool, Linear<classes>>;

/// `before(training, judge, step)`: what a method does between steps.
template <class C>
void compare(const std::string& which, typename Training<C, Reference<double>>::Settings settings,
             auto before) {
    INFO(which);
    Fixture fixture("methods");
    Judge judge{fixture, 1e-9};
    settings.batch = capacity;
    Training<C, Reference<double>> training(settings);
    const NamedTensors& named_tensors = training.named_tensors();
    training.set_parameters(initial<double>(named_tensors.parameters, which + "."));
    const auto frozen = [](const std::string& name) {
        return name.starts_with("net") && C::frozen::has(name[3] - '0');
    };
    std::vector<double> losses;
    for (int step = 0; step < steps; ++step) {
        before(training, judge, step);
        training.step(batch_images(which, step, capacity).data(),
                      batch_labels(which, step, capacity).data(), capacity, rate);
        for (const NetworkLoss& l : training.losses())
            losses.push_back(l.total(settings.alpha));
        if (step > 0 || C::order::iterative)
            continue;
        const std::vector<double> gradients = training.gradients();
        for (const Named& n : named_tensors.parameters)
            if (!frozen(n.name))
                judge(which + "/gradient/" + n.name,
                      {gradients.begin() + std::ptrdiff_t(n.offset),
                       gradients.begin() + std::ptrdiff_t(n.offset) + n.tensor.size});
    }
    judge(which + "/losses", losses);
    // Where the weights end, by the sum of squares of each tensor, in PyTorch's order: networks,
    // then adapters.
    std::vector<double> squares;
    for (const Named& n : named_tensors.parameters) {
        if (frozen(n.name))
            continue;
        squares.push_back(0);
        for (const double w : training.parameter(n.name))
            squares.back() += w * w;
    }
    judge(which + "/sum", squares);
    if (!C::order::iterative)
        judge.finish(which);
}
template <class C>
void compare(const std::string& which,
             typename Training<C, Reference<double>>::Settings settings = {}) {
    compare<C>(which, settings, [](const auto&...) {});
}

}  // namespace

TEST_CASE("mutual learning in all its forms is what PyTorch computes") {
    compare<Collaboration<PlainNet, ResidualNet, SeparableNet, MutualLearning<>>>("dml");
    compare<Collaboration<PlainNet, ResidualNet, MutualLearning<Attached>>>("dml_attached");
    compare<Collaboration<PlainNet, ResidualNet, SeparableNet, MutualLearningWithMean>>(
        "dml_mean", {.methods = {{.weight = 1, .temperature = 2}}});
    compare<Collaboration<PlainNet, ResidualNet, MutualLearning<>, Iterative>>("dml_iterative");
}
TEST_CASE("teaching by logits, hints and relations is what PyTorch computes") {
    compare<Collaboration<ResidualNet, PlainNet, Frozen<0>, Distillation<0, 1>>>("distillation");
    compare<Collaboration<ResidualNet, PlainNet, Frozen<0>, Hints<0, 1>>>(
        "hints", {.methods = {{.weight = 2}}});
    compare<Collaboration<PlainNet, ResidualNet, PlainNet, ResidualNet, Frozen<2, 3>, CtslMkt<2>>>(
        "ctsl");
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, RelationalDistillation<0, 1>>>("rkd");
}
TEST_CASE("teaching by features is what PyTorch computes") {
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>,
                          Related<SimilarityPreserving, 0, 1, mutual>>>("sp", {.methods = {{30}}});
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>,
                          Related<CorrelationCongruence, 0, 1, mutual>>>("cc", {.methods = {{5}}});
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, Related<ProbabilisticTransfer, 0, 1>>>(
        "pkt", {.methods = {{300}}});
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, Related<KernelAlignment, 0, 1>>>(
        "cka", {.methods = {{2}}});
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, AttentionTransfer<0, 1, mutual>>>(
        "at", {.methods = {{100}}});
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, NeuronSelectivity<0, 1, mutual>>>(
        "nst", {.methods = {{5}}});
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, VariationalInformation<0, 1, mutual>>>(
        "vid");
    compare<Collaboration<SeparableNet, PlainNet, Frozen<0>, ContrastiveDistillation<0, 1, 6>>>(
        "crd", {.methods = {{.metric = {0.3}}}});
    compare<Collaboration<StagedNet, StagedNet, Frozen<0>, Fsp<0, 1, early, mutual>>>(
        "fsp", {.methods = {{.weight = 3}}});
}
TEST_CASE("learning from what several networks say together is what PyTorch computes") {
    compare<Collaboration<PlainNet, ResidualNet, SeparableNet, CollaborativeHeads>>("clnn");
    compare<Collaboration<PlainNet, ResidualNet, SeparableNet,
                          CollaborativeDistillation<MinimumLogits>>>("kdcl_minimum");
    compare<
        Collaboration<PlainNet, ResidualNet, SeparableNet, CollaborativeDistillation<BestLogits>>>(
        "kdcl_best");
    compare<
        Collaboration<PlainNet, ResidualNet, SeparableNet, CollaborativeDistillation<MeanLogits>>>(
        "kdcl_mean");
    compare<
        Collaboration<PlainNet, ResidualNet, SeparableNet, CollaborativeDistillation<BestMixture>>>(
        "kdcl_mixture");
    compare<Collaboration<PlainNet, PlainNet, ResidualNet, DiversePeers<3>>>("okddip");
}
TEST_CASE("networks weighted by their errors on images that are not trained on are what PyTorch "
          "computes") {
    // KDCL-General: before every step C_ij = mean <p_i - t, p_j - t> in inference mode, and weights
    // C^-1 1 / (1^T C^-1 1).
    const auto weights = std::make_shared<std::vector<double>>();
    const auto renew = [&](auto& training, Judge& judge, int step) {
        const std::string held_out = "kdcl_general.held_out";
        const std::vector<int> y = batch_labels(held_out, 0, capacity);
        training.evaluate_batch(batch_images(held_out, 0, capacity).data(), y.data(), capacity);
        std::array<std::vector<double>, 3> off;  // p - t
        for (int i = 0; i < 3; ++i) {
            const auto z = training.logits(i);
            for (int s = 0; s < capacity; ++s) {
                double sum = 0;
                for (int c = 0; c < classes; ++c)
                    sum += std::exp(z[std::size_t(s * classes + c)]);
                for (int c = 0; c < classes; ++c)
                    off[std::size_t(i)].push_back(std::exp(z[std::size_t(s * classes + c)]) / sum -
                                                  (c == y[std::size_t(s)]));
            }
        }
        std::vector<double> errors;
        for (const auto& a : off)
            for (const auto& b : off)
                errors.push_back(std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / capacity);
        *weights = least_error_weights(errors, 3);
        judge(sentence("kdcl_general/weights", step), *weights);
    };
    compare<Collaboration<PlainNet, ResidualNet, SeparableNet,
                          CollaborativeDistillation<WeightedLogits>>>(
        "kdcl_general", {.methods = {{.target = {weights}}}}, renew);
}
TEST_CASE("branches, exits and made-up teachers are what PyTorch computes") {
    compare<Collaboration<PlainNet, ResidualNet, TfKd>>("tfkd");
    compare<Collaboration<PlainNet, NativeEnsemble<Head, 3>>>("one");
    compare<Collaboration<PlainNet, ResidualNet, DenseCrossLayers<Exit<mutual, Head>>>>("dcm");
    compare<Collaboration<
        ResidualNet, Byot<Exit<mutual, Layers<Conv2d<8, 3>, BatchNorm, Relu, GlobalAvgPool>>>>>(
        "byot", {.methods = {{.alpha = 0.1, .features = 0.01}}});
}
TEST_CASE("an ensemble and embeddings of distances are what PyTorch computes") {
    compare<Collaboration<PlainNet, ResidualNet, Frozen<0, 1>, Ensemble>>("ensemble");
    compare<Collaboration<PlainNet, ResidualNet, DifferentInputs<MarginalDistance>,
                          WassersteinEmbedding<5>>>("wel");
}
TEST_CASE("adversarial methods with two optimizers in every step are what PyTorch computes") {
    compare<Collaboration<PlainNet, ResidualNet, AdversarialFeatures<5, 4>>>(
        "afd", {.methods = {{.weight = 0.5}}});
    compare<Collaboration<StagedTeacher, StagedNet, Frozen<0>, AckdReconstructed<early, mutual>>>(
        "ackd");
}
