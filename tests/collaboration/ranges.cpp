// SPDX-License-Identifier: Apache-2.0
// ranges: which values the settings of methods may have, and that whoever builds their graph asks.
#include "ranges.hpp"

#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>
#include <collab/collaboration/method_outline.hpp>

#include "gradient/whole.hpp"

using namespace collab;
using namespace collab::whole;
using namespace collab::ranges;

namespace {
/// A table that begins with a weight.
template <class M>
void weight_and(M = {}) {
    Table<M>().field("weight", &M::weight, from_0, below_0);
}
template <class M>
void weight_and_temperature() {
    Table<M>()
        .field("weight", &M::weight, from_0, below_0)
        .field("temperature", &M::temperature, above_0, not_above_0);
}
}  // namespace

TEST_CASE("every setting of a method between teacher and student is checked") {
    using D = Distillation<>;
    Table<D>()
        .field("alpha", &D::alpha, a_share, no_share)
        .field("temperature", &D::temperature, above_0, not_above_0);
    weight_and<Hints<>>();
    weight_and<AttentionTransfer<0, 1, mutual>>();
    weight_and<NeuronSelectivity<0, 1, mutual>>();
    weight_and<Fsp<0, 1, early, late>>();
    weight_and<VariationalInformation<0, 1, mutual>>();
    using R = Related<CorrelationCongruence, 0, 1>;
    Table<R>()
        .field("weight", &R::weight, from_0, below_0)
        .inside(&R::metric, CorrelationCongruence{.gamma = -1});
    using Crd = ContrastiveDistillation<>;
    Table<Crd>()
        .field("weight", &Crd::weight, from_0, below_0)
        .inside(&Crd::metric, Contrast{.temperature = 0});
    using Rkd = RelationalDistillation<>;
    Table<Rkd>()
        .field("distance", &Rkd::distance, from_0, below_0)
        .field("angle", &Rkd::angle, from_0, below_0);
    using Ackd = AckdReconstructed<early, mutual>;
    Table<Ackd>()
        .field("temperature", &Ackd::temperature, above_0, not_above_0)
        .field("teaching", &Ackd::teaching, from_0, below_0)
        .field("fused", &Ackd::fused, from_0, below_0)
        .field("adversarial", &Ackd::adversarial, from_0, below_0);
}

TEST_CASE("every setting of a method between peers is checked") {
    weight_and_temperature<MutualLearning<>>();
    weight_and_temperature<MutualLearning<Attached>>();
    weight_and_temperature<MutualLearningWithMean>();
    weight_and_temperature<DiversePeers<>>();
    weight_and_temperature<NativeEnsemble<Layers<Linear<3>>>>();
    weight_and_temperature<AdversarialFeatures<>>();
    weight_and<DenseCrossLayers<>>();
    weight_and<WassersteinEmbedding<>>();
    using Heads = CollaborativeHeads;
    Table<Heads>()
        .field("alpha", &Heads::alpha, a_share, no_share)
        .field("temperature", &Heads::temperature, above_0, not_above_0);
    using Kdcl = CollaborativeDistillation<BestMixture>;
    Table<Kdcl>()
        .field("weight", &Kdcl::weight, from_0, below_0)
        .field("temperature", &Kdcl::temperature, above_0, not_above_0)
        .inside(&Kdcl::target, BestMixture{.steps = -1});
    using Ctsl = CtslMkt<>;
    Table<Ctsl>()
        .field("classification", &Ctsl::classification, from_0, below_0)
        .field("mutual", &Ctsl::mutual, from_0, below_0)
        .field("angle", &Ctsl::angle, from_0, below_0)
        .field("response", &Ctsl::response, from_0, below_0)
        .field("self", &Ctsl::self, from_0, below_0)
        .field("self_temperature", &Ctsl::self_temperature, above_0, not_above_0);
}

TEST_CASE("every setting of a method of one network is checked") {
    Table<TfKd>()
        .field("alpha", &TfKd::alpha, a_share, no_share)
        .field("temperature", &TfKd::temperature, above_0, not_above_0)
        .field("certainty", &TfKd::certainty, a_share, no_share)
        .field("multiplier", &TfKd::multiplier, from_0, below_0);
    using Byot = Byot<>;
    Table<Byot>()
        .field("alpha", &Byot::alpha, a_share, no_share)
        .field("features", &Byot::features, from_0, below_0)
        .field("temperature", &Byot::temperature, above_0, not_above_0);
}

namespace {
/// Says in its settings which mistake it makes.
struct Mistaken {
    enum Kind { none, own, metric, function, weight, classification, later } kind = none;

    void check() const {
        if (kind == own)
            fail("Mistaken: kind is ", int(kind), "; expected another");
    }
    template <class G>
    void build(G& g) const {
        constexpr Index<0> one;
        const auto peer = g.constant(g.logits(Index<1>{}));
        const double nan = std::nan("");
        const auto mixed = g.combine(Shape<3>{}, MeanProbabilities{kind == function ? 0.0 : 1.0},
                                     peer, g.constant(g.logits(one)));
        Weight changing = 1;
        if (kind == later)
            changing = Weight([=](const Moment& m) { return m.step < 2 ? 1 : nan; });
        g.loss(one, "apart", LnDistance{kind == metric ? 0.0 : 2.0}, g.logits(one), mixed,
               kind == weight ? Weight(nan) : changing);
        if (kind == classification)
            g.classification_weight(one, nan);
    }
};
using Wrong = Collaboration<Small, Small, Mistaken>;
std::string built(Mistaken::Kind kind) {
    return thrown([&] {
        Training<Wrong, Reference<double>> t({.batch = samples, .methods = {Mistaken{kind}}});
    });
}
}  // namespace

TEST_CASE("a training asks its methods, their metrics and functions, and their weights") {
    CHECK(built(Mistaken::none) == "nothing was thrown");
    CHECK(built(Mistaken::later) == "nothing was thrown");
    CHECK(built(Mistaken::own) == "Mistaken: kind is 1; expected another");
    CHECK(built(Mistaken::metric) == "LnDistance: n is 0; expected a finite number of at least 1");
    CHECK(built(Mistaken::function) ==
          "MeanProbabilities: temperature is 0; expected a number above 0");
    CHECK(built(Mistaken::weight) ==
          "the weight of the loss 'apart' is nan at step 1; expected a finite number");
    CHECK(built(Mistaken::classification) ==
          "the weight of the loss 'classification' is nan at step 1; expected a finite number");
    CHECK(thrown([] { method_outline<Wrong>(std::tuple{Mistaken{Mistaken::own}}); }) ==
          "Mistaken: kind is 1; expected another");
    CHECK(thrown([] { Weight{RampUp{.epochs = -1}}; }) ==
          "RampUp: epochs is -1; expected a finite number of at least 0");
}

TEST_CASE("a weight that stops being a number ends the step, by the name of its loss") {
    Training<Wrong, Reference<double>> training(
        {.batch = samples, .methods = {Mistaken{Mistaken::later}}});
    const std::vector<float> images(std::size_t(samples) * Image::dims.size(), 0.5f);
    const std::vector<int> labels{0, 1, 2, 1};
    const auto step = [&] { training.step(images.data(), labels.data(), samples, 0.01); };
    step();
    step();
    CHECK(thrown(step) ==
          "the weight of the loss 'apart' is nan at step 3; expected a finite number");
}
