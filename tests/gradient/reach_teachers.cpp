// SPDX-License-Identifier: Apache-2.0
// reach_teachers: a student's losses do not pull on its teacher, exactly, and deployment, also of
// networks that teach themselves.
#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>

#include "reach.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
using Head = Layers<GlobalAvgPool, Linear<3>>;
struct Wide : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, Conv2d<3, 3>, Sigmoid,
                         Cut<mutual>, Flatten, Linear<3>> {};
struct Teacher : Sequential<Image, Conv2d<4, 3>, BatchNorm, Relu, Cut<early>,
                            Conv2d<5, 3, Stride<2>>, Relu, Cut<mutual>, GlobalAvgPool, Linear<3>> {
};
}  // namespace

// not frozen: only the constant stands between
TEST_CASE("a teacher that learns on its own feels nothing of what it teaches") {
    verify_reach<Distillation<0, 1>, Small, Other>("distillation");
    verify_reach<Hints<0, 1, early>, Other, Small>("hints");
    verify_reach<RelationalDistillation<0, 1>, Small, Other>("RKD");
    verify_reach<AttentionTransfer<0, 1, early, mutual>, Other, Small>("attention transfer");
    verify_reach<NeuronSelectivity<0, 1, mutual>, Other, Small>("neuron selectivity");
    verify_reach<Fsp<0, 1, early, mutual>, Wide, Small>("flow of solution procedure");
    verify_reach<VariationalInformation<0, 1, mutual>, Other, Small>("variational information");
    verify_reach<Related<SimilarityPreserving, 0, 1, early>, Other, Small>("similarity");
    verify_reach<Related<CorrelationCongruence, 0, 1, mutual>, Other, Small>(
        "correlation congruence");
    verify_reach<Related<ProbabilisticTransfer, 0, 1>, Other, Small>("probabilistic transfer");
    verify_reach<Related<KernelAlignment, 0, 1>, Other, Small>("kernel alignment");
    verify_reach<ContrastiveDistillation<0, 1, 5>, Other, Small>("contrastive distillation");
    verify_reach<AckdReconstructed<early, mutual>, Teacher, Small>("ACKD (reconstruction)");
}
TEST_CASE("a frozen teacher deploys as it is, and a network keeps nothing of what taught it") {
    verify_reach<Distillation<0, 1>, Small, Other, Frozen<0>>("distillation, frozen");
    verify_reach<Ensemble, Small, Other, Frozen<0, 1>>("ensemble");
    verify_reach<NativeEnsemble<Head, 3>, Small>("ONE");
    verify_reach<Byot<Exit<early, Layers<Conv2d<27, 1>, Elu, GlobalAvgPool>>>, Small>("BYOT");
}
