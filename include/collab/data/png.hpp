// SPDX-License-Identifier: Apache-2.0
// png: pictures from PNG files, as jpeg.hpp reads JPEG files. Needs libpng; the writer
// (io/png_writer.hpp) does not.
#pragma once
#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <png.h>

#include <collab/core/error.hpp>
#include <collab/data/exif.hpp>
#include <collab/data/picture.hpp>

namespace collab {
namespace detail {

/// libpng tells errors by a jump, as libjpeg does: see JpegDecoder.
class PngDecoder {
public:
    PngDecoder(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
    ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngDecoder(const PngDecoder&) = delete;
    PngDecoder& operator=(const PngDecoder&) = delete;

    bool read_header() {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error,
                                      [](png_structp, png_const_charp) {});
        if (png_)
            info_ = png_create_info_struct(png_);
        if (!info_) {
            std::snprintf(message_, sizeof message_,
                          "libpng has no memory or is of another version");
            return false;
        }
        if (setjmp(back_))
            return false;
        png_set_read_fn(png_, this, [](png_structp png, png_bytep out, std::size_t n) {
            PngDecoder& self = *static_cast<PngDecoder*>(png_get_io_ptr(png));
            if (n > self.left_)
                png_error(png, "the file ends too early (truncated?)");
            std::memcpy(out, self.data_, n);
            self.data_ += n;
            self.left_ -= n;
        });
        png_read_info(png_, info_);
        return true;
    }
    /// Gray or RGB, 8 bits each: what else a file may hold is expanded, scaled or left out.
    bool choose_format() {
        if (setjmp(back_))
            return false;
        png_set_expand(png_);
        png_set_scale_16(png_);
        png_set_strip_alpha(png_);
        passes_ = png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return true;
    }
    bool read_pixels(std::uint8_t* out) {
        if (setjmp(back_))
            return false;
        const std::size_t row = png_get_rowbytes(png_, info_);
        for (int pass = 0; pass < passes_; ++pass)
            for (std::size_t y = 0; y < height(); ++y)
                png_read_row(png_, out + y * row, nullptr);
        png_read_end(png_, info_);
        return true;
    }
    /// What the Exif block says, which may stand behind the pixels; 1, as it lies, without one.
    int orientation() const {
#ifdef PNG_eXIf_SUPPORTED
        png_uint_32 size = 0;
        png_bytep block = nullptr;
        if (png_get_eXIf_1(png_, info_, &size, &block) != 0)
            return exif_orientation(block, size);
#endif
        return 1;
    }
    std::size_t width() const { return png_get_image_width(png_, info_); }
    std::size_t height() const { return png_get_image_height(png_, info_); }
    int channels() const { return png_get_channels(png_, info_); }
    int bits() const { return png_get_bit_depth(png_, info_); }
    std::size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
    const char* message() const { return message_; }

private:
    [[noreturn]] static void on_error(png_structp png, png_const_charp what) {
        PngDecoder& self = *static_cast<PngDecoder*>(png_get_error_ptr(png));
        std::snprintf(self.message_, sizeof self.message_, "%s", what);
        std::longjmp(self.back_, 1);
    }

    const std::uint8_t* data_;
    std::size_t left_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    int passes_ = 1;
    std::jmp_buf back_;
    char message_[160] = {};
};

}  // namespace detail

/// The picture of a PNG file's bytes, in gray (`channels` = 1) or color (3). Palettes are looked
/// up, 16 bits scaled to 8, and what a file says about opacity is left out. It is turned as its
/// Exif orientation says. `name` is for messages.
inline Picture decode_png(const std::uint8_t* data, std::size_t size, std::string_view name,
                          int channels = 3) {
    if (channels != 1 && channels != 3)
        fail(name, ": ", channels, " channels were asked for; expected 1 or 3");
    if (size < 1)
        fail(name, ": is empty");
    detail::PngDecoder decoder(data, size);
    if (!decoder.read_header())
        fail(name, ": not a good PNG file: ", decoder.message());
    const std::uint64_t per_byte =
        8 / static_cast<std::uint64_t>(std::clamp(decoder.bits() * decoder.channels(), 1, 8));
    // deflate's densest code: 1032 bytes in one
    detail::check_picture_size(name, decoder.width(), decoder.height(),
                               per_byte * 1032 * static_cast<std::uint64_t>(size));
    if (!decoder.choose_format())
        fail(name, ": not a good PNG file: ", decoder.message());
    const int stored = decoder.channels();
    if ((stored != 1 && stored != 3) || decoder.bits() != 8 ||
        decoder.row_bytes() != decoder.width() * static_cast<std::size_t>(stored))
        fail(name, ": a PNG file of ", stored, " channels of ", decoder.bits(),
             " bits, which is not understood");
    Picture picture{
        Dims{stored, static_cast<int>(decoder.height()), static_cast<int>(decoder.width())}, {}};
    picture.pixels.resize(static_cast<std::size_t>(picture.dims.area()) *
                          static_cast<std::size_t>(stored));
    if (!decoder.read_pixels(picture.pixels.data()))
        fail(name, ": corrupt PNG data: ", decoder.message());
    return with_channels(detail::upright(std::move(picture), decoder.orientation()), channels);
}

}  // namespace collab
