// SPDX-License-Identifier: Apache-2.0
// collaboration: networks that learn together, as one type. A description: binding it to a backend is Training's task.
#pragma once
#include <array>

#include <collab/collaboration/check.hpp>
#include <collab/objective/metrics.hpp>

namespace collab {

// Policies of a collaboration. Each has a default, so that naming one is only needed to be explicit.

/// Every network sees the same batch (Eq. 4, line 1).
struct SiameseInput { using is_policy = void; };
/// One step updates all networks and the MKBs from the same forward pass; every network sees its peers' embeddings as constants.
struct Simultaneous { using is_policy = void; };
/// L_metric of network i is the mean of D(e_i, e_j) over its peers j (Eq. 5; Eq. 4 for two networks).
struct Pairwise { using is_policy = void; };

namespace detail {
template <class I>
concept MkbItem = requires { typename I::is_mkb; };
template <class I>
concept PolicyItem = requires { typename I::is_policy; };
template <class I>
inline constexpr bool is_metric_item = !NetworkDescription<I> && !MkbItem<I> && !PolicyItem<I>;
template <bool Keep, class I>
using kept = std::conditional_t<Keep, Pack<I>, Pack<>>;

template <class Metrics>
struct OneMetric {
    static_assert(Metrics::size <= 1, "collab: a collaboration has one metric");
    using type = typename Metrics::template at<0>;
};
template <>
struct OneMetric<Pack<>> { using type = CosineDistance; };
}  // namespace detail

/// Networks, mutual knowledge bases, a metric (CosineDistance unless given) and policies, in any order; each item is recognised
/// by what it is. Networks are numbered in the order in which they stand. One network alone is individual learning.
///
///     using Pair = Collaboration<SmallNet, LargeNet, MKB<Encoder<64>, Transfer<64>, Decoder>, CosineDistance>;
template <class... Items>
struct Collaboration {
    using networks = joined<detail::kept<NetworkDescription<Items>, Items>...>;
    using mkbs = joined<detail::kept<detail::MkbItem<Items>, Items>...>;
    using metric = typename detail::OneMetric<joined<detail::kept<detail::is_metric_item<Items>, Items>...>>::type;
    static constexpr int size = networks::size, bases = mkbs::size;
    using wrong = detail::first_wrong<typename detail::CollaborationChecks<networks, mkbs, metric>::type>;
    static_assert(sizeof(typename wrong::sentence) > 0);
    static constexpr bool ok = wrong::holds;

    template <int I>
    using network = typename networks::template at<I>;
    template <int K>
    using mkb = typename mkbs::template at<K>;
    template <int I, int K>
    using branch = detail::Branch<mkb<K>, I, network<I>>;

    /// Where network I is interrupted: 0, the cuts of its MKBs, its depth.
    template <int I>
    static constexpr std::array<int, bases + 2> boundaries = [] {
        std::array<int, bases + 2> b{};
        unroll<bases>([&](auto k) { b[k + 1] = cut_of<network<I>, typename mkb<k>::cut>; });
        b[bases + 1] = bound<network<I>>::depth;
        return b;
    }();
};

}  // namespace collab
