// SPDX-License-Identifier: Apache-2.0
// collaboration: networks that learn together, as one type. A description: binding it to a backend
// is Training's task.
#pragma once
#include <array>
#include <tuple>

#include <collab/collaboration/check.hpp>
#include <collab/collaboration/check_method.hpp>
#include <collab/collaboration/method_value.hpp>
#include <collab/collaboration/policy.hpp>
#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/loss/task.hpp>

namespace collab {

namespace detail {
template <class I>
concept MkbItem = requires { typename I::is_mkb; };
template <class I>
inline constexpr bool is_metric_item = !NetworkDescription<I> && !MkbItem<I> && !PolicyItem<I> &&
                                       !Method<I> && !LossItem<I> && !ScoresItem<I>;
template <bool Keep, class I>
using kept = std::conditional_t<Keep, Pack<I>, Pack<>>;

template <class Metrics>
struct OneMetric {
    static_assert(Metrics::size <= 1, "collab: a collaboration has one metric");
    using type = typename Metrics::template at<0>;
};
template <>
struct OneMetric<Pack<>> {
    using type = CosineDistance;
};

template <class Losses>
struct OneLoss {
    static_assert(Losses::size <= 1, "collab: a collaboration has one loss of its task");
    using type = typename Losses::template at<0>;
};
template <>
struct OneLoss<Pack<>> {
    using type = CrossEntropy;
};
template <class I>
struct AddedScores {
    using type = Pack<>;
};
template <ScoresItem I>
struct AddedScores<I> {
    using type = typename I::list;
};
template <class L>
struct ScoresOf {
    using type = Pack<>;
};
template <class L>
    requires requires { typename L::Scores; }
struct ScoresOf<L> {
    using type = typename L::Scores;
};

template <class... Ms>
std::tuple<Ms...> as_tuple(Pack<Ms...>);
template <class... Ms>
typename Distinct<Pack<>, joined<typename TapsOf<Ms>::type...>>::type taps_of(Pack<Ms...>);

template <class Mkbs, class Taps>
struct CutsRead;
template <class... Ks, class... Tags>
struct CutsRead<Pack<Ks...>, Pack<Tags...>> {
    using type = Pack<typename Ks::cut..., Tags...>;
};
template <class N, class Tags>
struct RunningPlan;
template <class N, class... Tags>
struct RunningPlan<N, Pack<Tags...>> {
    using type = running<N, Tags...>;
};

/// The place of a tap among the layers of a bound network, -1 where there is none.
template <class Plan, class Tag>
inline constexpr int place_of = Plan::layers::template find<Cut<Tag>>;
template <class Plan>
inline constexpr int place_of<Plan, penultimate> = Plan::depth - 1;

/// Where a network is interrupted: by an MKB, or because a method reads there. What is read at the
/// cut of an MKB is what enters it.
struct Stop {
    int place = 0;
    int mkb = -1;
    int tap = -1;
};
}  // namespace detail

namespace detail {
/// The items of a collaboration by what they are, and the first thing that is wrong with them,
/// which this says to whoever asks and Collaboration says aloud.
template <class... Items>
struct Sorted {
    using networks = joined<kept<NetworkDescription<Items>, Items>...>;
    using mkbs = joined<kept<MkbItem<Items>, Items>...>;
    using metrics = joined<kept<is_metric_item<Items>, Items>...>;
    using metric = typename OneMetric<metrics>::type;
    using methods = joined<kept<Method<Items>, Items>...>;
    using taps = decltype(taps_of(methods{}));
    using feed = typename OnePolicy<joined<kept<FeedItem<Items>, Items>...>, SiameseInput>::type;
    using order = typename OnePolicy<joined<kept<OrderItem<Items>, Items>...>, Simultaneous>::type;
    using agreement =
        typename OnePolicy<joined<kept<AgreementItem<Items>, Items>...>, Pairwise>::type;
    using frozen = typename OnePolicy<joined<kept<FrozenItem<Items>, Items>...>, Frozen<>>::type;
    using loss = typename OneLoss<joined<kept<LossItem<Items>, Items>...>>::type;
    using scores = joined<typename ScoresOf<loss>::type, typename AddedScores<Items>::type...>;
    using wrong = first_wrong<joined<
        TaskChecks<loss, scores>, typename CollaborationChecks<networks, mkbs, metric, loss>::type,
        MethodChecks<networks, mkbs, methods, taps, Pack<frozen, feed, agreement>,
                     std::conditional_t<metrics::size == 0, void, metric>>>>;
};
}  // namespace detail

/// Networks, mutual knowledge bases, a metric (CosineDistance unless given), methods and policies,
/// in any order; each item is recognized by what it is. Networks are numbered in the order in which
/// they stand. One network alone is individual learning.
///
///     using Knowledge = MKB<Encoder<64>, Transfer<64>, Decoder>;
///     using Pair = Collaboration<SmallNet, LargeNet, Knowledge, CosineDistance>;
template <class... Items>
struct Collaboration {
private:
    using Sorted = detail::Sorted<Items...>;

public:
    using networks = typename Sorted::networks;
    using mkbs = typename Sorted::mkbs;
    using metric = typename Sorted::metric;
    static constexpr int size = networks::size;
    static constexpr int bases = mkbs::size;
    using methods = typename Sorted::methods;
    using taps = typename Sorted::taps;  ///< the cuts that methods read
    using feed = typename Sorted::feed;
    using order = typename Sorted::order;
    using agreement = typename Sorted::agreement;
    using frozen = typename Sorted::frozen;
    using loss = typename Sorted::loss;      ///< of the task; CrossEntropy unless given
    using scores = typename Sorted::scores;  ///< those that the loss suggests, then the others
    static constexpr bool different_inputs = !std::is_void_v<typename feed::Distance>;
    using wrong = typename Sorted::wrong;
    static_assert(sizeof(typename wrong::sentence) > 0);
    static constexpr bool ok = wrong::holds;

    template <int I>
    using network = typename networks::template at<I>;
    template <int K>
    using mkb = typename mkbs::template at<K>;
    template <int I, int K>
    using branch = detail::Branch<mkb<K>, I, network<I>>;

    /// Network I as it runs here: a cut that neither an MKB nor a method reads does not interrupt
    /// it.
    template <int I>
    using plan =
        typename detail::RunningPlan<network<I>, typename detail::CutsRead<mkbs, taps>::type>::type;
    /// Where network I is interrupted: 0, the cuts of its MKBs, its depth; places in plan<I>.
    template <int I>
    static constexpr std::array<int, bases + 2> boundaries = [] {
        std::array<int, bases + 2> b{};
        static_for<bases>(
            [&](auto k) { b[k + 1] = detail::place_of<plan<I>, typename mkb<k>::cut>; });
        b[bases + 1] = plan<I>::depth;
        return b;
    }();
    /// Where training interrupts network I, from the front to the back; a tap comes before an MKB
    /// at the same cut.
    template <int I>
    static constexpr auto stops = [] {
        constexpr int read = [] {
            int count = 0;
            static_for<taps::size>([&](auto t) {
                count += detail::place_of<plan<I>, typename taps::template at<t>> >= 0;
            });
            return count;
        }();
        std::array<detail::Stop, std::size_t(bases + read)> all{};
        int count = 0;
        static_for<taps::size>([&](auto t) {
            constexpr int place = detail::place_of<plan<I>, typename taps::template at<t>>;
            if (place >= 0)
                all[std::size_t(count++)] = {place, -1, t};
        });
        static_for<bases>([&](auto k) {
            all[std::size_t(count++)] = {detail::place_of<plan<I>, typename mkb<k>::cut>, k, -1};
        });
        for (int a = 1; a < bases + read; ++a)  // stable: taps stand before MKBs
            for (std::size_t b = std::size_t(a); b > 0 && all[b].place < all[b - 1].place; --b)
                std::swap(all[b], all[b - 1]);
        return all;
    }();
};

}  // namespace collab
