// SPDX-License-Identifier: Apache-2.0
// check_method: what must hold for the methods and policies of a collaboration, each with its
// sentence.
#pragma once
#include <collab/collaboration/check.hpp>
#include <collab/collaboration/method_value.hpp>
#include <collab/collaboration/policy.hpp>

namespace collab::detail {

template <class Tag>
struct CheckTap {
    static_assert(!sizeof(Tag*), "collab: a method reads at a cut that no network has");
};
template <class F, int Networks>
struct CheckFrozen {
    static_assert(F::below(Networks), "collab: Frozen names a network that is not there");
};
template <class F>
struct CheckFrozenMkb {
    static_assert(!sizeof(F), "collab: a frozen network takes no part in an MKB");
};
template <class M>
struct CheckFeed {
    static_assert(!sizeof(M*), "collab: this method compares what networks say of the same images, "
                               "and DifferentInputs shows them different ones");
};
template <class M>
struct CheckImages {
    static_assert(!sizeof(M*), "collab: this method compares distances of images, which are 0 "
                               "unless DifferentInputs is given");
};

template <class M>
struct CheckMethodRanges {
    static_assert(SaysItsRanges<M>, "collab: this method has settings and no `check() const` that "
                                    "says which values they may have");
};
template <class M>
struct CheckMetricUse {
    static_assert(!sizeof(M*), "collab: this metric has nothing to compare: add an MKB");
};
template <class F>
struct CheckFeedUse {
    static_assert(!sizeof(F*),
                  "collab: nothing uses the distances of images: DifferentInputs needs "
                  "two networks, and an MKB or a method that compares images");
};
template <class F>
struct CheckFeedMean {
    static_assert(!sizeof(F*), "collab: an image has no distance to the mean of several others: "
                               "WithMean and DifferentInputs go together for two networks only");
};
template <class A>
struct CheckAgreementUse {
    static_assert(!sizeof(A*),
                  "collab: WithMean has no embeddings to take the mean of: add an MKB");
};

template <class Networks, class Tag>
struct TapExists;
template <class... Ns, class Tag>
struct TapExists<Pack<Ns...>, Tag> {
    static constexpr bool holds = std::same_as<Tag, penultimate> || ((cut_of<Ns, Tag> >= 0) || ...);
    using sentence = CheckTap<Tag>;
};
template <class F, int Networks>
struct FrozenExist {
    static constexpr bool holds = F::below(Networks);
    using sentence = CheckFrozen<F, Networks>;
};
template <class F, int Bases>
struct FrozenOutside {
    static constexpr bool holds = Bases == 0 || std::same_as<F, Frozen<>>;
    using sentence = CheckFrozenMkb<F>;
};
/// Methods that compare distances of images say so by `compares_images`.
template <class M, class Feed>
struct FeedFits {
    static constexpr bool compares_images = requires { requires M::compares_images; };
    static constexpr bool different = !std::is_void_v<typename Feed::Distance>;
    static constexpr bool holds = compares_images == different;
    using sentence = std::conditional_t<compares_images, CheckImages<M>, CheckFeed<M>>;
};

template <class M>
struct MethodSaysItsRanges {
    static constexpr bool holds = SaysItsRanges<M>;
    using sentence = CheckMethodRanges<M>;
};
/// `Used`: an MKB or a method is there.
template <class Feed, int Networks, bool Used>
struct FeedIsUsed {
    static constexpr bool holds = std::is_void_v<typename Feed::Distance> || (Networks > 1 && Used);
    using sentence = CheckFeedUse<Feed>;
};
template <class Feed, class Agreement, int Networks>
struct FeedHasMean {
    static constexpr bool holds =
        std::is_void_v<typename Feed::Distance> || !Agreement::with_mean || Networks <= 2;
    using sentence = CheckFeedMean<Feed>;
};
template <class Agreement, int Bases>
struct AgreementIsUsed {
    static constexpr bool holds = Bases > 0 || !Agreement::with_mean;
    using sentence = CheckAgreementUse<Agreement>;
};
/// A metric that was asked for, void where none was.
template <class M, int Bases>
struct MetricIsUsed {
    static constexpr bool holds = std::is_void_v<M> || Bases > 0;
    using sentence = CheckMetricUse<M>;
};

template <class Networks, class Mkbs, class Methods, class Taps, class Policies, class Metric>
struct MethodCheckList;
template <class Networks, class Mkbs, class... Ms, class... Tags, class F, class Feed,
          class Agreement, class Metric>
struct MethodCheckList<Networks, Mkbs, Pack<Ms...>, Pack<Tags...>, Pack<F, Feed, Agreement>,
                       Metric> {
    using type =
        Pack<MethodSaysItsRanges<Ms>..., TapExists<Networks, Tags>...,
             FrozenExist<F, Networks::size>, FrozenOutside<F, Mkbs::size>, FeedFits<Ms, Feed>...,
             FeedIsUsed<Feed, Networks::size, (Mkbs::size > 0 || sizeof...(Ms) > 0)>,
             FeedHasMean<Feed, Agreement, Networks::size>, AgreementIsUsed<Agreement, Mkbs::size>,
             MetricIsUsed<Metric, Mkbs::size>>;
};
/// Policies: what is frozen, the feed and the agreement.
template <class Networks, class Mkbs, class Methods, class Taps, class Policies, class Metric>
using MethodChecks =
    typename MethodCheckList<Networks, Mkbs, Methods, Taps, Policies, Metric>::type;

}  // namespace collab::detail
