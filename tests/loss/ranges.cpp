// SPDX-License-Identifier: Apache-2.0
// ranges: which values the settings of metrics, targets and functions of values may have.
#include "ranges.hpp"

#include <memory>

#include <collab/loss/contrastive.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/ensemble_target.hpp>
#include <collab/loss/feature.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/loss/ramp.hpp>
#include <collab/loss/similarity.hpp>
#include <collab/loss/wasserstein.hpp>

using namespace collab;
using namespace collab::ranges;

TEST_CASE("every setting of a metric is checked") {
    Table<LnDistance>().field("n", &LnDistance::n, {1, 2, 1e6}, {0.999, 0, -1});
    Table<KullbackLeibler>()
        .field("temperature", &KullbackLeibler::temperature, above_0, not_above_0)
        .field("factor", &KullbackLeibler::factor, {0, 1}, {-1, 2});
    Table<SoftCrossEntropy>()
        .field("temperature", &SoftCrossEntropy::temperature, above_0, not_above_0)
        .field("factor", &SoftCrossEntropy::factor, {0, 1}, {-1, 2});
    Table<Contrast>().field("temperature", &Contrast::temperature, above_0, not_above_0);
    Table<CorrelationCongruence>()
        .field("gamma", &CorrelationCongruence::gamma, above_0, not_above_0)
        .field("order", &CorrelationCongruence::order, {1, 100}, {0, -1, 101});
}

TEST_CASE("every setting of a target or of a function of values is checked") {
    Table<SquareTo>().field("target", &SquareTo::target, {-1, 0, 1}, {});
    Table<DistanceOff>().field("scale", &DistanceOff::scale, above_0, not_above_0);
    Table<MeanProbabilities>().field("temperature", &MeanProbabilities::temperature, above_0,
                                     not_above_0);
    Table<BestMixture>()
        .field("steps", &BestMixture::steps, {0, 10000}, {-1, 10001})
        .field("rate", &BestMixture::rate, from_0, below_0);
    Table<VirtualTeacher>().field("certainty", &VirtualTeacher::certainty, a_share, no_share);
    Table<RampUp>()
        .field("weight", &RampUp::weight, from_0, below_0)
        .field("epochs", &RampUp::epochs, from_0, below_0)
        .field("sharpness", &RampUp::sharpness, from_0, below_0);
}

TEST_CASE("weights of an ensemble are finite, and as many as there are networks") {
    const auto weights = [](std::vector<double> w) {
        return WeightedLogits{std::make_shared<const std::vector<double>>(std::move(w))};
    };
    CHECK(thrown([&] { weights({0.5, std::nan("")}).check(); }) ==
          "WeightedLogits: weight 1 is nan; expected a finite number");
    CHECK(thrown([&] { weights({0.5, 0.2, 0.3}).check(2); }) ==
          "WeightedLogits: there are 3 weights; expected 2, one for each network, or none");
    CHECK_NOTHROW(weights({1.5, -0.5}).check(2));
    CHECK_NOTHROW(weights({}).check(2));
    CHECK_NOTHROW(WeightedLogits{}.check(2));
}

TEST_CASE("an entropic distance has a blur and iterations") {
    CHECK_NOTHROW(EntropicDistance(1e-3, 1));
    for (const double blur : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
        CHECK(thrown([&] {
                  EntropicDistance{blur};
              }).starts_with(sentence("EntropicDistance: blur is ", blur, "; expected")));
    CHECK(thrown([&] { EntropicDistance(0.1, 0); }) ==
          "EntropicDistance: iterations is 0; expected a number from 1 to 1000000");
}
