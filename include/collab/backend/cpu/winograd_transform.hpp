// SPDX-License-Identifier: Apache-2.0
// winograd_transform: Winograd's transforms along one axis, F(2, 3) and F(4, 3): M outputs of three
// taps from M + 2 multiplications.
//
// y = A^T [(G g) * (B^T d)] for points of the line and infinity (Winograd, Arithmetic Complexity of
// Computations, 1980; Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, 2016,
// section 4). F(2, 3) has the points 0, 1, -1. F(4, 3) has 0, a, -a, b, -b with a = 1/sqrt 2 and b
// = sqrt 2: a b = 1 keeps the numbers small, and its rounding is a half to a third of that of the
// usual 1 and 2.
#pragma once
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend::detail {

template <class T, int M>
struct WinogradTransform;

template <class T>
struct WinogradTransform<T, 2> {
    using V = Vector<T>;
    /// B^T d
    static COLLAB_INLINE void input(const V (&d)[4], V (&v)[4]) {
        v[0] = d[0] - d[2];
        v[1] = d[1] + d[2];
        v[2] = d[2] - d[1];
        v[3] = d[1] - d[3];
    }
    /// G g
    static COLLAB_INLINE void weight(const V (&g)[3], V (&u)[4]) {
        const V even = T(0.5) * (g[0] + g[2]);
        const V odd = T(0.5) * g[1];
        u[0] = g[0];
        u[1] = even + odd;
        u[2] = even - odd;
        u[3] = g[2];
    }
    /// A^T m
    static COLLAB_INLINE void output(const V (&m)[4], V (&y)[2]) {
        y[0] = m[0] + m[1] + m[2];
        y[1] = m[1] - m[2] - m[3];
    }
    /// A y
    static COLLAB_INLINE void target(const V (&y)[2], V (&q)[4]) {
        q[0] = y[0];
        q[1] = y[0] + y[1];
        q[2] = y[0] - y[1];
        q[3] = -y[1];
    }
    /// G^T s
    static COLLAB_INLINE void gradient(const V (&s)[4], V (&g)[3]) {
        const V even = T(0.5) * (s[1] + s[2]);
        g[0] = s[0] + even;
        g[1] = T(0.5) * (s[1] - s[2]);
        g[2] = even + s[3];
    }
};

template <class T>
struct WinogradTransform<T, 4> {
    using V = Vector<T>;
    static constexpr T a = T(0.70710678118654752440L);
    static constexpr T b = T(1.41421356237309504880L);
    static COLLAB_INLINE void input(const V (&d)[6], V (&v)[6]) {
        const V even_a = d[4] - T(2) * d[2];
        const V odd_a = d[3] - T(2) * d[1];
        const V even_b = d[4] - T(0.5) * d[2];
        const V odd_b = d[3] - T(0.5) * d[1];
        v[0] = (d[0] - T(2.5) * d[2]) + d[4];
        v[1] = even_a + a * odd_a;
        v[2] = even_a - a * odd_a;
        v[3] = even_b + b * odd_b;
        v[4] = even_b - b * odd_b;
        v[5] = (d[1] - T(2.5) * d[3]) + d[5];
    }
    static COLLAB_INLINE void weight(const V (&g)[3], V (&u)[6]) {
        constexpr T at_a = T(-2) / T(3);
        constexpr T at_b = T(1) / T(6);
        const V even_a = at_a * (g[0] + T(0.5) * g[2]);
        const V odd_a = (at_a * a) * g[1];
        const V even_b = at_b * (g[0] + T(2) * g[2]);
        const V odd_b = (at_b * b) * g[1];
        u[0] = g[0];
        u[1] = even_a + odd_a;
        u[2] = even_a - odd_a;
        u[3] = even_b + odd_b;
        u[4] = even_b - odd_b;
        u[5] = g[2];
    }
    static COLLAB_INLINE void output(const V (&m)[6], V (&y)[4]) {
        const V even_a = m[1] + m[2];
        const V odd_a = m[1] - m[2];
        const V even_b = m[3] + m[4];
        const V odd_b = m[3] - m[4];
        y[0] = m[0] + even_a + even_b;
        y[1] = a * (odd_a + T(2) * odd_b);
        y[2] = T(0.5) * even_a + T(2) * even_b;
        y[3] = m[5] + a * (T(0.5) * odd_a + T(4) * odd_b);
    }
    static COLLAB_INLINE void target(const V (&y)[4], V (&q)[6]) {
        const V even_a = y[0] + T(0.5) * y[2];
        const V odd_a = y[1] + T(0.5) * y[3];
        const V even_b = y[0] + T(2) * y[2];
        const V odd_b = y[1] + T(2) * y[3];
        q[0] = y[0];
        q[1] = even_a + a * odd_a;
        q[2] = even_a - a * odd_a;
        q[3] = even_b + b * odd_b;
        q[4] = even_b - b * odd_b;
        q[5] = y[3];
    }
    static COLLAB_INLINE void gradient(const V (&s)[6], V (&g)[3]) {
        constexpr T at_a = T(-2) / T(3);
        constexpr T at_b = T(1) / T(6);
        const V even_a = at_a * (s[1] + s[2]);
        const V even_b = at_b * (s[3] + s[4]);
        g[0] = s[0] + even_a + even_b;
        g[1] = (at_a * a) * (s[1] - s[2]) + (at_b * b) * (s[3] - s[4]);
        g[2] = T(0.5) * even_a + T(2) * even_b + s[5];
    }
};

/// Inputs of a tile, and products of a pair of channels.
constexpr int winograd_positions(int edge) {
    return (edge + 2) * (edge + 2);
}

/// f(Index<edge>{})
template <class F>
COLLAB_INLINE void for_edge(int edge, F&& f) {
    if (edge == 2)
        f(Index<2>{});
    else
        f(Index<4>{});
}

}  // namespace collab::backend::detail
