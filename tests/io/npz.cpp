// SPDX-License-Identifier: Apache-2.0
// npz: an archive as ZIP describes it, with arrays as NumPy describes them.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <zlib.h>

#include <collab/io/npz.hpp>

using namespace collab;

namespace {
std::uint32_t number(const std::string& s, std::size_t at, int bytes) {
    std::uint32_t v = 0;
    for (int i = 0; i < bytes; ++i)
        v |= std::uint32_t(static_cast<unsigned char>(s.at(at + std::size_t(i)))) << (8 * i);
    return v;
}
}  // namespace

TEST_CASE("an archive of arrays is found from its end and holds what was put in") {
    Tensors t;
    const std::vector<float> a{1, 2, 3, 4, 5, 6};
    t.add<float>("0.weight", {2, 3}, a.data());
    t.add<std::int64_t>("count", {}, std::vector<std::int64_t>{-7}.data());
    const std::string file = npz(t);
    const std::size_t end = file.size() - 22;
    REQUIRE(number(file, end, 4) == 0x06054b50);
    REQUIRE(number(file, end + 10, 2) == 2);
    std::size_t at = number(file, end + 16, 4);
    CHECK(at + number(file, end + 12, 4) == end);
    const std::string names[] = {"0.weight.npy", "count.npy"};
    const std::string headers[] = {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), }",
                                   "{'descr': '<i8', 'fortran_order': False, 'shape': (), }"};
    for (int k = 0; k < 2; ++k) {
        REQUIRE(number(file, at, 4) == 0x02014b50);
        const std::uint32_t sum = number(file, at + 16, 4);
        const std::uint32_t packed = number(file, at + 20, 4);
        const std::uint32_t size = number(file, at + 24, 4);
        const std::uint32_t length = number(file, at + 28, 2);
        const std::uint32_t place = number(file, at + 42, 4);
        CHECK(packed == size);
        CHECK(file.substr(at + 46, length) == names[k]);
        REQUIRE(number(file, place, 4) == 0x04034b50);
        CHECK(file.substr(place + 4, 26) == file.substr(at + 6, 26));  // the same is said twice
        CHECK(file.substr(place + 30, length) == names[k]);
        const std::string array = file.substr(place + 30 + length, size);
        CHECK(crc32(0, reinterpret_cast<const Bytef*>(array.data()), uInt(array.size())) == sum);
        CHECK(array.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
        CHECK(array.substr(10, headers[k].size()) == headers[k]);
        const std::size_t values = 10 + number(array, 8, 2);
        CHECK(values % 64 == 0);
        CHECK(array.substr(values) ==
              (k == 0 ? std::string(reinterpret_cast<const char*>(a.data()), 24)
                      : std::string("\xF9\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8)));
        at += 46 + length;
    }
}
