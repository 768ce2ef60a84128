// SPDX-License-Identifier: Apache-2.0
// crc32c-inl: the bodies of crc32c.
#pragma once
#include <array>

#include <collab/core/crc32c.hpp>

namespace collab::detail {
/// Row k advances a byte by k + 1 bytes, so that eight bytes take eight look-ups that do not wait
/// for each other.
using Crc32cTable = std::array<std::array<std::uint32_t, 256>, 8>;
COLLAB_COMPILED COLLAB_COLD Crc32cTable crc32c_table() {
    Crc32cTable t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int k = 0; k < 8; ++k)
            c = c & 1 ? c >> 1 ^ 0x82F63B78u : c >> 1;
        t[0][i] = c;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t i = 0; i < 256; ++i)
            t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 255];
    return t;
}
COLLAB_COMPILED std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
    // when it is first asked for: as a constant it took a compiler a quarter of a second of every
    // program
    static const Crc32cTable t = crc32c_table();
    const auto at = [&](std::size_t i) {
        return std::uint32_t(static_cast<unsigned char>(bytes[i]));
    };
    std::uint32_t c = ~before;
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        const std::uint32_t low = c ^ (at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24);
        c = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^
            t[3][at(i + 4)] ^ t[2][at(i + 5)] ^ t[1][at(i + 6)] ^ t[0][at(i + 7)];
    }
    for (; i < bytes.size(); ++i)
        c = c >> 8 ^ t[0][(c ^ at(i)) & 255];
    return ~c;
}
}  // namespace collab::detail
