// SPDX-License-Identifier: Apache-2.0
// encoded: JPEG and PNG files of every kind, for tests.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <jpeglib.h>
#include <png.h>

#include "temporary.hpp"

/// A JPEG file of these pixels, in as many channels as `space` has: JCS_GRAYSCALE, JCS_RGB,
/// JCS_CMYK (with Adobe's marker: inverted) ...
inline Bytes jpeg_of(const Bytes& pixels, int width, int height, J_COLOR_SPACE space,
                     int quality = 95, bool progressive = false, J_COLOR_SPACE stored = JCS_UNKNOWN,
                     bool arithmetic = false) {
    const int channels = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
    if (pixels.size() != static_cast<std::size_t>(width * height * channels))
        throw std::runtime_error("jpeg_of: wrong size");
    jpeg_compress_struct info{};
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* out = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = static_cast<JDIMENSION>(width);
    info.image_height = static_cast<JDIMENSION>(height);
    info.input_components = channels;
    info.in_color_space = space;
    jpeg_set_defaults(&info);
    if (stored != JCS_UNKNOWN)
        jpeg_set_colorspace(&info, stored);
    jpeg_set_quality(&info, quality, TRUE);
    info.arith_code = arithmetic ? TRUE : FALSE;
    if (progressive)
        jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = const_cast<JSAMPROW>(pixels.data()) +
                       info.next_scanline * static_cast<std::size_t>(width * channels);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    Bytes bytes(out, out + size);
    std::free(out);
    return bytes;
}

/// A PNG file of these rows, as they lie in the file. A palette's entry i is (i, 2 i, 255 - i).
inline Bytes png_of(const Bytes& rows, int width, int height, int bits, int kind,
                    bool interlaced = false) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    Bytes out;
    png_set_write_fn(
        png, &out,
        [](png_structp p, png_bytep data, std::size_t n) {
            Bytes& to = *static_cast<Bytes*>(png_get_io_ptr(p));
            to.insert(to.end(), data, data + n);
        },
        nullptr);
    png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits,
                 kind, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (kind == PNG_COLOR_TYPE_PALETTE) {
        std::vector<png_color> palette;
        for (int i = 0; i < (1 << bits); ++i)
            palette.push_back({static_cast<png_byte>(i), static_cast<png_byte>(2 * i),
                               static_cast<png_byte>(255 - i)});
        png_set_PLTE(png, info, palette.data(), 1 << bits);
    }
    png_write_info(png, info);
    std::vector<png_bytep> lines;
    for (int y = 0; y < height; ++y)
        lines.push_back(const_cast<png_bytep>(rows.data()) +
                        static_cast<std::size_t>(y) *
                            (rows.size() / static_cast<std::size_t>(height)));
    png_write_image(png, lines.data());
    png_write_end(png, nullptr);
    png_destroy_write_struct(&png, &info);
    return out;
}
