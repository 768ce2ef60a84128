// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <string>

#include <doctest/doctest.h>
#include <zlib.h>

#include <collab/data/exif.hpp>
#include <collab/data/jpeg.hpp>
#include <collab/data/png.hpp>

#include "encoded.hpp"

using namespace collab;

namespace {

/// Numbers of so many bytes in either order.
struct Block {
    bool little = true;
    Bytes bytes{};
    Block& put(std::size_t value, std::size_t n) {
        for (std::size_t k = 0; k < n; ++k)
            bytes.push_back(static_cast<std::uint8_t>(value >> 8 * (little ? k : n - 1 - k)));
        return *this;
    }
    Block& entry(std::size_t tag, std::size_t type, std::size_t count, std::size_t value) {
        put(tag, 2).put(type, 2).put(count, 4);
        return type == 3 ? put(value, 2).put(0, 2) : put(value, 4);
    }
};
/// An Exif block whose second entry is the orientation.
Bytes exif(std::size_t orientation, bool little = true) {
    Block b{little};
    b.bytes = little ? Bytes{'I', 'I', 42, 0} : Bytes{'M', 'M', 0, 42};
    b.put(8, 4).put(3, 2);
    b.entry(0x0100, 4, 1, 640).entry(0x0112, 3, 1, orientation).entry(0x0128, 3, 1, 2).put(0, 4);
    return b.bytes;
}
int orientation_of(const Bytes& block) {
    return detail::exif_orientation(block.data(), block.size());
}
Bytes with_exif_segment(const Bytes& jpeg, const Bytes& block) {
    Block segment{false, first(jpeg, 2)};
    segment.put(0xffe1, 2).put(2 + 6 + block.size(), 2);
    segment.bytes = joined(joined(segment.bytes, {'E', 'x', 'i', 'f', 0, 0}), block);
    return joined(segment.bytes, Bytes(jpeg.begin() + 2, jpeg.end()));
}
/// The chunk stands before the pixels, or behind them.
Bytes with_exif_chunk(const Bytes& png, const Bytes& block, bool before) {
    constexpr std::size_t head = 33;  // signature and IHDR
    const std::size_t at = before ? head : png.size() - 12;
    Block chunk{false};
    chunk.put(block.size(), 4);
    const Bytes content = joined({'e', 'X', 'I', 'f'}, block);
    chunk.bytes = joined(chunk.bytes, content);
    chunk.put(crc32(0, content.data(), static_cast<uInt>(content.size())), 4);
    return joined(joined(first(png, at), chunk.bytes),
                  Bytes(png.begin() + static_cast<std::ptrdiff_t>(at), png.end()));
}
Bytes picture_bytes(int channels) {
    Bytes pixels;
    for (int p = 0; p < 24 * 16; ++p)
        for (int c = 0; c < channels; ++c)
            pixels.push_back(static_cast<std::uint8_t>(p % 24 * 8 + p / 24 * 3 + 40 * c));
    return pixels;
}

}  // namespace

TEST_CASE("each orientation turns a picture the way its name says") {
    const Picture stored{Dims{1, 2, 3}, {'a', 'b', 'c', 'd', 'e', 'f'}};
    const std::array<std::string, 8> seen{"abcdef", "cbafed", "fedcba", "defabc",
                                          "adbecf", "daebfc", "fcebda", "cfbead"};
    for (int o = 1; o <= 8; ++o) {
        const Picture p = detail::upright(stored, o);
        CHECK(p.dims == (o < 5 ? Dims{1, 2, 3} : Dims{1, 3, 2}));
        CHECK(std::string(p.pixels.begin(), p.pixels.end()) == seen[std::size_t(o) - 1]);
    }
    const Picture colors{Dims{3, 1, 2}, {1, 2, 3, 4, 5, 6}};
    CHECK(detail::upright(colors, 6).dims == Dims{3, 2, 1});
    CHECK(detail::upright(colors, 2).pixels == Bytes{4, 5, 6, 1, 2, 3});
    CHECK(detail::upright(colors, 0).pixels == colors.pixels);
    CHECK(detail::upright(colors, 9).pixels == colors.pixels);
}

TEST_CASE("the orientation is found in either order of bytes, and is 1 where nothing is said") {
    for (const bool little : {true, false}) {
        for (std::size_t o = 1; o <= 8; ++o)
            CHECK(orientation_of(exif(o, little)) == int(o));
        CHECK(orientation_of(exif(0, little)) == 1);
        CHECK(orientation_of(exif(9, little)) == 1);
        CHECK(orientation_of(exif(0xffff, little)) == 1);
        const Bytes whole = exif(6, little);
        for (std::size_t n = 0; n < whole.size(); ++n) {
            const Bytes cut = first(whole, n);
            CHECK(orientation_of(cut) == (n < 34 ? 1 : 6));
        }
        for (std::size_t at = 4; at < 8; ++at) {
            Bytes far = whole;
            far[at] = 0xff;
            CHECK(orientation_of(far) == 1);
        }
    }
    CHECK(orientation_of(Bytes(64, 0)) == 1);
}

TEST_CASE("a JPEG file is read as its Exif block says, in color, in gray and in CMYK") {
    for (const J_COLOR_SPACE space : {JCS_RGB, JCS_GRAYSCALE, JCS_CMYK}) {
        const int stored = space == JCS_CMYK ? 4 : space == JCS_RGB ? 3 : 1;
        const Bytes plain = jpeg_of(picture_bytes(stored), 24, 16, space);
        for (const int channels : {1, 3})
            for (std::size_t o = 1; o <= 8; ++o) {
                const Bytes file = with_exif_segment(plain, exif(o, o % 2 == 0));
                const Picture seen = decode_jpeg(file.data(), file.size(), "x.jpg", channels);
                const Picture expected = detail::upright(
                    decode_jpeg(plain.data(), plain.size(), "x.jpg", channels), int(o));
                CHECK(seen.dims == expected.dims);
                CHECK(seen.pixels == expected.pixels);
            }
    }
}

TEST_CASE("a PNG file is read as its Exif block says, which may stand behind the pixels") {
    const Bytes plain = png_of(picture_bytes(3), 24, 16, 8, PNG_COLOR_TYPE_RGB);
    const Picture stored = decode_png(plain.data(), plain.size(), "x.png");
    for (const bool before : {true, false})
        for (std::size_t o = 1; o <= 8; ++o) {
            const Bytes file = with_exif_chunk(plain, exif(o), before);
            const Picture seen = decode_png(file.data(), file.size(), "x.png");
            CHECK(seen.dims == detail::upright(stored, int(o)).dims);
            CHECK(seen.pixels == detail::upright(stored, int(o)).pixels);
        }
}
