// SPDX-License-Identifier: Apache-2.0
// reach_peers: the losses of one network among peers do not pull on another, exactly, unless the
// method says so; and deployment.
#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>

#include "reach.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
using Head = Layers<GlobalAvgPool, Linear<3>>;
constexpr auto all = [](int, int) { return true; };
}  // namespace

TEST_CASE("mutual learning reaches the peer only where it is attached") {
    verify_reach<MutualLearning<>, Small, Other, Third>("detached");
    verify_reach<MutualLearning<>, Small, Other, Iterative>("detached, iterative");
    verify_reach<MutualLearning<Attached>, Small, Other>("attached", all);
    verify_reach<MutualLearningWithMean, Small, Other, Third>("mean of the peers");
}
TEST_CASE("what networks say together does not carry gradients between them") {
    verify_reach<CollaborativeHeads, Small, Other, Third>("CLNN");
    verify_reach<CollaborativeDistillation<MinimumLogits>, Small, Other, Third>("KDCL, MinLogit");
    verify_reach<CollaborativeDistillation<BestLogits>, Small, Other, Third>("KDCL, Naive");
    verify_reach<CollaborativeDistillation<BestMixture>, Small, Other, Third>("KDCL, Linear");
    verify_reach<CollaborativeDistillation<MeanLogits>, Small, Other, Third>("KDCL, mean");
    verify_reach<CollaborativeDistillation<WeightedLogits>, Small, Other, Third>("KDCL, General");
    verify_reach<TfKd, Small, Other>("Tf-KD");
    verify_reach<DenseCrossLayers<Exit<early, Head>, Exit<mutual, Head>>, Small, Other>("DCM");
    // A peer's attention is learned through the vectors of the other peers; leader and peers do not
    // touch.
    verify_reach<DiversePeers<2>, Small, Small, Third>("OKDDip",
                                                       [](int a, int b) { return a < 2 && b < 2; });
}
TEST_CASE("relations, embeddings and critics do not carry gradients between networks") {
    verify_reach<CtslMkt<2>, Small, Other, Small, Other, Frozen<2, 3>>("CTSL-MKT with snapshots");
    verify_reach<CtslMkt<3>, Small, Other, Third>("CTSL-MKT of three");
    verify_reach<WassersteinEmbedding<5>, Small, Other, Third, DifferentInputs<SlicedDistance<4>>>(
        "Wasserstein embedding");
    verify_reach<AdversarialFeatures<3, 3>, Small, Other>("AFD");
}
