// SPDX-License-Identifier: Apache-2.0
// feature: functions of the feature maps of one sample, for `combine`: attention, flow, style,
// adversarial and Gaussian losses, concatenations.
#pragma once
#include <cmath>
#include <cstddef>
#include <string>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/loss/divergence.hpp>

namespace collab {

/// AT (Zagoruyko and Komodakis 2017): the mean square over channels at each place, the whole
/// brought to length 1. Out: height x width numbers.
struct AttentionMap {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const T l = squares(row, y);
        for (int p = 0; p < row.dims[0].area(); ++p)
            y[p] /= l;
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T* y, const T* dy) const {
        if (!row.dx[0])
            return;
        const int places = row.dims[0].area();
        const int channels = row.dims[0].channels;
        T along = 0;
        T total = 0;
        for (int p = 0; p < places; ++p) {
            T sum = 0;
            for (int c = 0; c < channels; ++c)
                sum += row.x[0][p * channels + c] * row.x[0][p * channels + c];
            total += sum * sum / (T(channels) * T(channels));
            along += y[p] * dy[p];
        }
        const T l = std::sqrt(total);
        if (!(l > T(1e-12)))
            return;
        for (int p = 0; p < places; ++p)
            for (int c = 0; c < channels; ++c)
                row.dx[0][p * channels + c] +=
                    (dy[p] - along * y[p]) / l * 2 * row.x[0][p * channels + c] / T(channels);
    }

private:
    template <class R, class T>
    COLLAB_HD static T squares(const R& row, T* y) {
        const int places = row.dims[0].area();
        const int channels = row.dims[0].channels;
        T total = 0;
        for (int p = 0; p < places; ++p) {
            y[p] = 0;
            for (int c = 0; c < channels; ++c)
                y[p] += row.x[0][p * channels + c] * row.x[0][p * channels + c];
            y[p] /= T(channels);
            total += y[p] * y[p];
        }
        const T l = std::sqrt(total);
        return l > T(1e-12) ? l : T(1e-12);
    }
};

/// FSP (Yim, Joo, Bae and Kim 2017): how the channels of two maps of the same extents go together,
/// mean over places of x_i y_j. Out: C1 x C2 numbers.
struct FlowMatrix {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int places = row.dims[0].area();
        const int a = row.dims[0].channels;
        const int b = row.dims[1].channels;
        for (int i = 0; i < a * b; ++i)
            y[i] = 0;
        for (int p = 0; p < places; ++p)
            for (int i = 0; i < a; ++i)
                for (int j = 0; j < b; ++j)
                    y[i * b + j] += row.x[0][p * a + i] * row.x[1][p * b + j] / T(places);
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        const int places = row.dims[0].area();
        const int a = row.dims[0].channels;
        const int b = row.dims[1].channels;
        for (int p = 0; p < places; ++p)
            for (int i = 0; i < a; ++i)
                for (int j = 0; j < b; ++j) {
                    const T d = dy[i * b + j] / T(places);
                    if (row.dx[0])
                        row.dx[0][p * a + i] += d * row.x[1][p * b + j];
                    if (row.dx[1])
                        row.dx[1][p * b + j] += d * row.x[0][p * a + i];
                }
    }
};

/// NST (Huang and Wang 2017) with the kernel <x, y>^2: the maps' channels, brought to length 1, as
/// samples of two distributions: mean k(s, s) + mean k(t, t)
/// - 2 mean k(s, t). Values: student, target, of the same extents. Gradients flow into the student
/// only. Out: one number.
struct StyleDiscrepancy {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        y[0] = mean(row, 0, 0) + mean(row, 1, 1) - 2 * mean(row, 0, 1);
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        if (!row.dx[0])
            return;
        const int a = row.dims[0].channels;
        const int b = row.dims[1].channels;
        const int places = row.dims[0].area();
        for (int i = 0; i < a; ++i) {
            const T l = length(row.x[0], a, places, i);
            if (!(l > T(1e-12)))
                continue;
            for (int side = 0; side < 2; ++side)
                for (int j = 0; j < (side == 0 ? a : b); ++j) {
                    const T* other = row.x[std::size_t(side)];
                    const int width = side == 0 ? a : b;
                    const T lo = length(other, width, places, j);
                    const T cosine = product(row.x[0], a, i, other, width, j, places) / (l * lo);
                    // 2 k' counts both places of i in k(s, s)
                    const T d = dy[0] * (side == 0 ? 4 * cosine / (T(a) * T(a))
                                                   : -4 * cosine / (T(a) * T(b)));
                    for (int p = 0; p < places; ++p)
                        row.dx[0][p * a + i] +=
                            d * (other[p * width + j] / lo - cosine * row.x[0][p * a + i] / l) / l;
                }
        }
    }

private:
    template <class T>
    COLLAB_HD static T product(const T* x, int a, int i, const T* y, int b, int j, int places) {
        T sum = 0;
        for (int p = 0; p < places; ++p)
            sum += x[p * a + i] * y[p * b + j];
        return sum;
    }
    template <class T>
    COLLAB_HD static T length(const T* x, int a, int places, int i) {
        const T l = std::sqrt(product(x, a, i, x, a, i, places));
        return l > T(1e-12) ? l : T(1e-12);
    }
    template <class R>
    COLLAB_HD static auto mean(const R& row, std::size_t s, std::size_t t) {
        const auto* x = row.x[s];
        const auto* y = row.x[t];
        const int a = row.dims[s].channels;
        const int b = row.dims[t].channels;
        const int places = row.dims[s].area();
        auto sum = 0 * x[0];
        for (int i = 0; i < a; ++i)
            for (int j = 0; j < b; ++j) {
                const auto cosine = product(x, a, i, y, b, j, places) /
                                    (length(x, a, places, i) * length(y, b, places, j));
                sum += cosine * cosine;
            }
        return sum / decltype(sum)(a * b);
    }
};

/// VID (Ahn et al. 2019): the mean over a map of ((t - mu)^2 / v + log v) / 2, v = softplus(a_c) +
/// 1e-5 for each channel c. Values: mu, a, the target t. Each a_c is counted from the value that
/// makes v 5. Out: one number.
struct GaussianLikelihood {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int channels = row.dims[0].channels;
        const int size = row.size(0);
        y[0] = 0;
        for (int i = 0; i < size; ++i) {
            const T v = variance(row.x[1][i % channels]);
            const T off = row.x[2][i] - row.x[0][i];
            y[0] += (off * off / v + std::log(v)) / (2 * T(size));
        }
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        const int channels = row.dims[0].channels;
        const int size = row.size(0);
        for (int i = 0; i < size; ++i) {
            const T a = row.x[1][i % channels];
            const T v = variance(a);
            const T off = row.x[2][i] - row.x[0][i];
            const T d = dy[0] / T(size);
            if (row.dx[0])
                row.dx[0][i] -= d * off / v;
            if (row.dx[1])
                row.dx[1][i % channels] +=
                    d * (1 / v - off * off / (v * v)) / 2 / (1 + std::exp(-(a + T(start))));
        }
    }

private:
    static constexpr double start = 4.9932291827136215;  // log(exp(5 - 1e-5) - 1)
    template <class T>
    COLLAB_HD static T variance(T a) {
        const T x = a + T(start);
        return (x > T(20) ? x : std::log1p(std::exp(x))) + T(1e-5);
    }
};

/// (x - target)^2 of a number: the losses of adversarial methods (least squares). Out: one number.
struct SquareTo {
    double target = 1;
    void check() const { Expect{"SquareTo"}.finite("target", target); }
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        y[0] = (row.x[0][0] - T(target)) * (row.x[0][0] - T(target));
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        if (row.dx[0])
            row.dx[0][0] += 2 * dy[0] * (row.x[0][0] - T(target));
    }
    std::string describe() const {
        return target == 0 ? "x\u00b2" : "(x - " + detail::plain_number(target) + ")\u00b2";
    }
};

/// (scale |a - b|^2 - w)^2: distances of embeddings against distances of images (Courty, Flamary
/// and Ducoffe 2018). Values: a, b, w. Out: one number.
struct DistanceOff {
    double scale = 1;
    void check() const { Expect{"DistanceOff"}.positive("scale", scale); }
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const T off = distance(row) - row.x[2][0];
        y[0] = off * off;
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        const T d = 4 * dy[0] * T(scale) * (distance(row) - row.x[2][0]);
        for (int i = 0; i < row.size(0); ++i) {
            const T difference = row.x[0][i] - row.x[1][i];
            if (row.dx[0])
                row.dx[0][i] += d * difference;
            if (row.dx[1])
                row.dx[1][i] -= d * difference;
        }
    }

private:
    template <class R>
    COLLAB_HD auto distance(const R& row) const {
        auto sum = 0 * row.x[0][0];
        for (int i = 0; i < row.size(0); ++i)
            sum += (row.x[0][i] - row.x[1][i]) * (row.x[0][i] - row.x[1][i]);
        return decltype(sum)(scale) * sum;
    }
};

/// All values, one after the other.
struct Concatenated {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        for (int k = 0; k < row.count; ++k)
            for (int i = 0; i < row.size(k); ++i)
                *y++ = row.x[std::size_t(k)][i];
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        for (int k = 0; k < row.count; ++k)
            for (int i = 0; i < row.size(k); ++i, ++dy)
                if (row.dx[std::size_t(k)])
                    row.dx[std::size_t(k)][i] += *dy;
    }
};
/// The probabilities of several rows of logits, one after the other. Constant.
struct ConcatenatedProbabilities {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        for (int k = 0; k < row.count; ++k) {
            const detail::SoftRow<T> p(row.size(k), row.x[std::size_t(k)], 1);
            for (int i = 0; i < row.size(k); ++i)
                *y++ = std::exp(p.log_p(row.x[std::size_t(k)][i]));
        }
    }
};

/// OKDDip (Chen et al. 2020): softmax_b(<q, k_b>) mixes z_b. Values: q, all k, all z. Out: as one
/// z.
struct AttentionMix {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int peers = (row.count - 1) / 2;
        const int d = row.size(1 + peers);
        T a[R::most] = {};
        weights(row, peers, a);
        for (int c = 0; c < d; ++c) {
            y[c] = 0;
            for (int b = 0; b < peers; ++b)
                y[c] += a[b] * row.x[std::size_t(1 + peers + b)][c];
        }
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        const int peers = (row.count - 1) / 2;
        const int d = row.size(1 + peers);
        const int width = row.size(0);
        T a[R::most] = {};
        T slope[R::most] = {};
        T mean = 0;
        weights(row, peers, a);
        for (int b = 0; b < peers; ++b) {
            slope[b] = 0;
            const std::size_t z = std::size_t(1 + peers + b);
            for (int c = 0; c < d; ++c) {
                slope[b] += dy[c] * row.x[z][c];
                if (row.dx[z])
                    row.dx[z][c] += a[b] * dy[c];
            }
            mean += a[b] * slope[b];
        }
        for (int b = 0; b < peers; ++b) {
            const T s = a[b] * (slope[b] - mean);
            const std::size_t k = std::size_t(1 + b);
            for (int i = 0; i < width; ++i) {
                if (row.dx[0])
                    row.dx[0][i] += s * row.x[k][i];
                if (row.dx[k])
                    row.dx[k][i] += s * row.x[0][i];
            }
        }
    }

private:
    template <class R, class T>
    COLLAB_HD static void weights(const R& row, int peers, T* a) {
        for (int b = 0; b < peers; ++b) {
            a[b] = 0;
            for (int i = 0; i < row.size(0); ++i)
                a[b] += row.x[0][i] * row.x[std::size_t(1 + b)][i];
        }
        const detail::SoftRow<T> p(peers, a, 1);
        for (int b = 0; b < peers; ++b)
            a[b] = std::exp(p.log_p(a[b]));
    }
};

/// BYOT (Zhang et al. 2019): sum of (a - b)^2 where a > 0 or b > 0. A metric of rows.
struct MaskedSquares {
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        T sum = 0;
        for (int i = 0; i < d; ++i)
            sum += a[i] > 0 || b[i] > 0 ? (a[i] - b[i]) * (a[i] - b[i]) : T(0);
        return sum;
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        for (int i = 0; i < d; ++i)
            if (a[i] > 0 || b[i] > 0)
                da[i] += 2 * scale * (a[i] - b[i]);
    }
};

}  // namespace collab
