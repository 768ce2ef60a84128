// SPDX-License-Identifier: Apache-2.0
// exif: which way up a picture is to be seen. Cameras store what the sensor saw, and say beside it
// how the camera was held.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <collab/data/picture.hpp>

namespace collab {
namespace detail {

/// The orientation that the bytes of an Exif block say, 1 to 8, beginning with its TIFF header; 1,
/// as it lies, where they say none.
inline int exif_orientation(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t entry_bytes = 12;
    const bool little = size >= 8 && std::memcmp(data, "II*\0", 4) == 0;
    const bool big = size >= 8 && std::memcmp(data, "MM\0*", 4) == 0;
    if (!little && !big)
        return 1;
    const auto number = [&](std::size_t at, std::size_t bytes) {
        std::size_t v = 0;
        for (std::size_t k = 0; k < bytes; ++k)
            v = v << 8 | data[at + (little ? bytes - 1 - k : k)];
        return v;
    };
    const std::size_t directory = number(4, 4);
    if (directory > size - 2)
        return 1;
    const std::size_t first = directory + 2;
    for (std::size_t left = number(directory, 2), at = first; left > 0 && at + entry_bytes <= size;
         --left, at += entry_bytes) {
        const bool one_short = number(at + 2, 2) == 3 && number(at + 4, 4) == 1;
        if (number(at, 2) != 0x0112 || !one_short)
            continue;
        const std::size_t orientation = number(at + 8, 2);
        return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
    }
    return 1;
}

/// The picture as it is to be seen, of one stored with this orientation.
inline Picture upright(Picture picture, int orientation) {
    if (orientation <= 1 || orientation > 8)
        return picture;
    const bool transposed = orientation >= 5;
    const bool from_below =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const Dims in = picture.dims;
    Picture out{transposed ? Dims{in.channels, in.width, in.height} : in, {}};
    out.pixels.resize(picture.pixels.size());
    const auto channels = static_cast<std::size_t>(in.channels);
    std::uint8_t* to = out.pixels.data();
    for (int y = 0; y < out.dims.height; ++y)
        for (int x = 0; x < out.dims.width; ++x) {
            const int row = transposed ? x : y;
            const int column = transposed ? y : x;
            const auto from = static_cast<std::size_t>(from_below ? in.height - 1 - row : row) *
                                  static_cast<std::size_t>(in.width) +
                              static_cast<std::size_t>(from_right ? in.width - 1 - column : column);
            std::memcpy(to, picture.pixels.data() + from * channels, channels);
            to += channels;
        }
    return out;
}

}  // namespace detail
}  // namespace collab
