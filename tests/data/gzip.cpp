// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>

#include <doctest/doctest.h>

#include <collab/core/random.hpp>
#include <collab/data/gzip.hpp>

#include "gzipped.hpp"
#include "temporary.hpp"

namespace {

Bytes noise(std::size_t n) {
    Bytes bytes(n);
    for (std::size_t i = 0; i < n; ++i)
        bytes[i] = static_cast<std::uint8_t>(collab::Random{7, 0}.word(i));
    return bytes;
}

Bytes read_all(const std::filesystem::path& path, std::size_t at_once) {
    collab::detail::ByteReader reader(path);
    Bytes all;
    for (Bytes part(at_once);;) {
        const std::size_t got = reader.read(part.data(), part.size());
        all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
        if (got < part.size())
            return all;
    }
}

}  // namespace

TEST_CASE("plain and gzipped files give the same bytes, whatever their names and however they are "
          "asked for") {
    const Folder folder;
    for (const std::size_t n : {1u, 2u, 1000u, 200000u}) {
        const Bytes bytes = noise(n);
        const auto plain = folder.write("plain.gz", bytes);
        const auto packed = folder.write("packed", gzipped(bytes));
        for (const std::size_t at_once : {1u, 7u, 65536u, 1000000u}) {
            if (n / at_once > 10000)
                continue;
            CHECK(read_all(plain, at_once) == bytes);
            CHECK(read_all(packed, at_once) == bytes);
        }
    }
}

TEST_CASE("a gzip file of several members is read to its end") {
    const Folder folder;
    const Bytes a = noise(100);
    const Bytes b = noise(70000);
    CHECK(read_all(folder.write("two", joined(gzipped(a), gzipped(b))), 1000) == joined(a, b));
    CHECK(read_all(folder.write("hollow", joined(gzipped({}), gzipped(a))), 1000) == a);
}

TEST_CASE("a gzip file cut anywhere is refused") {
    const Folder folder;
    const Bytes packed = gzipped(noise(300));
    for (std::size_t n = 2; n < packed.size(); ++n) {
        const auto path = folder.write("cut", first(packed, n));
        CHECK_MESSAGE(has(error_of([&] { read_all(path, 64); }),
                          path.string() + ": the gzip data ends too early, after "),
                      n);
    }
}

TEST_CASE("a gzip file with any byte of its checksum or length changed is refused") {
    const Folder folder;
    const Bytes packed = gzipped(noise(300));
    for (std::size_t back = 1; back <= 8; ++back) {
        Bytes bad = packed;
        bad[bad.size() - back] ^= 0x10;
        const auto path = folder.write("bad", bad);
        CHECK_MESSAGE(
            has(error_of([&] { read_all(path, 1000); }),
                path.string() + ": corrupt gzip data after 300 inflated bytes (incorrect "),
            back);
    }
}

TEST_CASE("bytes after the gzip data and garbage behind the gzip mark are refused") {
    const Folder folder;
    const auto trailing = folder.write("trailing", joined(gzipped(noise(300)), {1, 2, 3}));
    CHECK(error_of([&] { read_all(trailing, 1000); }) ==
          trailing.string() + ": bytes that are not gzip follow the end of the gzip data");
    const auto garbage = folder.write("garbage", joined({0x1f, 0x8b}, noise(100)));
    CHECK(has(error_of([&] { read_all(garbage, 1000); }),
              garbage.string() + ": corrupt gzip data after 0 inflated bytes ("));
}

TEST_CASE("no flipped bit of a gzip file passes unnoticed, save in the fields that carry no data") {
    const Folder folder;
    const Bytes bytes = noise(120);
    const Bytes packed = gzipped(bytes);
    // the first ten bytes hold time stamp and system
    for (std::size_t i = 10; i < packed.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            Bytes bad = packed;
            bad[i] = static_cast<std::uint8_t>(bad[i] ^ 1 << bit);
            const auto path = folder.write("bad", bad);
            bool refused = false;
            Bytes got;
            try {
                got = read_all(path, 1000);
            } catch (const collab::Error&) {
                refused = true;
            }
            // spare bits of the last byte may differ freely
            CHECK_MESSAGE((refused || got == bytes), i);
        }
}
