// SPDX-License-Identifier: Apache-2.0
// relational: metrics of how the samples of a batch lie to each other, by distance and by angle
// (RKD: Park, Kim, Lu and Cho 2019). The two sides may have different widths.
#pragma once
#include <cmath>
#include <cstddef>

#include <collab/backend/sum_to.hpp>
#include <collab/core/config.hpp>
#include <collab/core/shape.hpp>
#include <collab/loss/batch_pair.hpp>

namespace collab {

namespace detail {
template <class T>
COLLAB_HD T huber(T x) {
    return std::abs(x) < T(1) ? x * x / 2 : std::abs(x) - T(0.5);
}
template <class T>
COLLAB_HD T huber_slope(T x) {
    return x > T(1) ? T(1) : x < T(-1) ? T(-1) : x;
}

/// Squared distances between all rows, [n][n].
template <class B, class T = typename B::Scalar>
void squared_distances(B& backend, int n, int width, const T* a, T* d) {
    backend.for_rows(n, [=] COLLAB_HD(int i) {
        for (int j = 0; j < n; ++j) {
            T sum = 0;
            const T* x = a + std::ptrdiff_t(i) * width;
            const T* y = a + std::ptrdiff_t(j) * width;
            for (int k = 0; k < width; ++k)
                sum += (x[k] - y[k]) * (x[k] - y[k]);
            d[std::ptrdiff_t(i) * n + j] = sum;
        }
    });
}
/// da_i += sum_j w_ij a_j, row by row.
template <class B, class T = typename B::Scalar>
void add_mixed_rows(B& backend, int n, int width, const T* w, const T* a, T* da) {
    backend.for_rows(n, [=] COLLAB_HD(int i) {
        T* to = da + std::ptrdiff_t(i) * width;
        for (int j = 0; j < n; ++j) {
            const T factor = w[std::ptrdiff_t(i) * n + j];
            const T* from = a + std::ptrdiff_t(j) * width;
            for (int k = 0; k < width; ++k)
                to[k] += factor * from[k];
        }
    });
}
/// The same for rows of w whose sum is 0, as they have where shifting all samples alike changes
/// nothing: da_i += sum_j w_ij (a_j - a_i). A mean that is large beside the spread of the samples
/// then costs no digits.
template <class B, class T = typename B::Scalar>
void add_mixed_differences(B& backend, int n, int width, const T* w, const T* a, T* da) {
    backend.for_rows(n, [=] COLLAB_HD(int i) {
        T* to = da + std::ptrdiff_t(i) * width;
        const T* own = a + std::ptrdiff_t(i) * width;
        for (int j = 0; j < n; ++j) {
            const T factor = w[std::ptrdiff_t(i) * n + j];
            const T* from = a + std::ptrdiff_t(j) * width;
            for (int k = 0; k < width; ++k)
                to[k] += factor * (from[k] - own[k]);
        }
    });
}
}  // namespace detail

/// mean over B^2 of huber(|a_i - a_j| / mu_a - |b_i - b_j| / mu_b), mu the mean distance of
/// different samples. A squared distance below 1e-12 counts as 1e-12 and pulls nowhere.
struct RelationDistance {
    static std::size_t scratch(int capacity, Dims, Dims) {
        return std::size_t(capacity) * std::size_t(2 * capacity + 1) + 3;
    }

    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const T scale = pair.scale;
        T* const rows = pair.rows;
        // totals stay with the backend: nobody waits for them
        T* s = pair.scratch;
        T* t = s + std::ptrdiff_t(n) * n;
        T* sums = t + std::ptrdiff_t(n) * n;
        T* totals = sums + n;
        const T pairs = T(n > 1 ? n * (n - 1) : 1);
        detail::squared_distances(backend, n, pair.dims_a.size(), pair.a, s);
        detail::squared_distances(backend, n, pair.dims_b.size(), pair.b, t);
        const auto root = [&](T* d, T* total) {  // turns squares into distances
            backend.for_rows(n, [=] COLLAB_HD(int i) {
                sums[i] = 0;
                for (int j = 0; j < n; ++j) {
                    T& x = d[std::ptrdiff_t(i) * n + j];
                    x = i == j ? T(0) : std::sqrt(x > T(1e-12) ? x : T(1e-12));
                    sums[i] += x;
                }
            });
            sum_to(backend, std::size_t(n), sums, total);
        };
        root(s, totals);
        root(t, totals + 1);
        // t becomes the slope of the loss with respect to the normalized distance
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            const T mu_s = mean(totals[0], pairs);
            const T mu_t = mean(totals[1], pairs);
            rows[i] = 0;
            sums[i] = 0;
            for (int j = 0; j < n; ++j) {
                const std::ptrdiff_t at = std::ptrdiff_t(i) * n + j;
                const T off = s[at] / mu_s - t[at] / mu_t;
                rows[i] += detail::huber(off) / T(n);
                t[at] = scale * detail::huber_slope(off) / (T(n) * T(n));
                sums[i] += t[at] * s[at];
            }
        });
        if (!pair.da)
            return;
        sum_to(backend, std::size_t(n), sums, totals + 2);
        backend.for_rows(n, [=] COLLAB_HD(int i) {  // t becomes what to mix the rows of a with
            const T mu_s = mean(totals[0], pairs);
            const T through_mean = totals[2] / (mu_s * mu_s * pairs);
            T sum = 0;
            for (int j = 0; j < n; ++j) {
                const std::ptrdiff_t at = std::ptrdiff_t(i) * n + j;
                if (i == j)
                    continue;
                const T w = s[at] > T(1e-6) ? 2 * (t[at] / mu_s - through_mean) / s[at] : T(0);
                sum += w;
                t[at] = -w;
            }
            t[std::ptrdiff_t(i) * n + i] = sum;
        });
        detail::add_mixed_differences(backend, n, pair.dims_a.size(), t, pair.a, pair.da);
    }

private:
    template <class T>
    COLLAB_HD static T mean(T total, T pairs) {
        const T mu = total / pairs;
        return mu > T(1e-12) ? mu : T(1e-12);  // one sample has no distances
    }
};

/// mean over B^3 of huber(cos_a(i, j, k) - cos_b(i, j, k)), the cosines of the angles at i between
/// the directions to j and to k; 0 where j or k is i.
struct RelationAngle {
    static std::size_t scratch(int capacity, Dims, Dims) {
        return std::size_t(capacity) * std::size_t(3 * capacity);
    }

    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const T scale = pair.scale;
        T* const rows = pair.rows;
        T* s = pair.scratch;
        T* t = s + std::ptrdiff_t(n) * n;
        T* w = t + std::ptrdiff_t(n) * n;
        detail::squared_distances(backend, n, pair.dims_a.size(), pair.a, s);
        detail::squared_distances(backend, n, pair.dims_b.size(), pair.b, t);
        backend.for_rows(n, [=] COLLAB_HD(int i) {
            T sum = 0;
            for (int j = 0; j < n; ++j)
                for (int k = 0; k < n; ++k)
                    sum += detail::huber(cosine(s, n, i, j, k) - cosine(t, n, i, j, k));
            rows[i] = sum / (T(n) * T(n));
        });
        if (!pair.da)
            return;
        const Angles<T> angles{s, t, n, scale / (T(n) * T(n) * T(n))};
        backend.for_rows(n, [=] COLLAB_HD(int x) {
            T* const row = w + std::ptrdiff_t(x) * n;
            for (int k = 0; k < n; ++k)
                row[k] = 0;
            for (int i = 0; i < n; ++i)
                if (i != x && angles.apart(i, x))
                    add_as_seen(angles, i, x, row);
            T all = 0;
            for (int j = 0; j < n; ++j)
                if (j != x && angles.apart(x, j))
                    all += add_as_looking(angles, x, j, row);
            row[x] += all;
        });
        detail::add_mixed_differences(backend, n, pair.dims_a.size(), w, pair.a, pair.da);
    }

    // Public, because nvcc wants to name what a lambda captures.
    /// The squared distances of both sides, and the weight of a pair of angles. With v_j = a_j -
    /// a_i and cosines c_jk at i, dL/dv_j = sum_k M_jk v_k where M_jk = 2 g_jk / (|v_j| |v_k|) - [j
    /// = k] 2 sum_l g_jl c_jl / |v_j|^2. Row x of w gathers it as the one seen (j = x) and as the
    /// one that looks (i = x).
    template <class T>
    struct Angles {
        const T* s;
        const T* t;
        int n;
        T share;

        COLLAB_HD T square(int i, int j) const { return s[std::ptrdiff_t(i) * n + j]; }
        COLLAB_HD bool apart(int i, int j) const { return square(i, j) > T(1e-24); }
        COLLAB_HD T cosine_at(int i, int j, int k) const { return cosine(s, n, i, j, k); }
        COLLAB_HD T slope(int i, int j, int k) const {
            return share * detail::huber_slope(cosine(s, n, i, j, k) - cosine(t, n, i, j, k));
        }
    };

private:
    /// Adds what sample i, which looks at x, gives to row x.
    template <class T>
    COLLAB_HD static void add_as_seen(const Angles<T>& angles, int i, int x, T* row) {
        const T length = std::sqrt(angles.square(i, x));
        T along = 0;
        T sum = 0;
        for (int k = 0; k < angles.n; ++k) {
            if (k == i || !angles.apart(i, k))
                continue;
            const T g = angles.slope(i, x, k);
            const T m = 2 * g / (length * std::sqrt(angles.square(i, k)));
            along += 2 * g * angles.cosine_at(i, x, k);
            row[k] += m;
            sum += m;
        }
        const T own = along / (length * length);
        row[x] -= own;
        row[i] -= sum - own;
    }
    /// Adds what sample x, which looks at j, gives to row x, but for what x itself gets: that is
    /// returned.
    template <class T>
    COLLAB_HD static T add_as_looking(const Angles<T>& angles, int x, int j, T* row) {
        const T length = std::sqrt(angles.square(x, j));
        T along = 0;
        T all = 0;
        for (int k = 0; k < angles.n; ++k) {
            if (k == x || !angles.apart(x, k))
                continue;
            const T g = angles.slope(x, j, k);
            const T m = 2 * g / (length * std::sqrt(angles.square(x, k)));
            along += 2 * g * angles.cosine_at(x, j, k);
            row[k] -= m;
            all += m;
        }
        const T own = along / (length * length);
        row[j] += own;
        return all - own;
    }
    template <class T>
    COLLAB_HD static T cosine(const T* d, int n, int i, int j, int k) {  // from squared distances
        if (j == i || k == i)
            return T(0);
        const T ij = d[std::ptrdiff_t(i) * n + j];
        const T ik = d[std::ptrdiff_t(i) * n + k];
        if (!(ij > T(1e-24)) || !(ik > T(1e-24)))
            return T(0);
        return (ij + ik - d[std::ptrdiff_t(j) * n + k]) / (2 * std::sqrt(ij * ik));
    }
};

}  // namespace collab
