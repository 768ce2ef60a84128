// SPDX-License-Identifier: Apache-2.0
// prefetch: memory that the next piece of work will touch, fetched a few lines at a time between
// the multiply-adds of this one.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

// g++ takes a function that only prefetches for a pure one and deletes calls of it: these must be
// inlined.
#if defined(__GNUC__) || defined(__clang__)
COLLAB_INLINE void fetch_to_read(const void* p) {
    __builtin_prefetch(p, 0, 2);
}
COLLAB_INLINE void fetch_to_write(const void* p) {
    __builtin_prefetch(p, 1, 2);
}
#else
inline void fetch_to_read(const void*) {}
inline void fetch_to_write(const void*) {}
#endif

/// Up to six ranges of memory. A kernel calls `step` once per tile; fetching all at once would only
/// fill the queue of misses.
class Prefetcher {
public:
    void clear() { count_ = current_ = 0; }
    /// Pixels [first, first + pixels) of a map, to be read or (`write`) overwritten.
    template <class T>
    void add(View<const T> map, long first, long pixels, bool write = false) {
        if (!map || pixels <= 0 || count_ == most)
            return;
        const char* const at = reinterpret_cast<const char*>(map.data + first * map.pixel);
        ranges_[count_++] = {at, at + std::size_t(pixels) * std::size_t(map.pixel) * sizeof(T),
                             write};
    }
    /// Spreads what was added over about `steps` steps.
    void spread(long steps) {
        long lines = 0;
        for (const Range *r = ranges_, *end = ranges_ + std::min(count_, most); r < end; ++r)
            lines += (r->end - r->at + line - 1) / line;
        per_step_ = int((lines + std::max(steps, 1L) - 1) / std::max(steps, 1L));
    }
    COLLAB_INLINE void step() {
        int left = per_step_;
        while (current_ < count_ && left > 0) {
            Range& r = ranges_[current_];
            const char* p = r.at;
            const char* const end = std::min(r.end, p + std::ptrdiff_t(left) * line);
            if (r.write)
                for (; p < end; p += line, --left)
                    fetch_to_write(p);
            else
                for (; p < end; p += line, --left)
                    fetch_to_read(p);
            r.at = p;
            if (p >= r.end)
                ++current_;
        }
    }

private:
    static constexpr unsigned most = 6;
    static constexpr int line = 64;
    struct Range {
        const char* at = nullptr;
        const char* end = nullptr;
        bool write = false;
    };
    Range ranges_[most];
    unsigned count_ = 0;
    unsigned current_ = 0;
    int per_step_ = 0;
};

/// Of a sweep with two parts: one fetches what the first reads next, the other what comes after.
struct PrefetcherPair {
    Prefetcher ahead, later;
    void clear() {
        ahead.clear();
        later.clear();
    }
};

}  // namespace collab::backend::detail
