// SPDX-License-Identifier: Apache-2.0
// training_manifest: a run's manifest says what was minimized, in words that follow from types and
// settings.
#include <doctest/doctest.h>

#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/train/training_manifest.hpp>

#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Lines = Facts;
template <class C>
using SettingsOf = typename Training<C, Reference<double>>::Settings;
}  // namespace

TEST_CASE("the semantics of mutual learning say who is a constant and who moves when") {
    using C = Collaboration<Small, Other, MutualLearning<>, Iterative>;
    CHECK(
        training_manifest<C>(SettingsOf<C>{.names = {"small", "other"}}) ==
        Lines{{"input", "siamese: every network sees the same batch"},
              {"updates", "Iterative"},
              {"small", "1 x CE"},
              {"other", "1 x CE"},
              {"small, mutual",
               "1 x KL(target || own), own: logits of small; target: logits of other, constant"},
              {"other, mutual",
               "1 x KL(target || own), own: logits of other; target: logits of small, constant"}});
    using A = Collaboration<Small, Other, MutualLearning<Attached>>;
    CHECK(training_manifest<A>(SettingsOf<A>{})[4].value ==
          "1 x KL(target || own), own: logits of net0; target: logits of net1");
}

TEST_CASE("the semantics of a knowledge base name its merge, metric, agreement and weights") {
    using C = Collaboration<Small, Other, Small, Base<SumMerge>, LnDistance, WithMean>;
    const Lines lines = training_manifest<C>(SettingsOf<C>{.alpha = 0.3, .freeze_mkb_after = 500});
    CHECK(lines[2] == Fact{"MKB 0", sentence("at mutual, SumMerge, embeddings of ",
                                             C::branch<0, 0>::Embed::Output::dims.size(),
                                             " numbers, still after 500 steps")});
    CHECK(lines[3] == Fact{"MKB 0, metric",
                           "0.3 x LnDistance to the mean of the peers (Eq. 6), peers constant"});
    using D = Collaboration<Small, Other, Base<>, DifferentInputs<SlicedDistance<>>>;
    const Lines different = training_manifest<D>(SettingsOf<D>{});
    CHECK(different[0].value ==
          "network i sees the batch rolled by i; distance of images: SlicedDistance");
    CHECK(different[3].value == "0.2 x (D - W2\u00b2)\u00b2, D = CosineDistance, peers constant");
}

TEST_CASE("the semantics of a teacher and of what networks say together") {
    using C = Collaboration<Small, Other, Frozen<0>, Distillation<0, 1>>;
    const Lines lines = training_manifest<C>(SettingsOf<C>{});
    CHECK(lines[2] == Fact{"frozen", "net0"});
    CHECK(lines[3] == Fact{"net1", "0.1 x CE"});
    CHECK(lines[4].value == "0.9 x T\u00b2 KL(target || own), T = 4, own: logits of net1; target: "
                            "logits of net0, constant");
    using H = Collaboration<Small, Other, CollaborativeHeads>;
    CHECK(training_manifest<H>(SettingsOf<H>{})[4].value ==
          "0.5 x H(target, own), T = 2, without T\u00b2, own: logits of net0; target: "
          "MeanLogits(logits of net1), constant");
}
