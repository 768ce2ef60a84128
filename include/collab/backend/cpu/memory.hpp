// SPDX-License-Identifier: Apache-2.0
// memory: aligned memory of the CPU backend, and the generic loops and sums over it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include <collab/backend/cpu/huge_pages.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/core/config.hpp>

namespace collab::backend {

/// Owns n zeroes of type T on a cache-line boundary.
template <class T>
class AlignedMemory {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    AlignedMemory() = default;
    explicit AlignedMemory(std::size_t n)
        : block_(n ? static_cast<T*>(take_block(n * sizeof(T))) : nullptr, Free{n * sizeof(T)}),
          size_(n) {
        if (n)
            std::memset(static_cast<void*>(block_.get()), 0, n * sizeof(T));
    }
    AlignedMemory(AlignedMemory&& other) noexcept
        : block_(std::move(other.block_)),
          size_(std::exchange(other.size_, 0)) {}
    AlignedMemory& operator=(AlignedMemory&& other) noexcept {
        block_ = std::move(other.block_);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    T* data() { return block_.get(); }
    const T* data() const { return block_.get(); }
    std::size_t size() const { return size_; }

private:
    struct Free {
        std::size_t bytes = 0;
        void operator()(T* p) const { release_block(p, bytes); }
    };
    std::unique_ptr<T, Free> block_;
    std::size_t size_ = 0;
};

/// n times the value, from p on.
template <class T>
COLLAB_NOINLINE void fill(CpuContext& threads, std::size_t n, T value, T* p) {
    const Partition cut(static_cast<long>(n), grain);
    threads.run(cut.count,
                [&](int piece) { std::fill(p + cut.begin(piece), p + cut.end(piece), value); });
}

/// y = x.
template <class T>
COLLAB_NOINLINE void copy(CpuContext& threads, const Map& map, View<const T> x, View<T> y) {
    over_runs(
        threads, map,
        [](long n, const T* from, T* to) {
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i)
                to[i] = from[i];
        },
        x, y);
}

/// Adds x to y.
template <class T>
COLLAB_NOINLINE void add(CpuContext& threads, const Map& map, View<const T> x, View<T> y) {
    over_runs(
        threads, map,
        [](long n, const T* from, T* to) {
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i)
                to[i] += from[i];
        },
        x, y);
}

/// f, or f.loaded() where f has one: f with what it would read again for each i already read.
template <class F>
COLLAB_INLINE auto loaded(const F& f) {
    if constexpr (requires { f.loaded(); })
        return f.loaded();
    else
        return f;
}

/// f(i) for every i in [0, n), in any order, at once.
template <class F>
COLLAB_NOINLINE void for_each(CpuContext& threads, std::size_t n, const F& f) {
    const Partition cut(static_cast<long>(n), grain);
    threads.run(cut.count, [&](int piece) {
        // what f captured then lies in registers: a store through its pointers cannot have changed
        // it
        const auto local = loaded(f);
        const std::size_t end = static_cast<std::size_t>(cut.end(piece));
        COLLAB_INDEPENDENT
        for (std::size_t i = static_cast<std::size_t>(cut.begin(piece)); i < end; ++i)
            local(i);
    });
}

/// f(i) for every i in [0, n), where each call is long enough to be a piece of its own.
template <class F>
COLLAB_NOINLINE void for_rows(CpuContext& threads, int n, const F& f) {
    const Partition cut(n, 1);
    threads.run(cut.count, [&](int piece) {
        for (long i = cut.begin(piece); i < cut.end(piece); ++i)
            f(static_cast<int>(i));
    });
}

/// The sum in double, added in an order that depends on n alone.
template <class T>
COLLAB_NOINLINE double sum(CpuContext& threads, std::size_t n, const T* p) {
    const Partition cut(static_cast<long>(n), grain, 1024);
    double* parts = threads.shared<double>(static_cast<std::size_t>(cut.count));
    threads.run(cut.count, [&](int piece) {
        parts[piece] = add_up(cut.end(piece) - cut.begin(piece), p + cut.begin(piece));
    });
    return add_up(cut.count, parts);
}

#ifdef COLLAB_PRECOMPILED
extern template void fill<float>(CpuContext&, std::size_t, float, float*);
extern template void fill<double>(CpuContext&, std::size_t, double, double*);
extern template void copy<float>(CpuContext&, const Map&, View<const float>, View<float>);
extern template void copy<double>(CpuContext&, const Map&, View<const double>, View<double>);
extern template void add<float>(CpuContext&, const Map&, View<const float>, View<float>);
extern template void add<double>(CpuContext&, const Map&, View<const double>, View<double>);
extern template double sum<float>(CpuContext&, std::size_t, const float*);
extern template double sum<double>(CpuContext&, std::size_t, const double*);
#endif

}  // namespace collab::backend
