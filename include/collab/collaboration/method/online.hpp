// SPDX-License-Identifier: Apache-2.0
// online: several networks learn from what they say together: CLNN, KDCL, OKDDip, and branches of
// one network: ONE, DCM.
#pragma once
#include <collab/collaboration/method_value.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/loss/ensemble_target.hpp>
#include <collab/loss/feature.hpp>

namespace collab {

/// CLNN (Song and Chai 2018) with whole networks as heads: b CE(z_h, y) + (1 - b) H(softmax(mean of
/// the others' logits / T), softmax(z_h / T)), no T^2. Nothing is shared, so no gradient is
/// rescaled where heads part. Kept: any network.
struct CollaborativeHeads {
    static constexpr const char* name = "CLNN, whole networks";
    double alpha = 0.5;
    double temperature = 2;

    void check() const {
        const Expect expect{name};
        expect.fraction("alpha", alpha);
        expect.positive("temperature", temperature);
    }

    template <class G>
    void build(G& g) const {
        static_for<G::networks>([&](auto i) {
            g.classification_weight(i, alpha);
            const auto mean = detail::others<i>(g, [&](auto... z) {
                return g.combine(Shape<G::classes>{}, MeanLogits{}, g.constant(z)...);
            });
            g.loss(i, "others", SoftCrossEntropy{temperature, Factor::one}, g.logits(i),
                   g.constant(mean), 1 - alpha);
        });
    }
};

/// KDCL (Guo et al. 2020): L_k = CE(z_k, y) + weight T^2 KL_T(target || p_k), the target made of
/// all networks' logits: BestLogits (Naive), BestMixture (Linear), MinimumLogits (MinLogit),
/// WeightedLogits (General, with ensemble_weights), or MeanLogits. Kept: any network.
template <class Target = MinimumLogits>
struct CollaborativeDistillation {
    static constexpr const char* name = "KDCL";
    double weight = 1;
    double temperature = 2;
    Target target{};

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
        expect.positive("temperature", temperature);
        detail::check_settings(target);
    }

    template <class G>
    void build(G& g) const {
        const auto together = detail::range<0, G::networks>(
            g, [&](auto... z) { return g.combine(Shape<G::classes>{}, target, g.constant(z)...); });
        static_for<G::networks>([&](auto i) {
            g.loss(i, "together", KullbackLeibler{temperature}, g.logits(i), g.constant(together),
                   weight);
        });
    }
};

/// OKDDip (Chen et al. 2020) with whole networks: the last one is the leader, the others are peers.
/// Each peer mixes the peers' logits by an attention of its own, q_a = W_L h_a against k_b = W_E
/// h_b; the leader learns from the mean of the peers. Logits inside targets are constants, the
/// attention learns, as the paper's program does it but for the detached logits. Taps: the vectors
/// before the last layer; the peers need the same width. Kept: the leader.
template <int Width = 8>
struct DiversePeers {
    using taps = Pack<penultimate>;
    static constexpr const char* name = "OKDDip, whole networks";
    Weight weight = 1;
    double temperature = 3;

    void check() const {
        const Expect expect{name};
        weight.check(name, "weight");
        expect.positive("temperature", temperature);
    }

    template <class G>
    void build(G& g) const {
        constexpr int peers = G::networks - 1;
        static_assert(peers >= 2 && peers <= 5,
                      "collab: OKDDip has two to five peers and a leader");
        using Vector = typename decltype(g.feature(at<penultimate>, Index<0>{}))::Shape;
        const auto query = g.part(layers<Linear<Width, NoBias>>, Vector{}, shared, "query");
        const auto key = g.part(layers<Linear<Width, NoBias>>, Vector{}, shared, "key");
        std::array<Value<Shape<Width>>, std::size_t(peers)> q, k;
        static_for<peers>([&](auto a) {
            const auto h = g.feature(at<penultimate>, a);
            q[a] = g.apply(query, h);
            k[a] = g.apply(key, h);
        });
        static_for<peers>([&](auto a) {
            const auto mixed = [&]<int... B>(std::integer_sequence<int, B...>) {
                return g.combine(Shape<G::classes>{}, AttentionMix{}, q[a], k[std::size_t(B)]...,
                                 g.constant(g.logits(Index<B>{}))...);
            }(std::make_integer_sequence<int, peers>{});
            // attached: the attention learns through it
            g.loss(a, "peers", KullbackLeibler{temperature}, g.logits(a), mixed, weight);
        });
        const auto mean = detail::range<0, peers>(g, [&](auto... z) {
            return g.combine(Shape<G::classes>{}, MeanLogits{}, g.constant(z)...);
        });
        g.loss(peers, "leader", KullbackLeibler{temperature}, g.logits(Index<peers>{}),
               g.constant(mean), weight);
    }
};

namespace detail {
/// The logits of a network that a method moves.
template <class G, class I>
auto moved_logits(G& g, I network) {
    static_assert(!G::frozen(I::value), "collab: this method trains a network that is frozen");
    return Value<Shape<G::classes>>{g.logits(network).slot};
}
}  // namespace detail

/// ONE (Lan, Zhu and Gong 2018): `Branches` branches from the cut `Tag` of network 0, of which the
/// network's own back is the first and the others are `Head` (layers that end in logits). A gate on
/// the trunk mixes their logits: L = sum CE(z_i, y) + CE(z_e, y) + ramp sum T^2 KL_T(p_e || p_i).
/// Kept: network 0.
template <class Head, int Branches = 3, class Tag = mutual>
struct NativeEnsemble {
    using taps = Pack<Tag>;
    static constexpr const char* name = "ONE";
    double temperature = 3;
    /// of the distillation; the paper's program grows it: RampUp{.epochs = 80}
    Weight weight = 1;

    void check() const {
        const Expect expect{name};
        expect.positive("temperature", temperature);
        weight.check(name, "weight");
    }

    template <class G>
    void build(G& g) const {
        static_assert(Branches >= 2 && Branches <= 8, "collab: ONE has two to eight branches");
        constexpr Index<0> net;
        const auto trunk = g.feature(at<Tag>, net);
        const auto gate = g.adapter(
            layers<GlobalAvgPool, Linear<Branches, NoBias>, BatchNorm, Relu>, trunk, net, "gate");
        std::array<Value<Shape<G::classes>>, std::size_t(Branches)> z;
        static_for<Branches>([&](auto i) {
            if constexpr (i == 0)
                z[0] = detail::moved_logits(g, net);
            else
                z[i] = g.adapter(Head{}, trunk, net, sentence("branch", int(i)));
        });
        const auto ensemble = [&]<int... I>(std::integer_sequence<int, I...>) {
            return g.combine(Shape<G::classes>{}, GatedSum{}, gate, z[std::size_t(I)]...);
        }(std::make_integer_sequence<int, Branches>{});
        g.cross_entropy(net, "ensemble", ensemble);
        static_for<Branches>([&](auto i) {
            if constexpr (i > 0)
                g.cross_entropy(net, "branch", z[i]);
            g.loss(net, "distillation", KullbackLeibler{temperature}, z[i], g.constant(ensemble),
                   weight);
        });
    }
};

/// An exit of a network: at the cut `Tag`, through `Head` (layers that end in logits).
template <class Tag, class HeadLayers>
struct Exit {
    using tag = Tag;
    using head = HeadLayers;
};

/// DCM (Yao and Sun 2020): two networks, each with the same exits beside its own: every output
/// learns the labels, and every output of one network and every output of the other imitate each
/// other, KL_1, all weights 1. Kept: both networks without exits.
template <class... Exits>
struct DenseCrossLayers {
    using taps = typename detail::Distinct<Pack<>, Pack<typename Exits::tag...>>::type;
    static constexpr const char* name = "DCM";
    double weight = 1;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
    }

    template <class G>
    void build(G& g) const {
        static_assert(G::networks == 2, "collab: DCM couples two networks");
        constexpr int outputs = int(sizeof...(Exits)) + 1;
        std::array<std::array<Value<Shape<G::classes>>, std::size_t(outputs)>, 2> z;
        static_for<2>([&](auto i) {
            z[i][0] = detail::moved_logits(g, i);
            static_for<outputs - 1>([&](auto e) {
                using E = typename Pack<Exits...>::template at<e>;
                z[i][e + 1] = g.adapter(typename E::head{}, g.feature(at<typename E::tag>, i), i,
                                        sentence("exit", int(i), "_", int(e)));
                g.cross_entropy(i, "exit", z[i][e + 1]);
            });
        });
        for (const auto& a : z[0])
            for (const auto& b : z[1]) {
                g.loss(0, "cross", KullbackLeibler{}, a, g.constant(b), weight);
                g.loss(1, "cross", KullbackLeibler{}, b, g.constant(a), weight);
            }
    }
};

}  // namespace collab
