// SPDX-License-Identifier: Apache-2.0
// deploy: network I of a collaboration with its own half of every MKB, as a plain network.
#pragma once
#include <collab/collaboration/collaboration.hpp>

namespace collab {

namespace detail {
/// A layer, followed by the path of the MKB that sits there, if one does.
template <class C, int I, class L, int K = 0>
struct WithMkbPath {
    using type = Layers<L>;
};
template <class C, int I, class Tag, int K>
    requires(K < C::bases && std::same_as<typename C::template mkb<K>::cut, Tag>)
struct WithMkbPath<C, I, Cut<Tag>, K> {
    using type = Layers<Cut<Tag>, typename C::template branch<I, K>::Layer>;
};
template <class C, int I, class Tag, int K>
    requires(K < C::bases && !std::same_as<typename C::template mkb<K>::cut, Tag>)
struct WithMkbPath<C, I, Cut<Tag>, K> : WithMkbPath<C, I, Cut<Tag>, K + 1> {};

template <class C, int I, class P>
struct DeployedAs;
template <class C, int I, class... Ls>
struct DeployedAs<C, I, Pack<Ls...>> {
    using type = Sequential<input_of<typename C::template network<I>>,
                            typename WithMkbPath<C, I, Ls>::type...>;
};
}  // namespace detail

/// Front, encoder, transfer, decoder, merge, back: what network I computes once training is over
/// (no peer, no metric, no verification).
template <class C, int I>
struct DeployedWithMkb
    : detail::DeployedAs<C, I, flat_layers<typename C::template network<I>>>::type {};

/// Network I as it is deployed: of a collaboration without an MKB, the network itself.
template <class C, int I>
using Deployed =
    std::conditional_t<C::bases == 0, typename C::template network<I>, DeployedWithMkb<C, I>>;

}  // namespace collab
