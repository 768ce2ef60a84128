// SPDX-License-Identifier: Apache-2.0
// policy: what is fed to the networks of a collaboration, in what order they are updated, and with
// whom each of them agrees.
#pragma once
#include <algorithm>
#include <concepts>

#include <collab/core/pack.hpp>
#include <collab/loss/wasserstein.hpp>

namespace collab {

// Each kind has a default, so that naming a policy is only needed to be explicit or to choose
// another.

/// Every network sees the same batch (Eq. 4, line 1). The default.
struct SiameseInput {
    using is_feed = void;
    using Distance = void;
};
/// Network i sees the batch, and its labels, rolled by i places, so that networks look at different
/// images. The metric of an MKB then compares distances: (D(e_i, e_j) - W2^2(x_i, x_j))^2 (Eq. 4,
/// line 2), where the distance between images is what `Images` says.
template <class Images = PooledDistance<>>
struct DifferentInputs {
    using is_feed = void;
    using Distance = Images;
};

/// One step updates everything from one forward pass. The default.
struct Simultaneous {
    using is_order = void;
    static constexpr bool iterative = false;
    static constexpr bool refreshes = true;
};
/// One network after the other within each batch, together with what is shared. Each sees what the
/// ones before it compute after their update.
struct Iterative {
    using is_order = void;
    static constexpr bool iterative = true;
    static constexpr bool refreshes = true;
};
/// One network after the other, all from the forward pass at the beginning of the batch. Where
/// nothing is shared this is Simultaneous.
struct IterativeStale {
    using is_order = void;
    static constexpr bool iterative = true;
    static constexpr bool refreshes = false;
};

/// L_metric of network i is the mean of D(e_i, e_j) over its peers j (Eq. 5; Eq. 4 for two
/// networks). The default.
struct Pairwise {
    using is_agreement = void;
    static constexpr bool with_mean = false;
};
/// L_metric of network i is D(e_i, mean of the peers' embeddings) (Eq. 6).
struct WithMean {
    using is_agreement = void;
    static constexpr bool with_mean = true;
};

/// These networks are given: they run in inference mode and nothing about them moves. Teachers, and
/// snapshots of the networks themselves.
template <int... I>
struct Frozen {
    using is_frozen = void;
    static constexpr bool has(int network) { return ((network == I) || ...); }
    static constexpr bool below(int n) { return ((I >= 0 && I < n) && ...); }
};

namespace detail {
template <class I>
concept FeedItem = requires { typename I::is_feed; };
template <class I>
concept OrderItem = requires { typename I::is_order; };
template <class I>
concept AgreementItem = requires { typename I::is_agreement; };
template <class I>
concept FrozenItem = requires { typename I::is_frozen; };
template <class I>
concept PolicyItem = FeedItem<I> || OrderItem<I> || AgreementItem<I> || FrozenItem<I>;

template <class Found, class Default>
struct OnePolicy {
    static_assert(Found::size <= 1, "collab: a collaboration has at most one policy of each kind");
    using type = typename Found::template at<0>;
};
template <class Default>
struct OnePolicy<Pack<>, Default> {
    using type = Default;
};
}  // namespace detail

}  // namespace collab
