// SPDX-License-Identifier: Apache-2.0
// vector: vector registers, as the vector types of g++ and clang or, on targets that config.hpp does not know, the packets of Eigen. No intrinsics anywhere.
#pragma once
#include <cstring>
#include <type_traits>

#include <collab/backend/cpu/repeat.hpp>
#include <collab/backend/cpu/rounding.hpp>
#include <collab/core/config.hpp>

#ifndef COLLAB_REGISTER_BYTES
#include <Eigen/Core>
#endif

namespace collab::backend::detail {

#ifdef COLLAB_REGISTER_BYTES
// These are the types behind Eigen's packets, and kernels compile to the same instructions; parsing Eigen and the compiler's intrinsics took a twentieth
// of the time of a program that is built of headers alone.
template <class T>
struct Register;
template <>
struct Register<float> {
    typedef float type __attribute__((vector_size(COLLAB_REGISTER_BYTES)));
    typedef float anywhere __attribute__((vector_size(COLLAB_REGISTER_BYTES), aligned(alignof(float)), may_alias));   // in memory
};
template <>
struct Register<double> {
    typedef double type __attribute__((vector_size(COLLAB_REGISTER_BYTES)));
    typedef double anywhere __attribute__((vector_size(COLLAB_REGISTER_BYTES), aligned(alignof(double)), may_alias));
};

/// Numbers in one register of the target: 16 floats with AVX-512, 8 with AVX, 4 with SSE or NEON.
template <class T>
inline constexpr int lanes = COLLAB_REGISTER_BYTES / int(sizeof(T));

/// Whether the target has 32 vector registers (AVX-512, 64-bit ARM) or only 16: how many sums a kernel can keep.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr bool many_registers = true;
#else
inline constexpr bool many_registers = false;
#endif

/// A register, with the arithmetic that compilers give such types. (Eigen's fixed-size arrays compile to the same instructions and take the compiler three
/// times as long.)
template <class T>
using Vector = typename Register<T>::type;

template <class T>
COLLAB_INLINE Vector<T> load(const T* p) { return *reinterpret_cast<const typename Register<T>::anywhere*>(p); }
template <class T>
COLLAB_INLINE void store(T* p, const std::type_identity_t<Vector<T>>& v) { *reinterpret_cast<typename Register<T>::anywhere*>(p) = v; }
#else
template <class T>
inline constexpr int lanes = Eigen::internal::packet_traits<T>::size;
inline constexpr bool many_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32;
template <class T>
using Vector = typename Eigen::internal::packet_traits<T>::type;
template <class T>
COLLAB_INLINE Vector<T> load(const T* p) { return Eigen::internal::ploadu<Vector<T>>(p); }
template <class T>
COLLAB_INLINE void store(T* p, const std::type_identity_t<Vector<T>>& v) { Eigen::internal::pstoreu(p, v); }
#endif

/// n numbers, at most Most (a power of two), as two copies of a size that the compiler knows; they overlap. Compilers make a call, or a slow instruction, of a copy
/// whose size they do not know, and a map of few channels is stored by nothing else.
template <int Most, class T>
COLLAB_INLINE void copy_few(const T* from, int n, T* to) {
    constexpr int half = Most / 2;
    if constexpr (half == 0) {
        if (n > 0) *to = *from;
    } else if (n >= half) {
        std::memcpy(to, from, half * sizeof(T));
        std::memcpy(to + n - half, from + n - half, half * sizeof(T));
    } else {
        copy_few<half>(from, n, to);
    }
}

/// acc += a * b, b a register and `a` another or a number; one instruction where there is one, as compilers fuse what one expression says.
template <class A, class V>
COLLAB_INLINE void add_product(V& acc, const A& a, const V& b) { acc += a * b; }

}  // namespace collab::backend::detail
