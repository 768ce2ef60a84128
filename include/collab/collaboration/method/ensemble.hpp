// SPDX-License-Identifier: Apache-2.0
// ensemble: two baselines of Wang, Wang and Gao (2018): networks that are only combined, and
// networks whose embeddings mimic distances of images.
#pragma once
#include <collab/collaboration/method_value.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/loss/ensemble_target.hpp>
#include <collab/loss/feature.hpp>

namespace collab {

/// A linear classifier on the probabilities of networks that have learned before: CE(A [p_1; ...;
/// p_n] + b, y). The networks should be frozen:
///
///     using Together = Collaboration<NetA, NetB, Frozen<0, 1>, Ensemble>;
///
/// `terms()` has its loss and accuracy under the name "ensemble". Taps: logits. Kept: all networks
/// and the classifier.
struct Ensemble {
    static constexpr const char* name = "ensemble";

    template <class G>
    void build(G& g) const {
        constexpr int classes = G::classes;
        const auto all = detail::range<0, G::networks>(g, [&](auto... z) {
            return g.combine(Shape<classes * G::networks>{}, ConcatenatedProbabilities{}, z...);
        });
        g.cross_entropy(shared, "ensemble",
                        g.adapter(layers<Linear<classes>>, all, shared, "classifier"));
    }
};

/// L_k = CE(z_k, y) + weight mean (|e_k - e_j|^2 / Width - W2^2(x_k, x_j))^2 over peers j, e a
/// linear map of the feature at `Tag` with batch normalization: its distances then begin near 2,
/// whatever the feature is, and not near its width, where the fourth power diverges. Needs
/// DifferentInputs. Taps: features. Kept: the networks without the embeddings.
template <int Width = 50, class Tag = mutual>
struct WassersteinEmbedding {
    using taps = Pack<Tag>;
    static constexpr bool compares_images = true;
    static constexpr const char* name = "Wasserstein embedding";
    double weight = 0.2;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
    }

    template <class G>
    void build(G& g) const {
        std::array<Value<Shape<Width>>, std::size_t(G::networks)> e;
        static_for<G::networks>([&](auto i) {
            e[i] = g.adapter(layers<Flatten, Linear<Width, NoBias>, BatchNorm>,
                             g.feature(at<Tag>, i), i, sentence("embedding", int(i)));
        });
        static_for<G::networks>([&](auto i) {
            static_for<G::networks>([&](auto j) {
                if constexpr (i != j)
                    g.minimize(i, "wasserstein",
                               g.combine(Shape<1>{}, DistanceOff{1.0 / Width}, e[i],
                                         g.constant(e[j]), g.image_distance(i, j)),
                               weight / (G::networks - 1));
            });
        });
    }
};

}  // namespace collab
