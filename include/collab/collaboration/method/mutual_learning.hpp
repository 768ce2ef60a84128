// SPDX-License-Identifier: Apache-2.0
// mutual_learning: deep mutual learning: every network also imitates what the others say (Zhang,
// Xiang, Hospedales and Lu 2018).
#pragma once
#include <collab/collaboration/method_value.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/ensemble_target.hpp>

namespace collab {

/// Whether gradients pass into what a network imitates: not (a detached tensor), or also.
struct Detached;
struct Attached;

/// L_k = CE(z_k, y) + weight / (n - 1) sum_{l != k} KL(p_l || p_k), temperature 1, peers detached.
/// Taps: logits. Kept: every network as it is.
///
///     // the authors' code: simultaneous, peers detached
///     using Pair = Collaboration<NetA, NetB, MutualLearning<>>;
///     // the paper's algorithm: p_1 again before network 2 moves
///     using Pair = Collaboration<NetA, NetB, MutualLearning<>, Iterative>;
///     // one after the other, from old predictions: as simultaneous
///     using Pair = Collaboration<NetA, NetB, MutualLearning<>, IterativeStale>;
///     // one optimizer over the sum, gradients also reach the peer
///     using Pair = Collaboration<NetA, NetB, MutualLearning<Attached>>;
template <class Peers = Detached>
struct MutualLearning {
    static constexpr const char* name = std::is_same_v<Peers, Attached>
                                            ? "mutual learning, peers attached"
                                            : "mutual learning, peers detached";
    double weight = 1;
    double temperature = 1;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
        expect.positive("temperature", temperature);
    }

    template <class G>
    void build(G& g) const {
        static_for<G::networks>([&](auto i) {
            static_for<G::networks>([&](auto j) {
                if constexpr (i != j && !G::frozen(i)) {
                    const double share = weight / (G::networks - 1);
                    if constexpr (std::is_same_v<Peers, Attached>)
                        g.loss(i, "mutual", KullbackLeibler{temperature}, g.logits(i), g.logits(j),
                               share);
                    else
                        g.loss(i, "mutual", KullbackLeibler{temperature}, g.logits(i),
                               g.constant(g.logits(j)), share);
                }
            });
        });
    }
};

/// DML_e: L_k = CE(z_k, y) + weight T^2 KL(mean of the peers' probabilities || p_k). For two
/// networks MutualLearning.
struct MutualLearningWithMean {
    static constexpr const char* name = "mutual learning with the mean of the peers";
    double weight = 1;
    double temperature = 1;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
        expect.positive("temperature", temperature);
    }

    template <class G>
    void build(G& g) const {
        static_for<G::networks>([&](auto i) {
            const auto mean = detail::others<i>(g, [&](auto... peers) {
                return g.combine(typename decltype(g.logits(i))::Shape{},
                                 MeanProbabilities{temperature}, peers...);
            });
            g.loss(i, "mutual", KullbackLeibler{temperature}, g.logits(i), g.constant(mean),
                   weight);
        });
    }
};

}  // namespace collab
