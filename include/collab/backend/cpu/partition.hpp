// SPDX-License-Identifier: Apache-2.0
// partition: how the CPU backend cuts a pass over memory, by the amount of work alone and never by
// the number of threads.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

/// The elements of one piece of a memory-bound pass: large beside the cost of waking a thread,
/// small beside the second-level cache.
inline constexpr long grain = 16384;

/// [0, n) as `count` intervals of `each`, the last one shorter.
struct Partition {
    long n = 0;
    long each = 1;
    int count = 0;
    /// Intervals of at least `least`, and at most `most` of them.
    Partition(long items, long least, long most = 4096)
        : n(items),
          each(std::max({least, (items + most - 1) / most, 1L})),
          count(static_cast<int>((n + each - 1) / each)) {}
    long begin(int piece) const { return piece * each; }
    long end(int piece) const { return std::min(n, (piece + 1) * each); }
};

/// f(n, pointers...) for runs of n neighboring elements that together are the map: long ones where
/// no view has gaps, else pixels.
template <class F, class... U>
void over_runs(CpuContext& threads, const Map& map, const F& f, View<U>... v) {
    const long channels = map.dims.channels;
    if (((v.pixel == channels) && ...)) {
        const Partition cut(map.size(), grain);
        threads.run(cut.count, [&](int piece) {
            f(cut.end(piece) - cut.begin(piece), v.data + cut.begin(piece)...);
        });
    } else {
        const Partition cut(map.pixels(), grain / channels);
        threads.run(cut.count, [&](int piece) {
            for (long p = cut.begin(piece); p < cut.end(piece); ++p)
                f(channels, v.data + p * v.pixel...);
        });
    }
}

/// The sum of n numbers in double, in an order that depends on n alone. Sixteen chains, because one
/// would wait for itself.
template <class T>
double add_up(long n, const T* p) {
    double lane[16] = {};
    long i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 16; ++j)
            lane[j] += static_cast<double>(p[i + j]);
    for (int j = 0; i < n; ++i, ++j)
        lane[j] += static_cast<double>(p[i]);
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; ++j)
            lane[j] += lane[j + half];
    return lane[0];
}

/// Parts of one block of workspace, each on a cache line of its own.
class ScratchLayout {
public:
    template <class T>
    static constexpr std::size_t bytes(std::size_t n) {
        return (n * sizeof(T) + 63) / 64 * 64;
    }
    explicit ScratchLayout(std::byte* block) : at_(block) {}
    template <class T>
    T* take(std::size_t n) {
        T* part = reinterpret_cast<T*>(at_);
        at_ += bytes<T>(n);
        return part;
    }

private:
    std::byte* at_;
};

}  // namespace collab::backend
