// SPDX-License-Identifier: Apache-2.0
// vector: vector registers as fixed-size Eigen arrays, for whatever instruction set Eigen knows. No intrinsics anywhere.
#pragma once
#include <Eigen/Core>
#include <type_traits>
#include <utility>

#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>

namespace collab::backend::detail {

/// Numbers in one register of the target: 16 floats with AVX-512, 8 with AVX2, 4 with SSE or NEON.
template <class T>
inline constexpr int lanes = Eigen::internal::packet_traits<T>::size;

/// Whether the target has 32 vector registers (AVX-512, 64-bit ARM) or only 16: how many sums a kernel can keep.
inline constexpr bool many_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32;

template <class T>
using Vector = Eigen::Array<T, lanes<T>, 1>;

template <class T>
COLLAB_INLINE Vector<T> load(const T* p) { return Eigen::Map<const Vector<T>>(p); }
template <class T, class Expression>
COLLAB_INLINE void store(T* p, const Expression& v) { Eigen::Map<Vector<T>>{p} = v; }

/// acc += a * b, b a register and `a` another or a number, in one instruction where there is one. g++ fuses the plain expression and spills
/// registers over the packet functions (measured: a third of the speed); clang does not fuse across inlined calls (half the speed).
template <class T, class A>
COLLAB_INLINE void add_product(Vector<T>& acc, const A& a, const Vector<T>& b) {
#if defined(__clang__)
    using namespace Eigen::internal;
    using Packet = typename packet_traits<T>::type;
    Packet factor;
    if constexpr (std::is_same_v<A, T>) factor = pset1<Packet>(a);
    else factor = ploadu<Packet>(a.data());
    pstoreu(acc.data(), pmadd(factor, ploadu<Packet>(b.data()), ploadu<Packet>(acc.data())));
#else
    acc += a * b;   // a number stays a number: an array filled with it would be built element by element
#endif
}

/// f(Index<0>{}), ..., f(Index<N-1>{}), inlined for certain: as a call, an unrolled body would put every register on the stack.
template <int N, class F>
COLLAB_INLINE void repeat(F&& f) {
    [&]<int... I>(std::integer_sequence<int, I...>) COLLAB_LAMBDA_INLINE { (f(Index<I>{}), ...); }(std::make_integer_sequence<int, N>{});
}

/// The least multiple of `unit` that is not below n.
constexpr int round_up(int n, int unit) { return (n + unit - 1) / unit * unit; }
constexpr int ceil_div(int n, int by) { return (n + by - 1) / by; }

/// Where part `i` of `parts` nearly equal parts of n begins; part_begin(n, parts, parts) is n.
constexpr int part_begin(int n, int parts, int i) { return int(static_cast<long long>(n) * i / parts); }

/// Elements of T rounded up to whole cache lines.
template <class T>
constexpr std::size_t whole_lines(std::size_t n) { return (n + 64 / sizeof(T) - 1) / (64 / sizeof(T)) * (64 / sizeof(T)); }

}  // namespace collab::backend::detail
