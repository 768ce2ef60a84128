// SPDX-License-Identifier: Apache-2.0
// resize-inl: the bodies of resize.
#pragma once
#include <algorithm>
#include <cmath>

#include <collab/data/resize.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void Taps::set(double from, double extent, int size, int out) {
    const double scale = extent / out;
    const double support = std::max(1.0, scale);
    const int lowest = std::clamp(static_cast<int>(std::floor(from)), 0, size - 1);
    const int highest = std::clamp(static_cast<int>(std::ceil(from + extent)), lowest + 1, size);
    most = static_cast<int>(2 * support) + 3;
    first.resize(static_cast<std::size_t>(out));
    count.resize(static_cast<std::size_t>(out));
    weights.resize(static_cast<std::size_t>(out) * static_cast<std::size_t>(most));
    for (int o = 0; o < out; ++o) {
        const double center = from + (o + 0.5) * scale - 0.5;
        const int begin =
            std::clamp(static_cast<int>(std::ceil(center - support)), lowest, highest - 1);
        const int end = std::clamp(static_cast<int>(std::floor(center + support)) + 1, begin + 1,
                                   std::min(highest, begin + most));
        float* w = weights.data() + static_cast<std::ptrdiff_t>(o) * most;
        double sum = 0;
        for (int i = begin; i < end; ++i)
            sum += std::max(0.0, 1 - std::abs(i - center) / support);
        for (int i = begin; i < end; ++i)  // the sum is 0 only where one pixel is all there is
            w[i - begin] =
                sum > 0
                    ? static_cast<float>(std::max(0.0, 1 - std::abs(i - center) / support) / sum)
                    : 1.0f / static_cast<float>(end - begin);
        first[static_cast<std::size_t>(o)] = begin;
        count[static_cast<std::size_t>(o)] = end - begin;
    }
}
/// Sums n neighboring pixels, each with its weight.
inline void weighted_pixel(const float* w, const std::uint8_t* from, int n, std::ptrdiff_t channels,
                           float* to) {
    if (channels == 3) {
        float a = 0;
        float b = 0;
        float c = 0;
        for (int i = 0; i < n; ++i, from += 3) {
            a += w[i] * from[0];
            b += w[i] * from[1];
            c += w[i] * from[2];
        }
        to[0] = a;
        to[1] = b;
        to[2] = c;
        return;
    }
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (int i = 0; i < n; ++i)
            sum += w[i] * from[i * channels + c];
        to[c] = sum;
    }
}
COLLAB_COMPILED void resize(const std::uint8_t* picture, Dims dims, const PictureWindow& window,
                            int height, int width, std::uint8_t* out, ResizeScratch& scratch) {
    const auto channels = static_cast<std::ptrdiff_t>(dims.channels);
    scratch.horizontal.set(window.left, window.width, dims.width, width);
    scratch.vertical.set(window.top, window.height, dims.height, height);
    const Taps& h = scratch.horizontal;
    const Taps& v = scratch.vertical;
    const int top = v.first.front();
    const int bottom = v.first.back() + v.count.back();
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(width) * channels;
    scratch.rows.resize(static_cast<std::size_t>(bottom - top) * static_cast<std::size_t>(row));
    for (int y = top; y < bottom; ++y) {
        const std::uint8_t* in = picture + static_cast<std::ptrdiff_t>(y) * dims.width * channels;
        float* to = scratch.rows.data() + (y - top) * row;
        for (int x = 0; x < width; ++x, to += channels) {
            const float* w = h.weights.data() + static_cast<std::ptrdiff_t>(x) * h.most;
            const std::uint8_t* from = in + h.first[static_cast<std::size_t>(x)] * channels;
            weighted_pixel(w, from, h.count[static_cast<std::size_t>(x)], channels, to);
        }
    }
    for (int y = 0; y < height; ++y) {
        const float* w = v.weights.data() + static_cast<std::ptrdiff_t>(y) * v.most;
        const float* from =
            scratch.rows.data() + (v.first[static_cast<std::size_t>(y)] - top) * row;
        const int n = v.count[static_cast<std::size_t>(y)];
        for (std::ptrdiff_t x = 0; x < row; ++x) {
            float sum = 0.5f;  // to round
            for (int i = 0; i < n; ++i)
                sum += w[i] * from[i * row + x];
            *out++ = static_cast<std::uint8_t>(std::clamp(sum, 0.0f, 255.0f));
        }
    }
}
COLLAB_COMPILED COLLAB_COLD PictureWindow random_window(Dims dims, double min_area, Random random) {
    const double area = static_cast<double>(dims.height) * dims.width;
    const double longest = std::log(4.0 / 3);
    for (std::uint64_t attempt = 0; attempt < 10; ++attempt) {
        const Words w = random(attempt);
        const double part = area * (min_area + (1 - min_area) * uniform<double>(w.w[0]));
        const double ratio = std::exp(longest * (2 * uniform<double>(w.w[1]) - 1));
        const int width = static_cast<int>(std::lround(std::sqrt(part * ratio)));
        const int height = static_cast<int>(std::lround(std::sqrt(part / ratio)));
        if (width < 1 || height < 1 || width > dims.width || height > dims.height)
            continue;
        return {
            static_cast<double>(
                below(w.w[2], static_cast<std::uint32_t>(dims.height - height) + 1)),
            static_cast<double>(below(w.w[3], static_cast<std::uint32_t>(dims.width - width) + 1)),
            static_cast<double>(height), static_cast<double>(width)};
    }
    const int width =
        std::clamp(static_cast<int>(std::lround(dims.height * 4.0 / 3)), 1, dims.width);
    const int height =
        std::clamp(static_cast<int>(std::lround(dims.width * 4.0 / 3)), 1, dims.height);
    return {static_cast<double>((dims.height - height) / 2),
            static_cast<double>((dims.width - width) / 2), static_cast<double>(height),
            static_cast<double>(width)};
}
COLLAB_COMPILED COLLAB_COLD PictureWindow central_window(Dims dims, int side, int scaled) {
    const double extent =
        std::min(dims.height, dims.width) * std::min(1.0, static_cast<double>(side) / scaled);
    return {(dims.height - extent) / 2, (dims.width - extent) / 2, extent, extent};
}
}  // namespace collab::detail
