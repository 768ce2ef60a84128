// SPDX-License-Identifier: Apache-2.0
// mixing-inl: the bodies of mixing.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

#include <collab/data/mixing.hpp>
#include <collab/data/transform_params.hpp>

namespace collab {
namespace detail {
/// A number of Gamma(alpha, 1) (Marsaglia and Tsang 2000).
inline double gamma_number(double alpha, Random random) {
    const double a = alpha < 1 ? alpha + 1 : alpha;
    const double d = a - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    for (std::uint64_t k = 1;; ++k) {
        const Words w = random(k);
        const double x = normal(w.w[0], w.w[1]).first;
        const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
        const double u = (double(w.w[2]) + 0.5) / 4294967296.0;
        if (v <= 0 || std::log(u) >= 0.5 * x * x + d - d * v + d * std::log(v))
            continue;
        if (alpha >= 1)
            return d * v;
        const double shrink = (double(random.word(0)) + 0.5) / 4294967296.0;
        return d * v * std::pow(shrink, 1 / alpha);
    }
}
COLLAB_COMPILED COLLAB_COLD double symmetric_beta(double alpha, Random random) {
    const double a = gamma_number(alpha, random.child(0));
    const double b = gamma_number(alpha, random.child(1));
    if (a + b > 0)
        return a / (a + b);
    return random.word(0) >> 31;  // so small an alpha that both vanish: one of the two pictures
}
}  // namespace detail

COLLAB_COMPILED double Mixup::operator()(Random random, Dims dims, float* image,
                                         const float* other) const {
    const auto share = static_cast<float>(detail::symmetric_beta(alpha, random));
    for (int i = 0; i < dims.size(); ++i)
        image[i] = share * image[i] + (1 - share) * other[i];
    return static_cast<double>(share);
}
COLLAB_COMPILED double CutMix::operator()(Random random, Dims dims, float* image,
                                          const float* other) const {
    const double side = std::sqrt(1 - detail::symmetric_beta(alpha, random));
    const Words w = random(0);
    const auto cut = [&](int extent, std::uint32_t word, int& from, int& to) {
        const int length = static_cast<int>(extent * side);
        const int middle = static_cast<int>(below(word, static_cast<std::uint32_t>(extent)));
        from = detail::within(middle - length / 2, extent);
        to = detail::within(middle - length / 2 + length, extent);
    };
    int top = 0;
    int bottom = 0;
    int left = 0;
    int right = 0;
    cut(dims.height, w.w[2], top, bottom);
    cut(dims.width, w.w[3], left, right);
    for (int y = top; y < bottom; ++y) {
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(y) * dims.width;
        std::copy(other + (row + left) * dims.channels, other + (row + right) * dims.channels,
                  image + (row + left) * dims.channels);
    }
    return 1 - static_cast<double>((bottom - top) * (right - left)) / dims.area();
}
}  // namespace collab
