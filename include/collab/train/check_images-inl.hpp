// SPDX-License-Identifier: Apache-2.0
// check_images-inl: the bodies of check_images.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include <collab/train/check_images.hpp>

namespace collab::detail {
[[noreturn]] COLLAB_COMPILED COLLAB_COLD void name_pixel(std::size_t at, float value, Dims dims) {
    const std::size_t size = std::size_t(dims.size());
    const std::size_t channels = std::size_t(dims.channels);
    const std::size_t place = at % size / channels;
    fail("the image of sample ", at / size, " holds ", value, " in channel ", at % channels,
         ", row ", place / std::size_t(dims.width), ", column ", place % std::size_t(dims.width),
         "; expected finite numbers");
}
COLLAB_COMPILED void check_images(const float* images, Dims dims, std::size_t samples) {
    const std::size_t count = std::size_t(dims.size()) * samples;
    // The largest of the magnitudes as integers, block by block of a length that compilers know:
    // vector code at any level of optimization, and no comparison of floats that -ffast-math may
    // leave out.
    constexpr std::size_t block = 64;
    constexpr std::int32_t infinity = 0x7f800000;
    const auto magnitude = [](float v) { return std::bit_cast<std::int32_t>(v) & 0x7fffffff; };
    std::size_t at = 0;
    for (; at + block <= count; at += block) {
        std::int32_t largest = 0;
        for (std::size_t k = 0; k < block; ++k)
            largest = std::max(largest, magnitude(images[at + k]));
        if (largest >= infinity)
            break;
    }
    for (; at < count; ++at)
        if (magnitude(images[at]) >= infinity)
            name_pixel(at, images[at], dims);
}
}  // namespace collab::detail
