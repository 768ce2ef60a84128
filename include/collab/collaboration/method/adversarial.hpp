// SPDX-License-Identifier: Apache-2.0
// adversarial: networks that must not be told apart by their features: AFD, and a reconstruction of
// ACKD.
#pragma once
#include <algorithm>
#include <type_traits>

#include <collab/collaboration/method_value.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/ensemble_target.hpp>
#include <collab/loss/feature.hpp>

namespace collab {

namespace detail {
/// How real a map of `Channels` channels looks: 1 for real.
template <int Channels>
using Discriminator = Layers<Conv2d<Channels, 3, Stride<2>, Bias>, BatchNorm, LeakyRelu<1, 5>,
                             Conv2d<Channels, 3, Bias>, GlobalAvgPool, Linear<1>, Sigmoid>;

/// (1 - D(real))^2 + D(fake)^2 for the critic, and (1 - D(own))^2 for the owner, with D as it is
/// (least squares, Mao et al. 2017).
template <class G, class P, class Real, class V>
void oppose(G& g, P discriminator, int owner, Real real, V own, const Weight& weight) {
    using Learning = typename G::Learning;
    g.minimize(critic, "real", g.combine(Shape<1>{}, SquareTo{1}, g.apply(discriminator, real)));
    g.minimize(critic, "fake",
               g.combine(Shape<1>{}, SquareTo{0}, g.apply(discriminator, g.constant(own))));
    g.minimize(owner, "adversarial",
               g.combine(Shape<1>{}, SquareTo{1}, g.apply(discriminator, own, Learning::no)),
               weight);
}
}  // namespace detail

/// AFD (Chung, Park, Kim and Kwak 2020), in a ring: L_k = CE + T^2 KL_T(p_l || p_k) + weight (1 -
/// D_k(A_k(F_k)))^2 with l the network after k, and the critic's L_Dk = (1 - D_k(A_l(F_l)))^2 +
/// D_k(A_k(F_k))^2. A_k brings the map at `Tag` to `Channels` channels of `Extent` x `Extent`. The
/// critic is moved first in every step, by Adam. The paper has a second optimizer with a small rate
/// for the feature losses of the networks; here it is `weight`. Kept: any network.
template <int Channels = 32, int Extent = 8, class Tag = mutual>
struct AdversarialFeatures {
    using taps = Pack<Tag>;
    static constexpr const char* name = "AFD";
    double temperature = 3;
    Weight weight = 0.01;

    void check() const {
        const Expect expect{name};
        expect.positive("temperature", temperature);
        weight.check(name, "weight");
    }

    template <class G>
    void build(G& g) const {
        constexpr int n = G::networks;
        static_assert(n >= 2, "collab: AFD needs at least two networks");
        using Map = Shape<Channels, Extent, Extent>;
        std::array<Value<Map>, std::size_t(n)> map;
        static_for<n>([&](auto k) {
            map[k] = g.adapter(layers<Conv2d<Channels, 1, Bias>, AdaptiveAvgPool<Extent>>,
                               g.feature(at<Tag>, k), k, sentence("adapter", int(k)));
        });
        static_for<n>([&](auto k) {
            constexpr Index<(k + 1) % n> next;
            g.loss(k, "mutual", KullbackLeibler{temperature}, g.logits(k),
                   g.constant(g.logits(next)));
            const auto d = g.part(detail::Discriminator<Channels>{}, Map{}, critic,
                                  sentence("discriminator", int(k)));
            detail::oppose(g, d, k, g.constant(map[next]), map[k], weight);
        });
    }
};

/// A RECONSTRUCTION of ACKD (Liu, Huang and Liu 2021), of which only the abstract could be read.
/// None of its formulas are the authors'.
///
/// Network 0 is a frozen teacher, network 1 the student with stages that end at the cuts `Tags`,
/// the last one being its last map. Every earlier stage gets an auxiliary learner: 3x3 convolutions
/// with stride 2 down to the last map's extents and width G_i, and a classifier z_i. Attention
/// fuses the maps, F = sum a_i G_i, a = softmax of a small network on the means of each G_i, and a
/// classifier z_F stands on F. A critic tells F from the teacher's last map R (a 1x1 convolution to
/// the student's width, which learns with the critic). With T = 4:
///
///     L = sum_i CE(z_i) + CE(z_F)
///         + teaching (sum_i T^2 KL_T(teacher || z_i) + T^2 KL_T(teacher || z_F))
///         + fused sum_i T^2 KL_T(z_F || z_i) + adversarial (1 - D(F))^2
///
/// the main path being learner m + 1. Targets are constants. Kept: the student's main path.
template <class... Tags>
struct AckdReconstructed {
    using taps = Pack<Tags...>;
    static constexpr const char* name = "ACKD (reconstruction)";
    static constexpr bool reconstruction = true;
    double temperature = 4;
    double teaching = 1;
    Weight fused = 1;
    Weight adversarial = 0.1;

    void check() const {
        const Expect expect{name};
        expect.positive("temperature", temperature);
        expect.not_negative("teaching", teaching);
        fused.check(name, "fused");
        adversarial.check(name, "adversarial");
    }

    template <class G>
    void build(G& g) const {
        constexpr int stages = int(sizeof...(Tags));
        static_assert(stages >= 2 && stages <= 6,
                      "collab: ACKD needs the cuts of two to six stages");
        constexpr Index<0> teacher;
        constexpr Index<1> student;
        static_assert(!G::frozen(1), "collab: this method trains a network that is frozen");
        using Last = typename Pack<Tags...>::template at<stages - 1>;
        const auto last = g.feature(at<Last>, student);
        // inside the lambda below, g++ 12 takes `last` for a reference
        using Map = typename std::remove_cvref_t<decltype(last)>::Shape;
        constexpr int width = Map::dims.channels;
        const auto attention =
            g.part(layers<GlobalAvgPool, Linear<std::max(1, width / 8)>, Relu, Linear<1, NoBias>>,
                   Map{}, student, "attention");
        std::array<Value<Map>, std::size_t(stages)> map;
        std::array<Value<Shape<1>>, std::size_t(stages)> score;
        std::array<Value<Shape<G::classes>>, std::size_t(stages)> z;
        static_for<stages>([&](auto i) {
            using Tag = typename Pack<Tags...>::template at<i>;
            if constexpr (i + 1 == stages) {
                map[i] = Value<Map>{last.slot};
                z[i] = Value<Shape<G::classes>>{g.logits(student).slot};
            } else {
                const auto feature = g.feature(at<Tag>, student);
                using Feature = typename decltype(feature)::Shape;
                map[i] = g.adapter(
                    layers<Conv2d<width, 3,
                                  Stride<(Feature::dims.height + Map::dims.height - 1) /
                                         Map::dims.height>>,
                           BatchNorm, Relu, AdaptiveAvgPool<Map::dims.height, Map::dims.width>>,
                    feature, student, sentence("learner", int(i)));
                z[i] = g.adapter(layers<GlobalAvgPool, Linear<G::classes>>, map[i], student,
                                 sentence("classifier", int(i)));
                g.cross_entropy(student, "learner", z[i]);
            }
            score[i] = g.apply(attention, map[i]);
        });
        const auto fusion = [&]<int... I>(std::integer_sequence<int, I...>) {
            const auto scores =
                g.combine(Shape<stages>{}, Concatenated{}, score[std::size_t(I)]...);
            return g.combine(Map{}, GatedSum{}, scores, map[std::size_t(I)]...);
        }(std::make_integer_sequence<int, stages>{});
        const auto zf =
            g.adapter(layers<GlobalAvgPool, Linear<G::classes>>, fusion, student, "fused");
        g.cross_entropy(student, "fused", zf);
        const auto taught = g.constant(g.logits(teacher));
        const KullbackLeibler divergence{temperature};
        g.loss(student, "teaching", divergence, zf, taught, teaching);
        for (const auto& own : z) {
            g.loss(student, "teaching", divergence, own, taught, teaching);
            g.loss(student, "collaboration", divergence, own, g.constant(zf), fused);
        }
        const auto real = g.adapter(
            layers<Conv2d<width, 1, Bias>, AdaptiveAvgPool<Map::dims.height, Map::dims.width>>,
            g.constant(g.feature(at<Last>, teacher)), critic, "adapter");
        const auto d = g.part(detail::Discriminator<width>{}, Map{}, critic, "discriminator");
        detail::oppose(g, d, student, real, fusion, adversarial);
    }
};

}  // namespace collab
