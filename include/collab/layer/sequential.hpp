// SPDX-License-Identifier: Apache-2.0
// sequential: flat lists of layers, with or without an input shape.
#pragma once
#include <type_traits>
#include <utility>

#include <collab/core/pack.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// A list of layers without an input shape: the body of a residual block, an encoder, a stage.
/// Lists inside lists are flattened.
template <class... Ls>
struct Layers {};

/// A network: the shape of its input and its layers. Derive from it to give it a name, which then
/// stands in messages and symbols:
///
///     struct SmallNet : Sequential<Shape<3, 32, 32>, Conv2d<32, 3>, BatchNorm, Elu, Cut<mutual>,
///                                  Flatten, Linear<10>> {};
template <StaticShape In, class... Ls>
struct Sequential {};

namespace detail {
template <class... Ls>
Pack<Ls...> items_of(const Layers<Ls...>*);  // sees through a derived, named list
template <class In, class... Ls>
Pack<Ls...> items_of(const Sequential<In, Ls...>*);
template <class In, class... Ls>
In shape_of(const Sequential<In, Ls...>*);
template <class L>
concept LayerList = requires(const L* p) { items_of(p); };

template <class L>
struct Flat {
    using type = Pack<L>;
};
template <class P>
struct FlatAll;
template <class... Ls>
struct FlatAll<Pack<Ls...>> {
    using type = joined<typename Flat<Ls>::type...>;
};
template <LayerList L>
struct Flat<L> : FlatAll<decltype(items_of(static_cast<const L*>(nullptr)))> {};
template <class... Ls>
struct Flat<Pack<Ls...>> {
    using type = Pack<Ls...>;
};

template <int N, class L>
struct RepeatTimes {
    static_assert(N >= 0, "collab: layers are repeated 0 times or more");
    template <int... I>
    static Layers<std::conditional_t<(I >= 0), L, void>...> make(std::integer_sequence<int, I...>);
    using type = decltype(make(std::make_integer_sequence<int, (N > 0 ? N : 0)>{}));
};
}  // namespace detail

/// The layers of a list (or of one layer), flattened.
template <class L>
using flat_layers = typename detail::Flat<L>::type;

/// N times the same layers.
template <int N, class... Ls>
using Repeat = typename detail::RepeatTimes<N, Layers<Ls...>>::type;

/// The input shape of a network.
template <class Network>
using input_of = decltype(detail::shape_of(static_cast<const Network*>(nullptr)));

}  // namespace collab
