// SPDX-License-Identifier: Apache-2.0
// inline_for: loops that are unrolled for certain.
#pragma once
#include <utility>

#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>

namespace collab::backend::detail {

// Objects, not functions that ask a lambda for the numbers: compilers optimize every function that
// is to be inlined, and again what it is inlined into, so that each call on the way costs as much
// as what is unrolled.
template <class Numbers>
struct InlineFor;
template <int... I>
struct InlineFor<std::integer_sequence<int, I...>> {
    template <class F>
    COLLAB_INLINE void operator()(F&& f) const {
        (f(Index<I>{}), ...);
    }
};
template <class Numbers>
struct InlineLoop;
template <int... I>
struct InlineLoop<std::integer_sequence<int, I...>> {
    template <class F>
    COLLAB_INLINE void operator()(F&& f) const {
        (f(I), ...);
    }
};

/// inline_for<N>(f): f(Index<0>{}), ..., f(Index<N-1>{}), inlined for certain: as a call, an
/// unrolled body would put every register on the stack.
template <int N>
inline constexpr InlineFor<std::make_integer_sequence<int, N>> inline_for{};
/// inline_loop<N>(f): f(0), ..., f(N-1), inlined for certain. The same instructions, and f is
/// compiled once instead of N times: wherever it needs no constants.
template <int N>
inline constexpr InlineLoop<std::make_integer_sequence<int, N>> inline_loop{};

}  // namespace collab::backend::detail
