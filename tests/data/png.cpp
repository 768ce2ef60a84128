// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/png.hpp>
#include <collab/io/png_writer.hpp>

#include "encoded.hpp"

using namespace collab;

namespace {

Bytes noise(int n) {
    Bytes bytes;
    for (int i = 0; i < n; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i * i * 31 + i * 7));
    return bytes;
}
Picture decoded(const Bytes& bytes, int channels = 3) {
    return decode_png(bytes.data(), bytes.size(), "some.png", channels);
}
std::string decoding(const Bytes& bytes, int channels = 3) {
    return error_of([&] { decoded(bytes, channels); });
}

}  // namespace

TEST_CASE("PNG files in color and in gray, interlaced or not, are read as they are") {
    for (const bool interlaced : {false, true}) {
        const Bytes color = noise(11 * 13 * 3);
        const Bytes gray = noise(11 * 13);
        CHECK(decoded(png_of(color, 11, 13, 8, PNG_COLOR_TYPE_RGB, interlaced)).pixels == color);
        CHECK(decoded(png_of(color, 11, 13, 8, PNG_COLOR_TYPE_RGB, interlaced)).dims ==
              Dims{3, 13, 11});
        CHECK(decoded(png_of(gray, 11, 13, 8, PNG_COLOR_TYPE_GRAY, interlaced), 1).pixels == gray);
        CHECK(decoded(png_of(gray, 11, 13, 8, PNG_COLOR_TYPE_GRAY, interlaced)).pixels ==
              with_channels({Dims{1, 13, 11}, gray}, 3).pixels);
        CHECK(decoded(png_of(color, 11, 13, 8, PNG_COLOR_TYPE_RGB, interlaced), 1).pixels ==
              with_channels({Dims{3, 13, 11}, color}, 1).pixels);
    }
}

TEST_CASE("16 bits are scaled to 8, fewer are widened, palettes looked up and opacity left out") {
    CHECK(decoded(png_of({0xff, 0xff, 0x80, 0x00, 0x00, 0x7f, 0x12, 0x00}, 2, 2, 16,
                         PNG_COLOR_TYPE_GRAY),
                  1)
              .pixels == Bytes{255, 128, 0, 18});
    CHECK(decoded(png_of({0xff, 0xff, 0x80, 0x00, 0x00, 0x7f}, 1, 1, 16, PNG_COLOR_TYPE_RGB))
              .pixels == Bytes{255, 128, 0});
    CHECK(decoded(png_of({0xff, 0xff, 0x80, 0x00, 0x00, 0x7f, 0, 0}, 1, 1, 16,
                         PNG_COLOR_TYPE_RGB_ALPHA))
              .pixels == Bytes{255, 128, 0});
    CHECK(decoded(png_of({0xa0}, 4, 1, 1, PNG_COLOR_TYPE_GRAY), 1).pixels == Bytes{255, 0, 255, 0});
    CHECK(decoded(png_of({0x1b}, 4, 1, 2, PNG_COLOR_TYPE_GRAY), 1).pixels ==
          Bytes{0, 85, 170, 255});
    CHECK(decoded(png_of({7, 200, 9, 0}, 2, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA), 1).pixels ==
          Bytes{7, 9});
    CHECK(decoded(png_of({1, 2, 3, 0, 4, 5, 6, 255}, 2, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA)).pixels ==
          Bytes{1, 2, 3, 4, 5, 6});
    CHECK(decoded(png_of({0x31}, 2, 1, 4, PNG_COLOR_TYPE_PALETTE)).pixels ==
          Bytes{3, 6, 252, 1, 2, 254});
}

TEST_CASE("what the library writes, it reads") {
    const Bytes pixels = noise(6 * 5 * 3);
    const std::string file = png(pixels.data(), {3, 6, 5});
    CHECK(decoded(Bytes(file.begin(), file.end())).pixels == pixels);
    const std::string gray = png(pixels.data(), {1, 18, 5});
    CHECK(decoded(Bytes(gray.begin(), gray.end()), 1).pixels == pixels);
}

TEST_CASE("a PNG file cut at any byte is refused by name") {
    for (const bool interlaced : {false, true}) {
        const Bytes file = png_of(noise(9 * 7 * 3), 9, 7, 8, PNG_COLOR_TYPE_RGB, interlaced);
        CHECK(decoding(file).empty());
        for (std::size_t n = 0; n < file.size(); ++n)
            CHECK_MESSAGE(decoding(first(file, n)).starts_with("some.png: "), n, " of ",
                          file.size());
        CHECK(has(decoding(first(file, file.size() - 1)),
                  "corrupt PNG data: the file ends too early (truncated?)"));
    }
    CHECK(decoding({}) == "some.png: is empty");
}

TEST_CASE("a PNG file with any byte changed is read or refused by name") {
    const Bytes file = png_of(noise(9 * 7 * 3), 9, 7, 8, PNG_COLOR_TYPE_RGB);
    int refused = 0;
    int changed = 0;
    for (std::size_t at = 0; at < file.size(); ++at)
        for (const int change : {1, 0x80, 0xff}) {
            Bytes bytes = file;
            bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ change);
            const std::string error = decoding(bytes);
            CHECK((error.empty() || error.starts_with("some.png: ")));
            refused += !error.empty();
            ++changed;
        }
    CHECK(refused > changed * 9 / 10);  // every chunk has a checksum
}

TEST_CASE("a PNG file that promises too much is refused") {
    const Bytes zeros(1000 * 1000 / 8);
    const Bytes file = png_of(zeros, 1000, 1000, 1, PNG_COLOR_TYPE_GRAY);
    CHECK(decoding(file).empty());  // about the densest there is
    Bytes large = png_of({0}, 1, 1, 8, PNG_COLOR_TYPE_GRAY);
    const auto lie = [&](std::uint8_t high) {
        large[18] = large[22] = high;  // width and height, of which the second byte from below
        std::uint32_t crc = static_cast<std::uint32_t>(crc32(0, large.data() + 12, 17));
        for (std::size_t i = 0; i < 4; ++i)
            large[29 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
        return decoding(large);
    };
    CHECK(has(lie(0x20), "some.png: the header says a picture of 8193 x 8193, 67125249 pixels; so "
                         "small a file holds at most "));
    CHECK(has(lie(0x80), "1073807361 pixels; expected at most 268435456"));
    CHECK(has(decoding({0x89, 'P', 'N', 'G', 0}), "some.png: not a good PNG file: "));
    CHECK(has(decoding(file, 4), "4 channels were asked for; expected 1 or 3"));
}
