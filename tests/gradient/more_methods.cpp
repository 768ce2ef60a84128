// SPDX-License-Identifier: Apache-2.0
// more_methods: derivatives of ensembles, embeddings of distances, features, online and
// self-distillation with respect to every weight.
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/self.hpp>

#include "methods.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
using Head = Layers<GlobalAvgPool, Linear<3>>;
}  // namespace

TEST_CASE("an ensemble: its classifier learns, and the networks feel nothing") {
    Trial<Collaboration<Small, Other, Frozen<0, 1>, Ensemble>> trial({.seed = 3});
    own_losses(trial, {}, 0);
    trial.check({"method0."}, [&](const auto&) { return trial.training.terms()[0].value; });
    CHECK(trial.report.checked == 6 * 3 + 3);
    CHECK(trial.training.terms()[0].score > 0);
}

TEST_CASE("embeddings that mimic distances: every network follows its own loss") {
    Trial<Collaboration<Small, Other, Third, DifferentInputs<SlicedDistance<4>>,
                        WassersteinEmbedding<5>>>
        trial({.seed = 3});
    own_losses(trial, {{"method0.embedding0"}, {"method0.embedding1"}, {"method0.embedding2"}});
    CHECK(trial.training.losses()[0].coupling > 0);
}

TEST_CASE("attention transfer from two cuts") {
    Trial<Collaboration<Other, Small, Frozen<0>, AttentionTransfer<0, 1, early, mutual>>> trial(
        {.seed = 3, .methods = {{.weight = 10}}});
    own_losses(trial);
}
TEST_CASE("neuron selectivity transfer") {
    Trial<Collaboration<Other, Small, Frozen<0>, NeuronSelectivity<0, 1, mutual>>> trial(
        {.seed = 3, .methods = {{.weight = 2}}});
    own_losses(trial);
}
TEST_CASE("flow of solution procedure") {
    struct Wide : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, Conv2d<3, 3>, Sigmoid,
                             Cut<mutual>, Flatten, Linear<3>> {};
    Trial<Collaboration<Wide, Small, Frozen<0>, Fsp<0, 1, early, mutual>>> trial({.seed = 3});
    own_losses(trial);
}
TEST_CASE("variational information distillation: also its means and variances") {
    Trial<Collaboration<Other, Small, Frozen<0>, VariationalInformation<0, 1, mutual>>> trial(
        {.seed = 3});
    own_losses(trial, {{}, {"method0."}});
}
TEST_CASE("relations of samples by any metric of batches") {
    Trial<Collaboration<Other, Small, Frozen<0>, Related<SimilarityPreserving, 0, 1, early>,
                        Related<ProbabilisticTransfer, 0, 1>, Related<KernelAlignment, 0, 1>,
                        Related<CorrelationCongruence, 0, 1, mutual>>>
        trial({.seed = 3, .methods = {{30}, {300}, {2}, {2}}});
    own_losses(trial);
}
TEST_CASE("contrastive distillation: the student and both linear maps") {
    Trial<Collaboration<Other, Small, Frozen<0>, ContrastiveDistillation<0, 1, 5>>> trial(
        {.seed = 3, .methods = {{.metric = {0.4}}}});
    own_losses(trial, {{}, {"method0."}});
    Trial<Collaboration<Other, Small, Frozen<0>, ContrastiveDistillation<0, 1, 4, mutual>>> maps(
        {.seed = 3, .methods = {{.metric = {0.4}}}});
    own_losses(maps, {{}, {"method0."}});
}
TEST_CASE("CLNN: every network follows its own loss") {
    Trial<Collaboration<Small, Other, Third, CollaborativeHeads>> trial({.seed = 3});
    own_losses(trial);
}
TEST_CASE("KDCL: every network follows its own loss while the target stands") {
    // The target depends on the network, too, as a constant: so differences are taken of the loss
    // against the target that was.
    Trial<Collaboration<Small, Other, Third, CollaborativeDistillation<>>> trial({.seed = 3});
    constexpr int classes = 3;
    const auto z0 = trial.training.logits(0);
    const auto z1 = trial.training.logits(1);
    const auto z2 = trial.training.logits(2);
    std::vector<double> target(z0.size());
    for (std::size_t s = 0; s < std::size_t(samples); ++s)
        for (std::size_t c = 0; c < classes; ++c) {
            const std::size_t at = s * classes + c;
            const std::size_t label = s * classes + std::size_t(trial.labels[s]);
            target[at] = std::min({z0[at] - z0[label], z1[at] - z1[label], z2[at] - z2[label]});
        }
    for (int k = 0; k < 3; ++k)
        trial.check({trial.training.name(k) + "."}, [&](const auto& l) {
            const auto z = trial.training.logits(k);
            double sum = l[std::size_t(k)].task;
            for (int s = 0; s < samples; ++s)
                sum += KullbackLeibler{2}.value(classes, z.data() + s * classes,
                                                target.data() + s * classes) /
                       samples;
            return sum;
        });
}
TEST_CASE("OKDDip: attention learns through its targets") {
    // Shared parts and peers' vectors feel all losses; logits inside targets are constants. The
    // leader's loss is its own.
    Trial<Collaboration<Small, Small, Third, DiversePeers<2>>> trial({.seed = 3});
    trial.check({"net2."}, [&](const auto& l) { return l[2].total(0); });
    // logits do not depend on them
    trial.check({"method0."}, [&](const auto& l) { return l[0].total(0) + l[1].total(0); });
    CHECK(trial.report.checked > 50);
}
TEST_CASE(
    "ONE: the network, its branches and its gate follow the sum while the ensemble's word stands") {
    Trial<Collaboration<Small, NativeEnsemble<Head, 3>>> trial(
        {.seed = 3, .methods = {{.temperature = 3, .weight = 0.0}}});
    // without distillation nothing is a constant
    trial.check({""}, [&](const auto& l) { return l[0].total(0); });
    CHECK(trial.report.checked == long(trial.training.named_tensors().parameter_count));
    Trial<Collaboration<Small, NativeEnsemble<Head, 3>>> distilled({.seed = 3});
    CHECK(distilled.training.losses()[0].coupling > trial.training.losses()[0].coupling);
}
TEST_CASE("DCM: every output follows its own loss") {
    Trial<Collaboration<Small, Other, DenseCrossLayers<Exit<early, Head>, Exit<mutual, Head>>>>
        trial({.seed = 3});
    CHECK(trial.training.terms().size() == 2 * 2 + 2 * 9);
    own_losses(trial, {{"method0.exit0_"}, {"method0.exit1_"}});
}
TEST_CASE("Tf-KD with a virtual teacher") {
    Trial<Collaboration<Small, Other, TfKd>> trial(
        {.seed = 3, .methods = {{.alpha = 0.6, .temperature = 2}}});
    own_losses(trial);
}
TEST_CASE("BYOT: exits follow their losses, and the end feels nothing of what is learned from it") {
    struct Deep
        : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, Conv2d<4, 3>, BatchNorm, Relu,
                     Cut<mutual>, Conv2d<4, 3>, Relu, GlobalAvgPool, Linear<3>> {};
    using Shallow = Layers<Conv2d<4, 3>, BatchNorm, Elu, GlobalAvgPool>;
    Trial<Collaboration<Deep, Byot<Exit<early, Shallow>, Exit<mutual, Shallow>>>> trial(
        {.seed = 3, .methods = {{.alpha = 0.3, .features = 0.2}}});
    // the end does not depend on exits
    trial.check({"method0."}, [&](const auto& l) { return l[0].total(0); });
    CHECK(trial.report.checked > 100);
    // The end's own last layer: 0.7 CE and nothing else.
    trial.check({"net0.11."}, [&](const auto& l) { return 0.7 * l[0].task; });
    CHECK(trial.report.checked == 4 * 3 + 3);
}
