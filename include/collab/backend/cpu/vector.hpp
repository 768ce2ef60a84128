// SPDX-License-Identifier: Apache-2.0
// vector: vector registers as the packets of Eigen, for whatever instruction set it knows. No
// intrinsics anywhere; instructions that Eigen does not know are in matrix_unit.hpp.
#pragma once
#include <Eigen/Core>
#include <cstring>
#include <type_traits>

#include <collab/backend/cpu/align.hpp>
#include <collab/backend/cpu/inline_for.hpp>
#include <collab/core/config.hpp>

namespace collab::backend::detail {

/// Numbers in one register of the target: 16 floats with AVX-512, 8 with AVX2, 4 with SSE or NEON.
template <class T>
inline constexpr int lanes = Eigen::internal::packet_traits<T>::size;

/// Whether the target has 32 vector registers (AVX-512, 64-bit ARM) or only 16: how many sums a
/// kernel can keep.
inline constexpr bool many_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32;

/// A register: what Eigen calls a packet, with the arithmetic that compilers give such types.
/// (Eigen's fixed-size arrays compile to the same instructions and take the compiler three times as
/// long.)
template <class T>
using Vector = typename Eigen::internal::packet_traits<T>::type;

template <class T>
COLLAB_INLINE Vector<T> load(const T* p) {
    return Eigen::internal::ploadu<Vector<T>>(p);
}
template <class T>
COLLAB_INLINE void store(T* p, const std::type_identity_t<Vector<T>>& v) {
    Eigen::internal::pstoreu(p, v);
}

/// n numbers, at most Most (a power of two), as two copies of a size that the compiler knows; they
/// overlap. Compilers make a call, or a slow instruction, of a copy whose size they do not know,
/// and a map of few channels is stored by nothing else.
template <int Most, class T>
COLLAB_INLINE void copy_few(const T* from, int n, T* to) {
    constexpr int half = Most / 2;
    if constexpr (half == 0) {
        if (n > 0)
            *to = *from;
    } else if (n >= half) {
        std::memcpy(to, from, half * sizeof(T));
        std::memcpy(to + n - half, from + n - half, half * sizeof(T));
    } else {
        copy_few<half>(from, n, to);
    }
}

/// acc += a * b, b a register and `a` another or a number; one instruction where there is one, as
/// compilers fuse what one expression says.
template <class A, class V>
COLLAB_INLINE void add_product(V& acc, const A& a, const V& b) {
    acc += a * b;
}

/// Stores a tile of sums, register after register, and adds what is there unless `set`.
template <class T, int N, int V>
COLLAB_INLINE void store_sums(Vector<T> (&acc)[N][V], bool set, T* to) {
    constexpr int L = lanes<T>;
    if (!set)
        inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v)
                               COLLAB_LAMBDA_INLINE { acc[i][v] += load(to + (i * V + v) * L); });
        });
    inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE {
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { store(to + (i * V + v) * L, acc[i][v]); });
    });
}

}  // namespace collab::backend::detail
