// SPDX-License-Identifier: Apache-2.0
// replayed_peers: captured steps of methods in which networks teach each other.
#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>
#include <collab/loss/ramp.hpp>

#include "thrust/courses.hpp"

using namespace collab;
using namespace collab::courses;
using whole::early;
using whole::Other;
using whole::Small;
using whole::Third;

namespace {
using Head = Layers<GlobalAvgPool, Linear<3>>;
}  // namespace

TEST_CASE("captured steps of mutual learning") {
    same<Collaboration<Small, Other, Third, MutualLearning<>>>("DML");
    same<Collaboration<Small, Other, MutualLearning<>, Iterative>>("DML, iterative");
    same<Collaboration<Small, Other, MutualLearning<Attached>>>("DML, attached");
    same<Collaboration<Small, Other, Third, MutualLearningWithMean>>("DML_e");
    same<Collaboration<Small, Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder>, MutualLearning<>>>(
        "DML beside a knowledge base");
}
TEST_CASE("captured steps of what networks say together") {
    same<Collaboration<Small, Other, Third, CollaborativeHeads>>("CLNN");
    same<Collaboration<Small, Other, Third, CollaborativeDistillation<>>>("KDCL");
    same<Collaboration<Small, Other, Frozen<0, 1>, Ensemble>>("ensemble");
    same<Collaboration<Small, Other, DenseCrossLayers<Exit<early, Head>, Exit<mutual, Head>>>>(
        "DCM");
    same<Collaboration<Small, Small, Third, DiversePeers<2>>>("OKDDip");
}
TEST_CASE("captured steps of relations and of embeddings that mimic distances") {
    same<Collaboration<Small, Other, CtslMkt<2>>>("CTSL-MKT");
    same<Collaboration<Small, Other, Small, Other, Frozen<2, 3>, CtslMkt<2>>>(
        "CTSL-MKT with snapshots");
    same<Collaboration<Small, Other, DifferentInputs<SlicedDistance<4>>, WassersteinEmbedding<5>>>(
        "Wasserstein embedding");
}
TEST_CASE("captured steps with critics") {
    same<Collaboration<Small, Other, AdversarialFeatures<3, 3>>>(
        "AFD", {.critic = {.learning_rate = 0.01}});
    same<Collaboration<Other, Small, Frozen<0>, AckdReconstructed<early, mutual>>>(
        "ACKD (reconstruction)", {.critic = {.learning_rate = 0.01}});
}
TEST_CASE("captured steps with weights that change: with the epoch, and with every step") {
    using C = Collaboration<Small, NativeEnsemble<Head, 3>>;
    same<C>("ONE", {.methods = {{.weight = RampUp{.epochs = 2}}}});
    same<C>(
        "ONE, step by step",
        {.methods = {{.weight = Weight([](const Moment& m) { return 0.01 * double(m.step); })}}},
        20);
    same<C>(
        "ONE, some steps",
        {.methods = {{.weight = Weight([](const Moment& m) { return m.step < 4 ? 0.0 : 1.0; })}}},
        4);
}

TEST_CASE("captured steps follow a mixture whose weights somebody renews") {
    using Mixed = CollaborativeDistillation<WeightedLogits>;
    using Group = Collaboration<Small, Other, Mixed>;
    const auto course = [](bool replays, bool renews) {
        const auto weights = std::make_shared<std::vector<double>>(std::vector{0.25, 0.75});
        Mixed general;
        general.target.weights = weights;
        const auto backend = std::make_shared<replay::Host<float>>(replays);
        Trained<Group> training({.methods = {general}, .batch = 6}, backend);
        const std::vector<float> images(6 * std::size_t(Image::dims.size()), 0.5f);
        const std::vector<int> labels{0, 1, 2, 0, 1, 2};
        for (int s = 0; s < 6; ++s) {
            if (s == 3 && renews)
                *weights = {0.75, 0.25};
            training.step(images.data(), labels.data(), 6, 0.02);
        }
        return std::pair{training.parameters(), backend->tape().captures};
    };
    const auto [asked, none] = course(false, true);
    const auto [captured, captures] = course(true, true);
    CHECK(none == 0);
    CHECK(captures == 2);
    CHECK(captured == asked);
    CHECK(course(true, false).first != asked);
}
