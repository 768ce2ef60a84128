// SPDX-License-Identifier: Apache-2.0
// system: what the operations of this folder need of the machine below them: memory, one parallel
// loop, and products of matrices.
//
// All operations are loops over functions that a GPU can call, so two systems of a few dozen lines
// run them: `Gpu` (Thrust on a CUDA stream, cuBLAS), and `ThrustHost` (Thrust on host threads,
// Eigen), with which a machine without a GPU tests everything but the GPU itself.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <collab/core/config.hpp>

namespace collab::backend::device {

/// C = A B, or C += A B when `add`. Row by row: C is m x n and row i begins at c + i * ldc. A is m
/// x k, or lies there transposed, as k x m; likewise B, k x n.
template <class T>
struct MatrixProduct {
    long m = 0;
    long n = 0;
    long k = 0;
    const T* a = nullptr;
    long lda = 0;
    bool a_transposed = false;
    const T* b = nullptr;
    long ldb = 0;
    bool b_transposed = false;
    T* c = nullptr;
    long ldc = 0;
    bool add = false;
};

/// Which piece of scratch memory: each is the system's, and keeps what is written until the same
/// piece is asked for again.
enum class Scratch { columns, sums, channels, total, room };
inline constexpr std::size_t scratch_pieces = 5;

struct AnyLoop {
    COLLAB_HD void operator()(std::uint32_t) const {}
};

/// A system:
///  - `allocate<U>(n)`: n zeroes; a movable owner with data() and size().
///  - `upload(host, n, to)`, `download(from, n, host)`: download waits.
///  - `fill(n, value, p)`.
///  - `loop(n, f)`: f(i) for i in [0, n), in any order, at once, after everything that was asked
///  for before.
///  - `multiply(product)`.
///  - `scratch<U>(piece, n)`: room for n elements.
template <class S, class T>
concept System =
    requires(S s, std::size_t n, const T* in, T* out, T value, const MatrixProduct<T>& product) {
        { s.template allocate<T>(n).data() } -> std::same_as<T*>;
        s.upload(in, n, out);
        s.download(in, n, out);
        s.fill(n, value, out);
        s.loop(std::uint32_t{}, AnyLoop{});
        s.multiply(product);
        { s.template scratch<T>(Scratch::columns, n) } -> std::same_as<T*>;
    };

}  // namespace collab::backend::device
