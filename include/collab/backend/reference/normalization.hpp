// SPDX-License-Identifier: Apache-2.0
// normalization: the reference meaning of batch normalization, of activations and of dropout.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <collab/backend/geometry.hpp>
#include <collab/backend/operands.hpp>
#include <collab/backend/reference/memory.hpp>
#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

/// See ActivationBackend in backend/concepts.hpp.
template <class T>
struct ReferenceActivation {
    template <class F>
    void activate(const Map& map, F f, View<const T> x, View<T> y) const {
        collab::detail::for_elements(map, [&](auto p, int c) {
            collab::detail::pixel(y, p)[c] = f(collab::detail::pixel(x, p)[c]);
        });
    }
    template <class F>
    void activate_backward(const Map& map, F f, View<const T> from, View<const T> dy,
                           View<T> dx) const {
        collab::detail::for_elements(map, [&](auto p, int c) {
            collab::detail::pixel(dx, p)[c] =
                collab::detail::pixel(dy, p)[c] * slope_from(f, collab::detail::pixel(from, p)[c]);
        });
    }
};

/// See NormalizationBackend in backend/concepts.hpp. Sums are kept in double for every T. A batch
/// of a single pixel has no unbiased variance: its biased one, 0, stands in.
template <class T>
struct ReferenceNormalization {
    template <class F>
    void batch_norm(const Map& map, F f, View<const T> x, const Affine<T>& affine,
                    const Statistics<T>& statistics, View<T> y) const {
        const auto& [n, running_mean, running_variance, saved] = statistics;
        const double count = double(map.pixels());
        for (int c = 0; c < map.dims.channels; ++c) {
            // A yardstick: a sum of like terms in double is off by as much as it is long.
            long double mean = 0;
            long double variance = 0;  // two passes: no difference of large squares
            for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
                mean += double(collab::detail::pixel(x, p)[c]);
            mean /= count;
            for (std::ptrdiff_t p = 0; p < map.pixels(); ++p) {
                const long double d = double(collab::detail::pixel(x, p)[c]) - mean;
                variance += d * d;
            }
            const long double unbiased = variance / (count > 1 ? count - 1 : 1);
            variance /= count;
            running_mean[c] =
                T(double(running_mean[c]) + n.momentum * (mean - double(running_mean[c])));
            running_variance[c] = T(double(running_variance[c]) +
                                    n.momentum * (unbiased - double(running_variance[c])));
            saved[c] = T(mean);
            saved[map.dims.channels + c] = T(1 / std::sqrt(variance + n.epsilon));
        }
        apply(map, f, x, affine, saved, saved + map.dims.channels, y);
    }

    template <class F>
    void batch_norm_inference(const Map& map, F f, View<const T> x, const Affine<T>& affine,
                              const PopulationStatistics<T>& statistics, View<T> y) const {
        const auto& [mean, variance, epsilon] = statistics;
        std::vector<T> inverse(std::size_t(map.dims.channels));  // 1 / standard stddev
        for (int c = 0; c < map.dims.channels; ++c)
            inverse[std::size_t(c)] = T(1 / std::sqrt(double(variance[c]) + epsilon));
        apply(map, f, x, affine, mean, inverse.data(), y);
    }

    // One copy of the code, or the compiler may fuse multiplications and additions in one and not
    // in another, and the bits would depend on who calls.
    template <class F>
    COLLAB_NOINLINE void batch_norm_backward(const Map& map, F f,
                                             const NormalizationBackward<T>& backward,
                                             const T* gamma, View<T> dx) const {
        const View<const T> x = backward.x;
        const View<const T> y = backward.y;
        const View<const T> dy = backward.dy;
        const T* const saved = backward.saved;
        const double count = double(map.pixels());
        for (int c = 0; c < map.dims.channels; ++c) {
            const double mean = double(saved[c]);
            const double inverse = double(saved[map.dims.channels + c]);
            const auto normalized = [&](std::ptrdiff_t p) {
                return (double(collab::detail::pixel(x, p)[c]) - mean) * inverse;
            };
            // of the normalized value, behind the activation
            const auto gradient = [&](std::ptrdiff_t p) {
                return double(collab::detail::pixel(dy, p)[c]) *
                       double(f.slope(collab::detail::pixel(y, p)[c]));
            };
            long double sum = 0;
            long double product = 0;
            for (std::ptrdiff_t p = 0; p < map.pixels(); ++p) {
                sum += gradient(p);
                product += gradient(p) * normalized(p);
            }
            for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
                collab::detail::pixel(dx, p)[c] =
                    T(double(gamma[c]) * inverse *
                      (gradient(p) - sum / count - normalized(p) * product / count));
            backward.dgamma[c] += T(product);
            backward.dbeta[c] += T(sum);
        }
    }

private:
    template <class F>
    static void apply(const Map& map, F f, View<const T> x, const Affine<T>& affine, const T* mean,
                      const T* inverse, View<T> y) {
        const T* const gamma = affine.gamma;
        const T* const beta = affine.beta;
        collab::detail::for_elements(map, [&](auto p, int c) {
            collab::detail::pixel(y, p)[c] =
                f((collab::detail::pixel(x, p)[c] - mean[c]) * inverse[c] * gamma[c] + beta[c]);
        });
    }
};

/// See DropoutBackend in backend/concepts.hpp.
template <class T>
struct ReferenceDropout {
    void dropout(const Map& map, double p, Random random, View<const T> x, View<T> y) const {
        std::uint64_t i = 0;
        collab::detail::for_elements(map, [&](auto q, int c) {
            const bool dropped = uniform<double>(random.word(i++)) < p;
            collab::detail::pixel(y, q)[c] =
                dropped ? T(0) : collab::detail::pixel(x, q)[c] / T(1 - p);
        });
    }
};

}  // namespace collab::backend
