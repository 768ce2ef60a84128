// SPDX-License-Identifier: Apache-2.0
// dropout: dropout on the CPU, a block of random numbers at a time.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <collab/backend/choose.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/core/config.hpp>
#include <collab/core/random.hpp>

namespace collab::backend {

namespace detail {
/// Blocks of random numbers from `block` on, side by side in registers: alone, the ten
/// rounds of one wait for each other. The words are those of Random, which a test compares.
inline constexpr int blocks_at_once = 32;
COLLAB_NOINLINE inline void random_blocks(const Random& random, std::uint64_t block,
                                          std::uint32_t* words) {
    constexpr int n = blocks_at_once;
    alignas(64) std::uint32_t c0[n], c1[n], c2[n], c3[n];
    for (int j = 0; j < n; ++j) {
        const std::uint64_t index = block + static_cast<std::uint64_t>(j);
        c0[j] = static_cast<std::uint32_t>(index);
        c1[j] = static_cast<std::uint32_t>(index >> 32);
        c2[j] = static_cast<std::uint32_t>(random.stream);
        c3[j] = static_cast<std::uint32_t>(random.stream >> 32);
    }
    std::uint32_t k0 = static_cast<std::uint32_t>(random.seed);
    std::uint32_t k1 = static_cast<std::uint32_t>(random.seed >> 32);
    for (int round = 0; round < 10; ++round) {
        COLLAB_INDEPENDENT
        for (int j = 0; j < n; ++j) {
            const std::uint64_t a = std::uint64_t{0xD2511F53u} * c0[j];
            const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * c2[j];
            c0[j] = static_cast<std::uint32_t>(b >> 32) ^ c1[j] ^ k0;
            c1[j] = static_cast<std::uint32_t>(b);
            c2[j] = static_cast<std::uint32_t>(a >> 32) ^ c3[j] ^ k1;
            c3[j] = static_cast<std::uint32_t>(a);
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    COLLAB_INDEPENDENT
    for (int j = 0; j < n; ++j) {
        words[4 * j] = c0[j];
        words[4 * j + 1] = c1[j];
        words[4 * j + 2] = c2[j];
        words[4 * j + 3] = c3[j];
    }
}
/// random.word(first), ..., random.word(first + n - 1); first and n are multiples of 128.
inline void random_words(const Random& random, std::uint64_t first, int n, std::uint32_t* words) {
    for (int i = 0; i < n; i += 4 * blocks_at_once)
        random_blocks(random, (first + static_cast<std::uint64_t>(i)) / 4, words + i);
}
}  // namespace detail

/// Element i of the map becomes 0 where uniform(random.word(i)) < p and is divided by 1 - p
/// elsewhere; y may be x.
template <class T>
COLLAB_COLD void dropout(CpuContext& threads, const Map& map, double p, const Random& random,
                         View<const T> x, View<T> y) {
    constexpr int block = 1024;
    // uniform(word) = (word >> 8) / 2^24, so its comparison with p is one of integers, exact and
    // the same for every T.
    const std::int32_t limit =
        static_cast<std::int32_t>(std::ceil(std::clamp(p, 0.0, 1.0) * 16777216.0));
    const T keep = static_cast<T>(1 - p);
    const long channels = map.dims.channels;
    const bool flat = x.pixel == channels && y.pixel == channels;
    const Partition cut((map.size() + block - 1) / block, grain / block);
    threads.run(cut.count, [&](int piece) {
        alignas(64) std::uint32_t words[block];
        // copies, which no store can change
        const std::int32_t below = limit;
        const T kept_share = keep;
        for (long k = cut.begin(piece); k < cut.end(piece); ++k) {
            const long first = k * block;
            const long end = std::min(first + block, map.size());
            detail::random_words(random, static_cast<std::uint64_t>(first), block, words);
            // a run ends with the block or, between gaps, with the pixel
            for (long i = first; i < end;) {
                const long pixel = i / channels;
                const long c = i % channels;
                const long n = flat ? end - i : std::min(end - i, channels - c);
                const T* in = x.data + pixel * x.pixel + c;
                T* out = y.data + pixel * y.pixel + c;
                const std::uint32_t* word = words + (i - first);
                COLLAB_INDEPENDENT
                for (long j = 0; j < n; ++j) {
                    const T kept = in[j] / kept_share;
                    out[j] = collab::detail::choose<T>(
                        static_cast<std::int32_t>(word[j] >> 8) < below, T(0), kept);
                }
                i += n;
            }
        }
    });
}

}  // namespace collab::backend
