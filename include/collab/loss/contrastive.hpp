// SPDX-License-Identifier: Apache-2.0
// contrastive: a metric of whole batches in which each sample should find itself among all others.
#pragma once
#include <cmath>
#include <cstddef>
#include <string>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/shape.hpp>
#include <collab/loss/batch_pair.hpp>

namespace collab {

namespace detail {
/// Rows of `width` numbers, and the length of each.
template <class T>
struct Vectors {
    int width;
    const T* values;
    const T* lengths;
    COLLAB_HD const T* operator[](int i) const { return values + std::ptrdiff_t(i) * width; }
};
/// A row or column of n cosines over the temperature t, and the slopes with respect to them: one
/// lies `step` elements behind the other.
template <class T>
struct CosineSlopes {
    int n;
    std::ptrdiff_t step;
    const T *slopes, *cosines;
    T t;
    COLLAB_HD T slope(int j) const { return slopes[j * step]; }
    COLLAB_HD T cosine(int j) const { return cosines[j * step]; }
};
}  // namespace detail

/// S_ij = cosine of a_i and b_j over `temperature`; mean over i of -log softmax_j(S_ij)_i - log
/// softmax_j(S_ji)_i: row i of one side is to be told from all rows by row i of the other, both
/// ways (the estimator of CRD, Tian, Krishnan and Isola 2020, with the rest of the batch in place
/// of its memory banks; van den Oord et al. 2018). Both sides have the same width. Gradients reach
/// both.
struct Contrast {
    double temperature = 0.07;
    void check() const { Expect{"Contrast"}.positive("temperature", temperature); }

    static std::size_t scratch(int capacity, Dims, Dims) {
        return std::size_t(capacity) * std::size_t(2 * capacity + 4);
    }
    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        evaluate_both(backend, pair, static_cast<T*>(nullptr));
    }
    /// The same with the gradient of the target, where db is not null.
    template <class B, class T = typename B::Scalar>
    void evaluate_both(B& backend, const BatchPair<T>& pair, T* db) const {
        const int n = pair.samples;
        const int width = pair.dims_a.size();
        const T scale = pair.scale;
        const T* const a = pair.a;
        const T* const b = pair.b;
        T* const rows = pair.rows;
        T* const da = pair.da;
        T* s = pair.scratch;
        T* g = s + std::ptrdiff_t(n) * n;
        T* la = g + std::ptrdiff_t(n) * n;
        T* lb = la + n;
        T* over_rows = lb + n;
        T* over_columns = over_rows + n;
        const T t = T(temperature);
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            la[i] = length(a + std::ptrdiff_t(i) * width, width);
            lb[i] = length(b + std::ptrdiff_t(i) * width, width);
        });
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            for (int j = 0; j < n; ++j) {
                const T* x = a + std::ptrdiff_t(i) * width;
                const T* y = b + std::ptrdiff_t(j) * width;
                T sum = 0;
                for (int c = 0; c < width; ++c)
                    sum += x[c] * y[c];
                s[std::ptrdiff_t(i) * n + j] = sum / (la[i] * lb[j] * t);
            }
        });
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            over_rows[i] = logarithm_of_sum(s + std::ptrdiff_t(i) * n, n, 1);
            over_columns[i] = logarithm_of_sum(s + i, n, n);
            rows[i] = over_rows[i] + over_columns[i] - 2 * s[std::ptrdiff_t(i) * n + i];
        });
        if (!da && !db)
            return;
        backend.for_rows(n, [=] COLLAB_HD(int i) {  // slopes with respect to cosines
            for (int j = 0; j < n; ++j) {
                const T x = s[std::ptrdiff_t(i) * n + j];
                g[std::ptrdiff_t(i) * n + j] =
                    scale / (T(n) * t) *
                    (std::exp(x - over_rows[i]) + std::exp(x - over_columns[j]) - (i == j ? 2 : 0));
            }
        });
        const detail::Vectors<T> of_a{width, a, la};
        const detail::Vectors<T> of_b{width, b, lb};
        if (da)
            backend.for_rows(n, [=] COLLAB_HD(int i) {
                const std::ptrdiff_t row = std::ptrdiff_t(i) * n;
                const detail::CosineSlopes<T> to_b{n, 1, g + row, s + row, t};
                through_cosines(to_b, of_a, i, of_b, da + std::ptrdiff_t(i) * width);
            });
        if (db)
            backend.for_rows(n, [=] COLLAB_HD(int i) {
                const detail::CosineSlopes<T> to_a{n, n, g + i, s + i, t};
                through_cosines(to_a, of_b, i, of_a, db + std::ptrdiff_t(i) * width);
            });
    }
    std::string describe() const { return "Contrast, T = " + detail::plain_number(temperature); }

private:
    template <class T>
    COLLAB_HD static T length(const T* x, int width) {
        T sum = 0;
        for (int c = 0; c < width; ++c)
            sum += x[c] * x[c];
        sum = std::sqrt(sum);
        return sum > T(1e-12) ? sum : T(1e-12);
    }
    template <class T>
    COLLAB_HD static T logarithm_of_sum(const T* x, int n, std::ptrdiff_t step) {
        T largest = x[0];
        T sum = 0;
        for (int k = 1; k < n; ++k)
            largest = x[k * step] > largest ? x[k * step] : largest;
        for (int k = 0; k < n; ++k)
            sum += std::exp(x[k * step] - largest);
        return largest + std::log(sum);
    }
    /// dx += sum_j g_j d cos(x_i, y_j) / dx, where g are the slopes.
    template <class T>
    COLLAB_HD static void through_cosines(const detail::CosineSlopes<T>& g,
                                          const detail::Vectors<T>& x, int i,
                                          const detail::Vectors<T>& y, T* dx) {
        const T length = x.lengths[i];
        if (!(length > T(1e-12)))
            return;
        T along = 0;
        for (int j = 0; j < g.n; ++j)
            along += g.slope(j) * g.cosine(j) * g.t;
        for (int c = 0; c < x.width; ++c) {
            T sum = 0;
            for (int j = 0; j < g.n; ++j)
                sum += g.slope(j) * y[j][c] / y.lengths[j];
            dx[c] += (sum - along * x[i][c] / length) / length;
        }
    }
};

}  // namespace collab
