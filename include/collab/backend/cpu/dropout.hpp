// SPDX-License-Identifier: Apache-2.0
// dropout: dropout on the CPU, a block of random numbers at a time.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <collab/backend/cpu/partition.hpp>
#include <collab/core/config.hpp>
#include <collab/core/random.hpp>

namespace collab::backend {

namespace detail {
/// random.word(first), ..., random.word(first + n - 1); first and n are multiples of four, each
/// block is computed once.
inline void random_words(const Random& random, std::uint64_t first, int n, std::uint32_t* words) {
    const Random local = random;
    const std::uint64_t block = first / 4;
    for (int b = 0; b < n / 4; ++b) {
        const Words w = local(block + static_cast<std::uint64_t>(b));
        words[4 * b] = w.w[0];
        words[4 * b + 1] = w.w[1];
        words[4 * b + 2] = w.w[2];
        words[4 * b + 3] = w.w[3];
    }
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
                    const T kept = in[j] / keep;
                    out[j] = static_cast<std::int32_t>(word[j] >> 8) < limit ? T(0) : kept;
                }
                i += n;
            }
        }
    });
}

}  // namespace collab::backend
