// SPDX-License-Identifier: Apache-2.0
// check_coupling: what must hold for the methods and policies of a collaboration, each with its
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

template <class Networks, class Mkbs, class Methods, class Taps, class F, class Feed>
struct MethodCheckList;
template <class Networks, class Mkbs, class... Ms, class... Tags, class F, class Feed>
struct MethodCheckList<Networks, Mkbs, Pack<Ms...>, Pack<Tags...>, F, Feed> {
    using type = Pack<TapExists<Networks, Tags>..., FrozenExist<F, Networks::size>,
                      FrozenOutside<F, Mkbs::size>, FeedFits<Ms, Feed>...>;
};
template <class Networks, class Mkbs, class Methods, class Taps, class F, class Feed>
using MethodChecks = typename MethodCheckList<Networks, Mkbs, Methods, Taps, F, Feed>::type;

}  // namespace collab::detail
