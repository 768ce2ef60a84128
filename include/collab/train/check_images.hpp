// SPDX-License-Identifier: Apache-2.0
// check_images: whether the pixels of a batch are numbers, before a network learns from them.
#pragma once
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/shape.hpp>

namespace collab::detail {

/// Throws Error for the first NHWC pixel that is infinite or not a number. It reads memory that is
/// about to be copied, about 20 GB in a second.
void check_images(const float* images, Dims dims, std::size_t samples);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

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
#endif
