// SPDX-License-Identifier: Apache-2.0
// png_writer: pictures written as PNG files. Needs zlib alone, so a program that draws needs no
// libpng, which the reader (data/png.hpp) is made of: hence two files.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include <collab/core/error.hpp>
#include <collab/core/shape.hpp>
#include <collab/io/replace_file.hpp>

namespace collab {

/// The bytes of a PNG file of a picture in HWC order: 1 channel (gray), 2 (gray and opacity), 3
/// (RGB) or 4 (RGB and opacity), 8 bits each.
inline std::string png(const std::uint8_t* pixels, Dims dims) {
    if (dims.channels < 1 || dims.channels > 4 || dims.height < 1 || dims.width < 1)
        fail("png: a picture of ", dims.channels, " x ", dims.height, " x ", dims.width,
             " (channels, height, width); expected 1 to 4 channels and positive extents");
    const auto big_endian = [](std::string& to, std::uint32_t v) {
        for (int shift = 24; shift >= 0; shift -= 8)
            to += static_cast<char>(v >> shift & 255);
    };
    std::string file = "\x89PNG\r\n\x1a\n";
    const auto chunk = [&](std::string_view type, std::string_view data) {
        big_endian(file, static_cast<std::uint32_t>(data.size()));
        const std::size_t from = file.size();
        file += type;
        file += data;
        big_endian(file, static_cast<std::uint32_t>(
                             crc32(0, reinterpret_cast<const Bytef*>(file.data() + from),
                                   static_cast<uInt>(file.size() - from))));
    };
    std::string header;
    big_endian(header, static_cast<std::uint32_t>(dims.width));
    big_endian(header, static_cast<std::uint32_t>(dims.height));
    // bits, kind of color, and the only ways there are to compress, filter, and not interlace
    header += {8, "\0\4\2\6"[dims.channels - 1], 0, 0, 0};
    chunk("IHDR", header);

    // Each row as its difference to the row above (filter 2), which suits both drawings and
    // photographs well enough.
    const std::size_t row =
        static_cast<std::size_t>(dims.width) * static_cast<std::size_t>(dims.channels);
    const std::size_t rows = static_cast<std::size_t>(dims.height);
    if (rows * (row + 1) > 1u << 30)
        fail("png: a picture of ", rows * (row + 1), " bytes; expected at most 1073741824");
    std::vector<std::uint8_t> filtered;
    filtered.reserve(rows * (row + 1));
    for (std::size_t y = 0; y < rows; ++y) {
        filtered.push_back(2);
        for (std::size_t x = 0; x < row; ++x)
            filtered.push_back(static_cast<std::uint8_t>(pixels[y * row + x] -
                                                         (y ? pixels[(y - 1) * row + x] : 0)));
    }
    uLongf size = compressBound(static_cast<uLong>(filtered.size()));
    std::string packed(size, '\0');
    if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, filtered.data(),
                  static_cast<uLong>(filtered.size()), 9) != Z_OK)
        fail("png: zlib has no memory to compress the picture");
    chunk("IDAT", std::string_view(packed).substr(0, size));
    chunk("IEND", "");
    return file;
}

/// Writes such a file, whole or not at all. Throws Error naming the path.
inline void write_png(const std::string& path, const std::uint8_t* pixels, Dims dims) {
    detail::replace_file(path, png(pixels, dims), "the picture");
}

}  // namespace collab
