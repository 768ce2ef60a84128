// SPDX-License-Identifier: Apache-2.0
// choose: one of two numbers without a branch, so that compilers turn loops over it into vector
// code on every instruction set.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include <collab/core/config.hpp>

namespace collab::detail {

/// The type of unsigned integers with the size of T.
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// `first` where the condition holds, else `second`: the bits of the one or of the other, NaN and
/// -0 included. A comparison of floating-point numbers may trap, and where there are no mask
/// registers (SSE, AVX2) g++ makes a branch for each element of `condition ? first : second`.
/// Bitwise operations on a mask leave it no branch to make.
template <class T>
COLLAB_HD COLLAB_INLINE constexpr T choose(bool condition, std::type_identity_t<T> first,
                                           std::type_identity_t<T> second) {
#ifdef __CUDA_ARCH__
    return condition ? first : second;
#else
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
        using Bits = BitsOf<T>;
        const Bits mask = Bits{0} - static_cast<Bits>(condition);
        return std::bit_cast<T>((std::bit_cast<Bits>(first) & mask) |
                                (std::bit_cast<Bits>(second) & ~mask));
    } else {
        return condition ? first : second;
    }
#endif
}

}  // namespace collab::detail
