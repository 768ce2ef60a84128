// SPDX-License-Identifier: Apache-2.0
// normalization: batch normalization over samples and pixels, with the activation behind it.
#pragma once
#include <cmath>

#include <collab/backend/cuda/loops.hpp>
#include <collab/backend/operands.hpp>

namespace collab::backend::device {

/// The mean and the inverse stddev of each channel.
template <class T>
struct Moments {
    const T *mean, *inverse;
};

template <class S, class T, class F>
void normalize(S& system, const Map& map, F f, View<const T> x, const Affine<T>& affine,
               const Moments<T>& moments, View<T> y) {
    const T* const gamma = affine.gamma;
    const T* const beta = affine.beta;
    const T* const mean = moments.mean;
    const T* const inverse = moments.inverse;
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        pixel(y, p)[c] = f((pixel(x, p)[c] - mean[c]) * inverse[c] * gamma[c] + beta[c]);
    });
}

template <class S, class T, class F>
void batch_norm(S& system, const Map& map, F f, View<const T> x, const Affine<T>& affine,
                const Statistics<T>& statistics, View<T> y) {
    const double count = double(map.pixels());
    const double momentum = statistics.constants.momentum;
    const double epsilon = statistics.constants.epsilon;
    T* const running_mean = statistics.running_mean;
    T* const running_variance = statistics.running_variance;
    T* const saved = statistics.saved;
    const int channels = map.dims.channels;
    column_sums<2>(
        system, map.pixels(), channels,
        // distances from the first pixel: no difference of large squares where the mean is large
        [=] COLLAB_HD(long p, int c, double* s) {
            const double d = double(pixel(x, p)[c]) - double(x.data[c]);
            s[0] += d;
            s[1] += d * d;
        },
        [=] COLLAB_HD(int c, const double* s) {
            const double shift = s[0] / count;
            const double mean = double(x.data[c]) + shift;
            const double squares = s[1] - s[0] * shift;
            const double variance = squares > 0 ? squares / count : squares - squares;
            const double unbiased =
                squares > 0 ? squares / (count > 1 ? count - 1 : 1) : squares - squares;
            running_mean[c] =
                T(double(running_mean[c]) + momentum * (mean - double(running_mean[c])));
            running_variance[c] = T(double(running_variance[c]) +
                                    momentum * (unbiased - double(running_variance[c])));
            saved[c] = T(mean);
            saved[channels + c] = T(1 / std::sqrt(variance + epsilon));
        });
    normalize(system, map, f, x, affine, Moments<T>{saved, saved + channels}, y);
}

template <class S, class T, class F>
void batch_norm_inference(S& system, const Map& map, F f, View<const T> x, const Affine<T>& affine,
                          const PopulationStatistics<T>& statistics, View<T> y) {
    const double epsilon = statistics.epsilon;
    const T* const variance = statistics.variance;
    T* const inverse =
        system.template scratch<T>(Scratch::channels, std::size_t(map.dims.channels));
    for_each(system, std::size_t(map.dims.channels), [=] COLLAB_HD(std::size_t c) {
        inverse[c] = T(1 / std::sqrt(double(variance[c]) + epsilon));
    });
    normalize(system, map, f, x, affine, Moments<T>{statistics.mean, inverse}, y);
}

template <class S, class T, class F>
void batch_norm_backward(S& system, const Map& map, F f, const NormalizationBackward<T>& backward,
                         const T* gamma, View<T> dx) {
    // A lambda for the GPU captures no structured binding.
    const View<const T> x = backward.x;
    const View<const T> y = backward.y;
    const View<const T> dy = backward.dy;
    const T* const saved = backward.saved;
    T* const dgamma = backward.dgamma;
    T* const dbeta = backward.dbeta;
    const double count = double(map.pixels());
    const int channels = map.dims.channels;
    // of the gradient, and of it times the normalized x
    T* const means = system.template scratch<T>(Scratch::channels, 2 * std::size_t(channels));
    column_sums<2>(
        system, map.pixels(), channels,
        [=] COLLAB_HD(long p, int c, double* s) {
            const double g = double(pixel(dy, p)[c] * f.slope(pixel(y, p)[c]));
            s[0] += g;
            s[1] += g * double((pixel(x, p)[c] - saved[c]) * saved[channels + c]);
        },
        [=] COLLAB_HD(int c, const double* s) {
            means[c] = T(s[0] / count);
            means[channels + c] = T(s[1] / count);
            dbeta[c] += T(s[0]);
            dgamma[c] += T(s[1]);
        });
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        const T inverse = saved[channels + c];
        const T normalized = (pixel(x, p)[c] - saved[c]) * inverse;
        const T g = pixel(dy, p)[c] * f.slope(pixel(y, p)[c]);
        pixel(dx, p)[c] = gamma[c] * inverse * (g - means[c] - normalized * means[channels + c]);
    });
}

}  // namespace collab::backend::device
