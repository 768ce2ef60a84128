// SPDX-License-Identifier: Apache-2.0
// picture: one picture of any size, as decoded from a file.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// Bytes in HWC order.
struct Picture {
    Dims dims;
    std::vector<std::uint8_t> pixels;
};

/// The picture in gray (1 channel, by ITU-R BT.601) or in color (3).
inline Picture with_channels(Picture picture, int channels) {
    if (picture.dims.channels == channels)
        return picture;
    if ((channels != 1 && channels != 3) ||
        (picture.dims.channels != 1 && picture.dims.channels != 3))
        fail("a picture of ", picture.dims.channels, " channels as one of ", channels,
             "; expected 1 or 3");
    Picture out{Dims{channels, picture.dims.height, picture.dims.width}, {}};
    out.pixels.resize(static_cast<std::size_t>(out.dims.size()));
    for (std::size_t i = 0; i < static_cast<std::size_t>(out.dims.area()); ++i) {
        if (channels == 3) {
            std::fill_n(out.pixels.data() + 3 * i, 3, picture.pixels[i]);
        } else {
            const std::uint8_t* p = picture.pixels.data() + 3 * i;
            out.pixels[i] =
                static_cast<std::uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
        }
    }
    return out;
}

namespace detail {

/// Throws unless a picture of these extents may be decoded: `most_pixels` is what so small a file
/// can hold, so that a few false bytes in a header do not take all memory.
inline void check_picture_size(std::string_view name, std::uint64_t width, std::uint64_t height,
                               std::uint64_t most_pixels) {
    constexpr std::uint64_t most = 1u << 28;  // 268 million pixels
    if (width < 1 || height < 1 || width > 65535 || height > 65535)
        fail(name, ": the header says a picture of ", height, " x ", width,
             "; expected 1 to 65535 on each side");
    if (width * height > most)
        fail(name, ": the header says a picture of ", height, " x ", width, ", ", width * height,
             " pixels; expected at most ", most);
    if (width * height > most_pixels)
        fail(name, ": the header says a picture of ", height, " x ", width, ", ", width * height,
             " pixels; so small a file holds at most ", most_pixels, " (corrupt?)");
}

}  // namespace detail
}  // namespace collab
