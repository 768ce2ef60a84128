// SPDX-License-Identifier: Apache-2.0
// jpeg: pictures from JPEG files. Needs libjpeg-turbo (or another libjpeg of version 8 or later).
#pragma once
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // jpeglib.h wants it before
#include <cstring>
#include <string_view>
#include <utility>

#include <jpeglib.h>

#include <jerror.h>

#include <collab/core/error.hpp>
#include <collab/data/exif.hpp>
#include <collab/data/picture.hpp>

namespace collab {
namespace detail {

/// libjpeg tells errors by a jump out of its depths, which may not cross anything with a
/// destructor: the two functions that set the place to jump to hold none, and return false after a
/// jump, with the reason in `message`.
class JpegDecoder {
public:
    JpegDecoder() {
        info_.err = jpeg_std_error(&errors_);
        errors_.error_exit = [](j_common_ptr info) { of(info).give_up(info); };
        errors_.emit_message = [](j_common_ptr info, int level) {
            const int code = info->err->msg_code;
            // Warnings mean damage, but for bytes between two segments, which cost nothing, and
            // markers of unknown versions.
            if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR &&
                code != JWRN_ADOBE_XFORM)
                of(info).give_up(info);
        };
        progress_.progress_monitor = [](j_common_ptr info) {
            JpegDecoder& self = of(info);
            // a small file can ask for days of work that way
            if (self.info_.input_scan_number > 500) {
                std::snprintf(self.message_, sizeof self.message_, "more than 500 scans");
                std::longjmp(self.back_, 1);
            }
        };
        info_.client_data = this;
    }
    ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
    JpegDecoder(const JpegDecoder&) = delete;
    JpegDecoder& operator=(const JpegDecoder&) = delete;

    bool read_header(const std::uint8_t* data, std::size_t size) {
        if (setjmp(back_))
            return false;
        jpeg_create_decompress(&info_);
        info_.progress = &progress_;
        jpeg_mem_src(&info_, data, static_cast<unsigned long>(size));
        jpeg_save_markers(&info_, exif_marker, 0xffff);
        jpeg_read_header(&info_, TRUE);
        return true;
    }
    /// `out` has room for width x height x (1 for gray, 3 for RGB, 4 for CMYK).
    bool read_pixels(J_COLOR_SPACE space, std::uint8_t* out) {
        if (setjmp(back_))
            return false;
        info_.out_color_space = space;
        jpeg_start_decompress(&info_);
        while (info_.output_scanline < info_.output_height) {
            JSAMPROW row = out + static_cast<std::size_t>(info_.output_scanline) *
                                     info_.output_width *
                                     static_cast<std::size_t>(info_.output_components);
            jpeg_read_scanlines(&info_, &row, 1);
        }
        jpeg_finish_decompress(&info_);
        return true;
    }
    const jpeg_decompress_struct& info() const { return info_; }
    /// What the first Exif block of the header says; 1, as it lies, where there is none.
    int orientation() const {
        constexpr std::size_t name_bytes = 6;
        for (jpeg_saved_marker_ptr m = info_.marker_list; m != nullptr; m = m->next)
            if (m->marker == exif_marker && m->data_length > name_bytes &&
                std::memcmp(m->data, "Exif\0", name_bytes) == 0)
                return exif_orientation(m->data + name_bytes, m->data_length - name_bytes);
        return 1;
    }
    const char* message() const { return message_; }

private:
    static constexpr int exif_marker = JPEG_APP0 + 1;

    static JpegDecoder& of(j_common_ptr info) {
        return *static_cast<JpegDecoder*>(info->client_data);
    }
    [[noreturn]] void give_up(j_common_ptr info) {
        info->err->format_message(info, message_);
        std::longjmp(back_, 1);
    }

    jpeg_decompress_struct info_{};
    jpeg_error_mgr errors_{};
    jpeg_progress_mgr progress_{};
    std::jmp_buf back_;
    char message_[JMSG_LENGTH_MAX] = {};
};

}  // namespace detail

/// The picture of a JPEG file's bytes, in gray (`channels` = 1) or color (3), turned as its Exif
/// orientation says. CMYK is converted, without a color profile. Damage that libjpeg would paint
/// over in gray is an error. `name` is for messages.
inline Picture decode_jpeg(const std::uint8_t* data, std::size_t size, std::string_view name,
                           int channels = 3) {
    if (channels != 1 && channels != 3)
        fail(name, ": ", channels, " channels were asked for; expected 1 or 3");
    if (size < 1)
        fail(name, ": is empty");
    detail::JpegDecoder decoder;
    if (!decoder.read_header(data, size))
        fail(name, ": not a good JPEG file: ", decoder.message());
    const jpeg_decompress_struct& info = decoder.info();
    const int orientation = decoder.orientation();  // forgotten once the pixels are read
    // half a bit for a block of 64 pixels; an arithmetic code takes next to nothing for many blocks
    // of one color
    const std::uint64_t pixels_in_byte = info.arith_code ? 1 << 20 : 1 << 10;
    detail::check_picture_size(name, info.image_width, info.image_height,
                               pixels_in_byte * static_cast<std::uint64_t>(size));
    const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    const bool inverted = info.saw_Adobe_marker;
    const int stored = cmyk ? 4 : channels;
    Picture picture{
        Dims{stored, static_cast<int>(info.image_height), static_cast<int>(info.image_width)}, {}};
    picture.pixels.resize(static_cast<std::size_t>(picture.dims.area()) *
                          static_cast<std::size_t>(stored));
    if (!decoder.read_pixels(cmyk            ? JCS_CMYK
                             : channels == 1 ? JCS_GRAYSCALE
                                             : JCS_RGB,
                             picture.pixels.data()))
        fail(name, ": corrupt JPEG data: ", decoder.message());
    if (!cmyk)
        return detail::upright(std::move(picture), orientation);
    // in place: three bytes for four
    for (std::size_t i = 0; i < static_cast<std::size_t>(picture.dims.area()); ++i)
        for (std::size_t c = 0; c < 3; ++c) {
            // Adobe's programs store 255 for no ink
            const int ink = picture.pixels[4 * i + c];
            const int black = picture.pixels[4 * i + 3];
            picture.pixels[3 * i + c] = static_cast<std::uint8_t>(
                inverted ? (ink * black + 127) / 255 : ((255 - ink) * (255 - black) + 127) / 255);
        }
    picture.dims.channels = 3;
    picture.pixels.resize(static_cast<std::size_t>(picture.dims.size()));
    return with_channels(detail::upright(std::move(picture), orientation), channels);
}

}  // namespace collab
