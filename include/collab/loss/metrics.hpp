// SPDX-License-Identifier: Apache-2.0
// metrics: distances between embeddings (D of Eq. 4 in Wang, Wang and Gao 2018).
#pragma once
#include <cmath>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/loss/concepts.hpp>

namespace collab {

namespace detail {
/// sum of term(i) over [0, d), in eight interleaved sums: vector code without changing the result
/// from machine to machine.
template <class T, class F>
COLLAB_HD COLLAB_INLINE T interleaved_sum(int d, F&& term) {
    T part[8] = {};
    int i = 0;
    for (; i + 8 <= d; i += 8)
        for (int k = 0; k < 8; ++k)
            part[k] += term(i + k);
    // at most seven are left, and g++ cannot tell
    for (int k = 0; k < 8 && i < d; ++k, ++i)
        part[k] += term(i);
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
}
}  // namespace detail

/// 1 - <a, b> / (|a| |b|), in [0, 2]: the bounded reading of the paper's "dot product distance". A
/// vector shorter than 1e-12 counts as that long and has no direction: the gradient is 0, not the
/// 1e12 that dividing by its length would give.
struct CosineDistance {
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        return T(1) - product(d, a, b) / (length(d, a) * length(d, b));
    }
    // d/da (1 - cos) = -(unit(b) - cos unit(a)) / |a|
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        const T la = length(d, a);
        const T lb = length(d, b);
        if (la <= T(1e-12) || lb <= T(1e-12))
            return;
        const T cosine = product(d, a, b) / (la * lb);
        const T of_b = -scale / (la * lb);
        const T of_a = scale * cosine / (la * la);
        for (int i = 0; i < d; ++i)
            da[i] += of_b * b[i] + of_a * a[i];
    }

private:
    template <class T>
    COLLAB_HD COLLAB_NOINLINE static T product(int d, const T* a, const T* b) {
        return detail::interleaved_sum<T>(d, [=](int i) { return a[i] * b[i]; });
    }
    template <class T>
    COLLAB_HD static T length(int d, const T* a) {
        const T l = std::sqrt(product(d, a, a));
        return l < T(1e-12) ? T(1e-12) : l;  // a NaN stays a NaN
    }
};

/// -<a, b> / d. Unbounded below: minimizing it alone diverges.
struct NegativeDot {
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        return -detail::interleaved_sum<T>(d, [=](int i) { return a[i] * b[i]; }) / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T*, const T* b, T scale, T* da) const {
        for (int i = 0; i < d; ++i)
            da[i] -= scale / T(d) * b[i];
    }
};

/// sum_i (a_i - b_i)^2.
struct SquaredEuclidean {
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        return detail::interleaved_sum<T>(d, [=](int i) { return (a[i] - b[i]) * (a[i] - b[i]); });
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        for (int i = 0; i < d; ++i)
            da[i] += T(2) * scale * (a[i] - b[i]);
    }
};

/// SquaredEuclidean / d.
struct MeanSquares {
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        return SquaredEuclidean{}.value(d, a, b) / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        SquaredEuclidean{}.gradient(d, a, b, scale / T(d), da);
    }
};

/// The L_n norm of the difference, (sum_i |a_i - b_i|^n)^(1/n), for n >= 1. Where a == b the
/// gradient is 0.
struct LnDistance {
    double n = 2;
    void check() const { Expect{"LnDistance"}.at_least("n", n, 1); }
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        T largest = 0;  // factored out, so that high powers neither overflow nor vanish
        for (int i = 0; i < d; ++i) {
            const T x = std::abs(a[i] - b[i]);
            largest = x > largest || x != x ? x : largest;  // a NaN stays a NaN
        }
        if (!(largest > 0))
            return largest;
        const double p = n;
        return largest *
               std::pow(
                   detail::interleaved_sum<T>(
                       d, [=](int i) { return std::pow(std::abs(a[i] - b[i]) / largest, T(p)); }),
                   T(1 / p));
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        const T v = value(d, a, b);
        if (!(v > 0))
            return;
        for (int i = 0; i < d; ++i) {  // sign(a_i - b_i) (|a_i - b_i| / L_n)^(n - 1)
            const T difference = a[i] - b[i];
            if (difference != T(0))
                da[i] += scale * (difference > 0 ? T(1) : T(-1)) *
                         std::pow(std::abs(difference) / v, T(n - 1));
        }
    }
};

}  // namespace collab
