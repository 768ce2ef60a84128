// SPDX-License-Identifier: Apache-2.0
// repeat: loops that are unrolled for certain.
#pragma once
#include <utility>

#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>

namespace collab::backend::detail {

/// f(Index<0>{}), ..., f(Index<N-1>{}), inlined for certain: as a call, an unrolled body would put every register on the stack.
template <int N, class F>
COLLAB_INLINE void repeat(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) COLLAB_LAMBDA_INLINE { (f(Index<I>{}), ...); }(std::make_integer_sequence<int, N>{});
}

}  // namespace collab::backend::detail
