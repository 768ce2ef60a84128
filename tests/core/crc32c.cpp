// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include <collab/core/crc32c.hpp>

using collab::detail::crc32c;

TEST_CASE("checksums are those of RFC 3720") {
    CHECK(crc32c("") == 0);
    CHECK(crc32c("123456789") == 0xE3069283u);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAu);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43u);
    std::string rising, falling;
    for (int i = 0; i < 32; ++i) {
        rising += char(i);
        falling += char(31 - i);
    }
    CHECK(crc32c(rising) == 0x46DD794Eu);
    CHECK(crc32c(falling) == 0x113FDB5Cu);
}

TEST_CASE("a checksum goes on where another ended") {
    const std::string all = "what comes before and what comes behind, of any length";
    for (std::size_t i = 0; i <= all.size(); ++i)
        CHECK(crc32c(std::string_view(all).substr(i), crc32c(std::string_view(all).substr(0, i))) ==
              crc32c(all));
}
