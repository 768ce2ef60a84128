// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/jpeg.hpp>

#include "encoded.hpp"

using namespace collab;

namespace {

constexpr int width = 37;
constexpr int height = 21;

/// Soft colors, so that compression changes little.
Bytes soft(int channels) {
    Bytes pixels;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < channels; ++c)
                pixels.push_back(static_cast<std::uint8_t>(
                    128 + 90 * std::sin(0.08 * x + 0.06 * y * (c + 1) + c)));
    return pixels;
}
Picture decoded(const Bytes& bytes, int channels = 3) {
    return decode_jpeg(bytes.data(), bytes.size(), "some.jpg", channels);
}
std::string decoding(const Bytes& bytes, int channels = 3) {
    return error_of([&] { decoded(bytes, channels); });
}
int furthest(const Bytes& a, const Bytes& b) {
    REQUIRE(a.size() == b.size());
    int worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
}

}  // namespace

TEST_CASE("a color JPEG is read, baseline and progressive, in color and in gray") {
    for (const bool progressive : {false, true}) {
        const Bytes file = jpeg_of(soft(3), width, height, JCS_RGB, 98, progressive);
        const Picture color = decoded(file);
        const Picture gray = decoded(file, 1);
        CHECK(color.dims == Dims{3, height, width});
        CHECK(furthest(color.pixels, soft(3)) < 16);  // hues are stored at half the resolution
        CHECK(gray.dims == Dims{1, height, width});
        CHECK(furthest(gray.pixels, with_channels(color, 1).pixels) <= 2);
    }
    // RGB stored as such
    CHECK(furthest(decoded(jpeg_of(soft(3), width, height, JCS_RGB, 98, false, JCS_RGB)).pixels,
                   soft(3)) < 8);
}

TEST_CASE("a JPEG of an arithmetic code is read, even where a byte holds many pixels") {
    const auto arithmetic = [](const Bytes& pixels, int side_x, int side_y) {
        return jpeg_of(pixels, side_x, side_y, JCS_RGB, 98, false, JCS_UNKNOWN, true);
    };
    CHECK(furthest(decoded(arithmetic(soft(3), width, height)).pixels, soft(3)) < 16);
    constexpr int side = 1024;
    const Bytes one_color(static_cast<std::size_t>(3 * side * side), 128);
    const Bytes file = arithmetic(one_color, side, side);
    REQUIRE(file.size() * 1024 < side * side);
    CHECK(furthest(decoded(file).pixels, one_color) < 2);
}

TEST_CASE("a gray JPEG is read in gray and in color") {
    const Bytes file = jpeg_of(soft(1), width, height, JCS_GRAYSCALE, 98);
    CHECK(furthest(decoded(file, 1).pixels, soft(1)) < 5);
    CHECK(decoded(file).pixels == with_channels(decoded(file, 1), 3).pixels);
}

TEST_CASE("a CMYK JPEG becomes RGB, and one of Adobe's programs, which store it inverted, too") {
    Bytes ink, light;
    for (int i = 0; i < width * height; ++i) {
        const int cyan = i % width * 6;
        const int black = i / width * 5;
        for (const int v : {cyan, 40, 200, black})
            ink.push_back(static_cast<std::uint8_t>(v));
        for (const int v : {cyan, 40, 200})
            light.push_back(static_cast<std::uint8_t>((255 - v) * (255 - black) / 255.0 + 0.5));
    }
    Bytes inverted = ink;
    for (auto& v : inverted)
        v = static_cast<std::uint8_t>(255 - v);
    // libjpeg writes Adobe's marker
    const Bytes file = jpeg_of(inverted, width, height, JCS_CMYK, 100);
    REQUIRE(has(std::string(file.begin(), file.end()), "Adobe"));
    CHECK(decoded(file).dims == Dims{3, height, width});
    CHECK(furthest(decoded(file).pixels, light) < 8);
    CHECK(furthest(decoded(jpeg_of(inverted, width, height, JCS_CMYK, 100, false, JCS_YCCK)).pixels,
                   light) < 8);
    CHECK(decoded(file, 1).dims == Dims{1, height, width});
    Bytes plain = jpeg_of(ink, width, height, JCS_CMYK, 100);
    const std::string_view text(reinterpret_cast<const char*>(plain.data()), plain.size());
    plain[text.find("Adobe")] = 'X';  // no longer Adobe's marker
    CHECK(furthest(decoded(plain).pixels, light) < 8);
}

TEST_CASE("a JPEG file cut at any byte is refused by name") {
    for (const bool progressive : {false, true}) {
        const Bytes file = jpeg_of(soft(3), width, height, JCS_RGB, 60, progressive);
        CHECK(decoding(file).empty());
        for (std::size_t n = 0; n < file.size(); ++n) {
            const std::string error = decoding(first(file, n));
            CHECK_MESSAGE(error.starts_with("some.jpg: "), n, " of ", file.size(), ": ", error);
            if (n == 0)
                CHECK(error == "some.jpg: is empty");
        }
        CHECK(decoding(joined(file, {1, 2, 3})).empty());  // what follows the end is not looked at
    }
}

TEST_CASE("a JPEG file with any byte changed is read or refused by name, and never more") {
    const Bytes file = jpeg_of(soft(3), width, height, JCS_RGB, 60, true);
    int refused = 0;
    for (std::size_t at = 0; at < file.size(); ++at)
        for (const int change : {1, 0x80, 0xff}) {
            Bytes bytes = file;
            bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ change);
            const std::string error = decoding(bytes);
            CHECK((error.empty() || error.starts_with("some.jpg: ")));
            refused += !error.empty();
        }
    CHECK(refused > 100);
}

TEST_CASE("headers that promise too much, and what is no JPEG, are refused") {
    Bytes file = jpeg_of(soft(3), width, height, JCS_RGB, 60);
    std::size_t frame = 0;
    while (!(file[frame] == 0xff && file[frame + 1] == 0xc0))
        ++frame;
    Bytes large = file;
    Bytes none = file;
    Bytes deep = file;
    large[frame + 5] = large[frame + 7] = 0x40;  // 16405 x 16421
    CHECK(has(decoding(large), "some.jpg: the header says a picture of 16405 x 16421, 269386505 "
                               "pixels; expected at most 268435456"));
    large[frame + 5] = large[frame + 7] = 0x10;
    CHECK(has(decoding(large), "so small a file holds at most "));
    none[frame + 7] = none[frame + 8] = 0;
    CHECK(has(decoding(none), "some.jpg: not a good JPEG file: "));
    deep[frame + 4] = 12;
    CHECK(has(decoding(deep), "some.jpg: "));
    CHECK(has(decoding({1, 2, 3}), "some.jpg: not a good JPEG file: Not a JPEG file"));
    CHECK(has(decoding(file, 2), "2 channels were asked for; expected 1 or 3"));
}
