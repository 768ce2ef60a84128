// SPDX-License-Identifier: Apache-2.0
// pack: flat lists of types with constant-cost access, and loops whose counter is a constant.
#pragma once
#include <concepts>
#include <type_traits>
#include <utility>

#include <collab/core/config.hpp>

namespace collab {

template <int I>
using Index = std::integral_constant<int, I>;

/// f(Index<0>{}), ..., f(Index<N-1>{}).
template <int N, class F>
constexpr void static_for(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) {
        (f(Index<I>{}), ...);
    }(std::make_integer_sequence<int, N>{});
}

namespace detail {
template <int I, class T>
struct Leaf {
    using type = T;
};
template <class Is, class... Ts>
struct Leaves;
template <int... I, class... Ts>
struct Leaves<std::integer_sequence<int, I...>, Ts...> : Leaf<I, Ts>... {};
template <int I, class T>
Leaf<I, T> leaf(const Leaf<I, T>*);
}  // namespace detail

/// A list of types. `at<I>` costs the same for every I; `find<T>` is the first place of T, or -1.
template <class... Ts>
struct Pack : detail::Leaves<std::make_integer_sequence<int, sizeof...(Ts)>, Ts...> {
    static constexpr int size = sizeof...(Ts);
    template <int I>
    using at = typename decltype(detail::leaf<I>(static_cast<const Pack*>(nullptr)))::type;
    template <class T>
    static constexpr int find = [] {
        constexpr bool same[] = {std::same_as<Ts, T>..., false};
        for (int i = 0; i < size; ++i)
            if (same[i])
                return i;
        return -1;
    }();
};

namespace detail {
template <class... Packs>
struct Join;
template <>
struct Join<> {
    using type = Pack<>;
};
template <class... As>
struct Join<Pack<As...>> {
    using type = Pack<As...>;
};
// two at a time: half as many steps as one at a time
template <class... As, class... Bs, class... Rest>
struct Join<Pack<As...>, Pack<Bs...>, Rest...> : Join<Pack<As..., Bs...>, Rest...> {};
template <class... As, class... Bs, class... Cs, class... Ds, class... Rest>
struct Join<Pack<As...>, Pack<Bs...>, Pack<Cs...>, Pack<Ds...>, Rest...>
    : Join<Pack<As..., Bs..., Cs..., Ds...>, Rest...> {};
}  // namespace detail

/// One list of the types of several lists, in order.
template <class... Packs>
using joined = typename detail::Join<Packs...>::type;

}  // namespace collab
