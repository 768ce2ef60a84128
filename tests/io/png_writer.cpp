// SPDX-License-Identifier: Apache-2.0
// png_writer: the written files, taken apart by hand.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <zlib.h>

#include <collab/io/png_writer.hpp>

#include "data/temporary.hpp"

using namespace collab;

namespace {

std::uint32_t number(const std::string& s, std::size_t at) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i)
        v = v << 8 | static_cast<std::uint8_t>(s.at(at + i));
    return v;
}
/// The content of the chunk at `at`, which must be of this type and have the right checksum; moves
/// on to the next.
std::string chunk(const std::string& file, std::size_t& at, const std::string& type) {
    const std::uint32_t size = number(file, at);
    CHECK(file.substr(at + 4, 4) == type);
    const std::string data = file.substr(at + 8, size);
    CHECK(number(file, at + 8 + size) ==
          crc32(0, reinterpret_cast<const Bytef*>(file.data() + at + 4), size + 4));
    at += size + 12;
    return data;
}
/// The pixels of a file as png writes it.
std::vector<std::uint8_t> pixels_of(const std::string& file, Dims dims, char kind) {
    CHECK(file.substr(0, 8) == std::string("\x89PNG\r\n\x1a\n"));
    std::size_t at = 8;
    const std::string header = chunk(file, at, "IHDR");
    REQUIRE(header.size() == 13);
    CHECK(number(header, 0) == static_cast<std::uint32_t>(dims.width));
    CHECK(number(header, 4) == static_cast<std::uint32_t>(dims.height));
    CHECK(header.substr(8) == std::string({8, kind, 0, 0, 0}));
    const std::string packed = chunk(file, at, "IDAT");
    CHECK(chunk(file, at, "IEND").empty());
    CHECK(at == file.size());
    const auto row = static_cast<std::size_t>(dims.width * dims.channels);
    const auto rows = static_cast<std::size_t>(dims.height);
    std::vector<std::uint8_t> raw((row + 1) * rows);
    std::vector<std::uint8_t> out;
    uLongf size = static_cast<uLong>(raw.size());
    REQUIRE(uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(packed.data()),
                       static_cast<uLong>(packed.size())) == Z_OK);
    CHECK(size == raw.size());
    for (std::size_t y = 0; y < rows; ++y) {
        CHECK(raw[y * (row + 1)] == 2);  // difference to the row above
        for (std::size_t x = 0; x < row; ++x)
            out.push_back(static_cast<std::uint8_t>(raw[y * (row + 1) + 1 + x] +
                                                    (y ? out[(y - 1) * row + x] : 0)));
    }
    return out;
}

}  // namespace

TEST_CASE("a picture of one to four channels is a PNG file") {
    for (const int channels : {1, 2, 3, 4}) {
        const Dims dims{channels, 5, 7};
        std::vector<std::uint8_t> pixels;
        for (int i = 0; i < dims.size(); ++i)
            pixels.push_back(static_cast<std::uint8_t>(i * i * 7 + i));
        CHECK(pixels_of(png(pixels.data(), dims), dims, "\0\4\2\6"[channels - 1]) == pixels);
    }
}

TEST_CASE("a picture is written whole, or the reason is told") {
    const Folder folder;
    const std::vector<std::uint8_t> pixels(6, 9);
    const std::string path = (folder.path / "p.png").string();
    write_png(path, pixels.data(), {3, 1, 2});
    std::ifstream file(path, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == png(pixels.data(), {3, 1, 2}));
    CHECK(has(error_of([&] {
                  write_png((folder.path / "none" / "p.png").string(), pixels.data(), {3, 1, 2});
              }),
              "cannot write the picture "));
    CHECK(has(error_of([&] { png(pixels.data(), {5, 1, 1}); }), "expected 1 to 4 channels"));
    CHECK(has(error_of([&] { png(pixels.data(), {3, 0, 1}); }), "positive extents"));
    CHECK(has(error_of([&] { png(pixels.data(), {4, 30000, 30000}); }),
              "expected at most 1073741824"));
}
