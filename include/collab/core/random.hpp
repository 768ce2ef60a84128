// SPDX-License-Identifier: Apache-2.0
// random: counter-based random numbers. The same (seed, stream, index) gives the same bits on any
// thread and any device.
#pragma once
#include <cmath>
#include <cstdint>
#include <utility>

#include <collab/core/config.hpp>

namespace collab {

/// Four random words.
struct Words {
    std::uint32_t w[4];
};

/// Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011): a bijection
/// of a 128-bit counter under a 64-bit key. Not a state machine: ask for any index in any order.
struct Random {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;

    /// The words at `index`.
    COLLAB_HD constexpr Words operator()(std::uint64_t index) const {
        std::uint32_t c[4] = {std::uint32_t(index), std::uint32_t(index >> 32),
                              std::uint32_t(stream), std::uint32_t(stream >> 32)};
        std::uint32_t k0 = std::uint32_t(seed);
        std::uint32_t k1 = std::uint32_t(seed >> 32);
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t a = std::uint64_t(0xD2511F53u) * c[0];
            const std::uint64_t b = std::uint64_t(0xCD9E8D57u) * c[2];
            const std::uint32_t n0 = std::uint32_t(b >> 32) ^ c[1] ^ k0;
            const std::uint32_t n2 = std::uint32_t(a >> 32) ^ c[3] ^ k1;
            c[0] = n0;
            c[1] = std::uint32_t(b);
            c[2] = n2;
            c[3] = std::uint32_t(a);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        return {{c[0], c[1], c[2], c[3]}};
    }
    /// One word of the sequence of words: index / 4 chooses the block.
    COLLAB_HD constexpr std::uint32_t word(std::uint64_t index) const {
        return (*this)(index / 4).w[index % 4];
    }
    /// A generator for a part of the work: independent of this one and of every other name.
    COLLAB_HD constexpr Random child(std::uint64_t name) const {
        const Words w = Random{seed ^ 0x5DEECE66Dull, stream}(name);
        return {seed, std::uint64_t(w.w[0]) << 32 | w.w[1]};
    }
};

/// A number in [0, 1) with 24 random bits: the same value in float and in double.
template <class T = float>
COLLAB_HD constexpr T uniform(std::uint32_t word) {
    return T(word >> 8) * T(1.0 / 16777216.0);
}

/// An integer in [0, n), n > 0; the bias is below n / 2^32.
COLLAB_HD constexpr std::uint32_t below(std::uint32_t word, std::uint32_t n) {
    return std::uint32_t(std::uint64_t(word) * n >> 32);
}

/// Two independent samples of N(0, 1) (Box and Muller).
inline std::pair<double, double> normal(std::uint32_t a, std::uint32_t b) {
    const double radius = std::sqrt(-2 * std::log((double(a) + 0.5) / 4294967296.0));
    const double angle = 6.283185307179586477 * (double(b) + 0.5) / 4294967296.0;
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace collab
