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

namespace collab {

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
    void evaluate(B& backend, int n, Dims dims_a, const T* a, Dims, const T* b, T scale, T* rows,
                  T* da, T* scratch) const {
        evaluate_both(backend, n, dims_a.size(), a, b, scale, rows, da, static_cast<T*>(nullptr),
                      scratch);
    }
    /// The same with the gradient of the target, where db is not null.
    template <class B, class T = typename B::Scalar>
    void evaluate_both(B& backend, int n, int width, const T* a, const T* b, T scale, T* rows,
                       T* da, T* db, T* scratch) const {
        T* s = scratch;
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
        if (da)
            backend.for_rows(n, [=] COLLAB_HD(int i) {
                through_cosines(n, width, g + std::ptrdiff_t(i) * n, s + std::ptrdiff_t(i) * n, 1,
                                t, a + std::ptrdiff_t(i) * width, la[i], b, lb,
                                da + std::ptrdiff_t(i) * width);
            });
        if (db)
            backend.for_rows(n, [=] COLLAB_HD(int i) {
                through_cosines(n, width, g + i, s + i, n, t, b + std::ptrdiff_t(i) * width, lb[i],
                                a, la, db + std::ptrdiff_t(i) * width);
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
    /// dx += sum_j g_j d cos(x, y_j) / dx, where cos(x, y_j) = s_j t.
    template <class T>
    COLLAB_HD static void through_cosines(int n, int width, const T* g, const T* s,
                                          std::ptrdiff_t step, T t, const T* x, T lx, const T* y,
                                          const T* ly, T* dx) {
        if (!(lx > T(1e-12)))
            return;
        T along = 0;
        for (int j = 0; j < n; ++j)
            along += g[j * step] * s[j * step] * t;
        for (int c = 0; c < width; ++c) {
            T sum = 0;
            for (int j = 0; j < n; ++j)
                sum += g[j * step] * y[std::ptrdiff_t(j) * width + c] / ly[j];
            dx[c] += (sum - along * x[c] / lx) / lx;
        }
    }
};

}  // namespace collab
