// SPDX-License-Identifier: Apache-2.0
// similarity: metrics of whole batches that compare similarities between samples: SP, CC, PKT and
// CKA. The two sides may have different widths.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

#include <collab/core/expect.hpp>
#include <collab/loss/relational.hpp>

namespace collab {

namespace detail {
/// Products of all rows, [n][n].
template <class B, class T = typename B::Scalar>
void gram(B& backend, int n, int width, const T* a, T* k) {
    backend.for_rows(n, [=] COLLAB_HD(int i) {
        for (int j = 0; j < n; ++j) {
            T sum = 0;
            const T* x = a + std::ptrdiff_t(i) * width;
            const T* y = a + std::ptrdiff_t(j) * width;
            for (int c = 0; c < width; ++c)
                sum += x[c] * y[c];
            k[std::ptrdiff_t(i) * n + j] = sum;
        }
    });
}
/// w <- w + transpose(w): the gradient of a gram matrix, which every pair enters twice.
template <class B, class T = typename B::Scalar>
void add_transpose(B& backend, int n, T* w) {
    backend.for_rows(n, [=] COLLAB_HD(int i) {
        for (int j = 0; j < i; ++j) {
            const T sum = w[std::ptrdiff_t(i) * n + j] + w[std::ptrdiff_t(j) * n + i];
            w[std::ptrdiff_t(i) * n + j] = w[std::ptrdiff_t(j) * n + i] = sum;
        }
        w[std::ptrdiff_t(i) * n + i] *= 2;
    });
}
/// From the slopes g with respect to cosines k_ij / ((|a_i| + e) (|a_j| + e)) to those with respect
/// to the gram matrix, in w. k keeps its diagonal.
template <class B, class T = typename B::Scalar>
void through_cosines(B& backend, int n, T epsilon, const T* k, const T* g, T* w) {
    backend.for_rows(n, [=] COLLAB_HD(int i) {
        const T length = std::sqrt(k[std::ptrdiff_t(i) * n + i]);
        const T own = length + epsilon;
        T of_length = 0;
        for (int j = 0; j < n; ++j) {
            const std::ptrdiff_t at = std::ptrdiff_t(i) * n + j;
            const T other = std::sqrt(k[std::ptrdiff_t(j) * n + j]) + epsilon;
            w[at] = own * other > 0 ? g[at] / (own * other) : T(0);
            if (own * other > 0)
                of_length -= (g[at] + g[std::ptrdiff_t(j) * n + i]) * k[at] / (own * own * other);
        }
        if (length > T(1e-12))
            w[std::ptrdiff_t(i) * n + i] += of_length / (2 * length);
    });
}
template <class T>
COLLAB_HD T cosine_of(const T* k, int n, int i, int j, T epsilon) {
    const T lengths = (std::sqrt(k[std::ptrdiff_t(i) * n + i]) + epsilon) *
                      (std::sqrt(k[std::ptrdiff_t(j) * n + j]) + epsilon);
    return lengths > 0 ? k[std::ptrdiff_t(i) * n + j] / lengths : T(0);
}
inline std::size_t gram_scratch(int capacity) {
    return std::size_t(capacity) * std::size_t(4 * capacity + 2);
}

/// y = x minus its mean over the samples. Counted from the first sample, since a mean of large
/// numbers is itself rounded by more than their spread allows. (A free function: nvcc takes no
/// lambda of both sides from a private one.)
template <class B, class T = typename B::Scalar>
void center(B& backend, int n, int width, const T* x, T* y) {
    backend.for_each(std::size_t(width), [=] COLLAB_HD(std::size_t c) {
        T mean = 0;
        for (int i = 0; i < n; ++i)
            mean += x[std::ptrdiff_t(i) * width + std::ptrdiff_t(c)] - x[c];
        mean /= T(n);
        for (int i = 0; i < n; ++i) {
            const std::ptrdiff_t at = std::ptrdiff_t(i) * width + std::ptrdiff_t(c);
            y[at] = x[at] - x[c] - mean;
        }
    });
}
}  // namespace detail

/// SP (Tung and Mori 2019): gram matrices with rows of length 1, |G_a - G_b|^2 / B^2.
struct SimilarityPreserving {
    static std::size_t scratch(int capacity, Dims, Dims) { return detail::gram_scratch(capacity); }
    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const T scale = pair.scale;
        T* const rows = pair.rows;
        T* s = pair.scratch;
        T* t = s + std::ptrdiff_t(n) * n;
        detail::gram(backend, n, pair.dims_a.size(), pair.a, s);
        detail::gram(backend, n, pair.dims_b.size(), pair.b, t);
        // s becomes the slope with respect to the gram matrix of a
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            T* x = s + std::ptrdiff_t(i) * n;
            T* y = t + std::ptrdiff_t(i) * n;
            T xx = 0;
            T yy = 0;
            T along = 0;
            for (int j = 0; j < n; ++j) {
                xx += x[j] * x[j];
                yy += y[j] * y[j];
            }
            const T lx = std::sqrt(xx) > T(1e-12) ? std::sqrt(xx) : T(1e-12);
            const T ly = std::sqrt(yy) > T(1e-12) ? std::sqrt(yy) : T(1e-12);
            rows[i] = 0;
            for (int j = 0; j < n; ++j) {
                const T off = x[j] / lx - y[j] / ly;
                rows[i] += off * off / T(n);
                y[j] = 2 * scale * off / (T(n) * T(n));
                along += y[j] * x[j] / lx;
            }
            for (int j = 0; j < n; ++j)
                x[j] = (y[j] - along * x[j] / lx) / lx;
        });
        if (!pair.da)
            return;
        detail::add_transpose(backend, n, s);
        detail::add_mixed_rows(backend, n, pair.dims_a.size(), s, pair.a, pair.da);
    }
};

/// CC (Peng et al. 2019): Gaussian kernels of the rows brought to length 1, by their Taylor series,
/// |K_a - K_b|^2 / B^2.
struct CorrelationCongruence {
    double gamma = 0.4;
    int order = 2;
    void check() const {
        Expect{"CorrelationCongruence"}.positive("gamma", gamma);
        Expect{"CorrelationCongruence"}.between("order", order, 1, 100);
    }
    static std::size_t scratch(int capacity, Dims, Dims) { return detail::gram_scratch(capacity); }
    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const T scale = pair.scale;
        T* const rows = pair.rows;
        T* s = pair.scratch;
        T* t = s + std::ptrdiff_t(n) * n;
        T* g = t + std::ptrdiff_t(n) * n;
        T* w = g + std::ptrdiff_t(n) * n;
        detail::gram(backend, n, pair.dims_a.size(), pair.a, s);
        detail::gram(backend, n, pair.dims_b.size(), pair.b, t);
        const CorrelationCongruence self = *this;
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            rows[i] = 0;
            for (int j = 0; j < n; ++j) {
                const T x = detail::cosine_of(s, n, i, j, T(0));
                const T off = self.kernel(x) - self.kernel(detail::cosine_of(t, n, i, j, T(0)));
                rows[i] += off * off / T(n);
                g[std::ptrdiff_t(i) * n + j] = 2 * scale * off * self.slope(x) / (T(n) * T(n));
            }
        });
        if (!pair.da)
            return;
        detail::through_cosines(backend, n, T(0), s, g, w);
        detail::add_transpose(backend, n, w);
        detail::add_mixed_rows(backend, n, pair.dims_a.size(), w, pair.a, pair.da);
    }

private:
    template <class T>
    COLLAB_HD T kernel(T x) const {
        T term = std::exp(T(-2 * gamma));
        T sum = term;
        for (int p = 1; p <= order; ++p)
            sum += term *= T(2 * gamma) * x / T(p);
        return sum;
    }
    template <class T>
    COLLAB_HD T slope(T x) const {
        T term = std::exp(T(-2 * gamma)) * T(2 * gamma);
        T sum = 0;
        for (int p = 1; p <= order; ++p) {
            sum += term;
            term *= T(2 * gamma) * x / T(p);
        }
        return sum;
    }
};

/// PKT (Passalis and Tefas 2018): cosines moved to [0, 1] and rows of sum 1; mean over B^2 of t
/// log((t + e) / (s + e)), e = 1e-7.
struct ProbabilisticTransfer {
    static std::size_t scratch(int capacity, Dims, Dims) { return detail::gram_scratch(capacity); }
    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const T scale = pair.scale;
        T* const rows = pair.rows;
        T* s = pair.scratch;
        T* t = s + std::ptrdiff_t(n) * n;
        T* g = t + std::ptrdiff_t(n) * n;
        T* w = g + std::ptrdiff_t(n) * n;
        detail::gram(backend, n, pair.dims_a.size(), pair.a, s);
        detail::gram(backend, n, pair.dims_b.size(), pair.b, t);
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            const T e = T(1e-7);
            T sum_s = 0;
            T sum_t = 0;
            T along = 0;
            for (int j = 0; j < n; ++j) {
                sum_s += (detail::cosine_of(s, n, i, j, e) + 1) / 2;
                sum_t += (detail::cosine_of(t, n, i, j, e) + 1) / 2;
            }
            rows[i] = 0;
            for (int j = 0; j < n; ++j) {
                const T x = (detail::cosine_of(s, n, i, j, e) + 1) / 2 / sum_s;
                const T y = (detail::cosine_of(t, n, i, j, e) + 1) / 2 / sum_t;
                rows[i] += y * std::log((y + e) / (x + e)) / T(n);
                const T slope = -scale * y / (x + e) / (T(n) * T(n));
                g[std::ptrdiff_t(i) * n + j] = slope;
                along += slope * x;
            }
            for (int j = 0; j < n; ++j)
                g[std::ptrdiff_t(i) * n + j] = (g[std::ptrdiff_t(i) * n + j] - along) / sum_s / 2;
        });
        if (!pair.da)
            return;
        detail::through_cosines(backend, n, T(1e-7), s, g, w);
        detail::add_transpose(backend, n, w);
        detail::add_mixed_rows(backend, n, pair.dims_a.size(), w, pair.a, pair.da);
    }
};

/// 1 - CKA (Kornblith et al. 2019): centered linear kernel alignment, |Xc^T Yc|^2 / (|Xc^T Xc|
/// |Yc^T Yc|). The features are centered before their gram matrix is formed: centering that matrix
/// instead would take small numbers from the difference of large ones.
struct KernelAlignment {
    static std::size_t scratch(int capacity, Dims dims_a, Dims dims_b) {
        return std::size_t(capacity) *
                   std::size_t(3 * capacity + 1 + std::max(dims_a.size(), dims_b.size())) +
               3;
    }
    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const T scale = pair.scale;
        T* const rows = pair.rows;
        // see RelationDistance
        T* s = pair.scratch;
        T* t = s + std::ptrdiff_t(n) * n;
        T* w = t + std::ptrdiff_t(n) * n;
        T* sums = w + std::ptrdiff_t(n) * n;
        T* totals = sums + n;
        T* features = totals + 3;
        const auto centered = [&](int width, const T* x, T* k) {
            detail::center(backend, n, width, x, features);
            detail::gram(backend, n, width, static_cast<const T*>(features), k);
        };
        const auto product = [&](const T* x, const T* y, T* total) {
            backend.for_rows(n, [=] COLLAB_HD(int i) {
                sums[i] = 0;
                for (int j = 0; j < n; ++j)
                    sums[i] += x[std::ptrdiff_t(i) * n + j] * y[std::ptrdiff_t(i) * n + j];
            });
            sum_to(backend, std::size_t(n), sums, total);
        };
        centered(pair.dims_b.size(), pair.b, t);
        centered(pair.dims_a.size(), pair.a, s);
        product(s, t, totals);
        product(s, s, totals + 1);
        product(t, t, totals + 2);
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            const T st = totals[0];
            const T ss = totals[1];
            const T tt = totals[2];
            const T lengths = std::sqrt(ss) * std::sqrt(tt);
            // all samples alike: nothing to align
            const bool flat = !(ss > T(1e-24)) || !(tt > T(1e-24));
            rows[i] = flat ? T(1) : 1 - st / lengths;
            for (int j = 0; j < n; ++j) {
                const std::ptrdiff_t at = std::ptrdiff_t(i) * n + j;
                // twice: every pair enters twice
                w[at] = flat ? T(0) : -2 * scale * (t[at] - st / ss * s[at]) / lengths;
            }
        });
        if (pair.da)  // the features are still those of a
            detail::add_mixed_rows(backend, n, pair.dims_a.size(), w,
                                   static_cast<const T*>(features), pair.da);
    }
};

}  // namespace collab
