// SPDX-License-Identifier: Apache-2.0
// threads: one oneTBB arena and the workspace of the CPU backend.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace collab::backend {

/// Memory on cache-line boundaries that only ever grows; its content does not survive growth.
class Workspace {
public:
    template <class T>
    T* get(std::size_t n) {
        const std::size_t bytes = (n * sizeof(T) + 4095) / 4096 * 4096;
        if (bytes > size_) {
            block_.reset();
            block_.reset(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64})));
            size_ = bytes;
        }
        return reinterpret_cast<T*>(block_.get());
    }
    std::size_t bytes() const { return size_; }

private:
    struct Free { void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); } };
    std::unique_ptr<std::byte, Free> block_;
    std::size_t size_ = 0;
};

/// Work is cut into pieces whose number and borders never depend on the number of threads, and partial results are combined
/// in the order of the pieces: the same bits on 1, 2 or 16 threads.
class Threads {
public:
    /// As many threads as asked for; 0 for one per core. `winograd`: whether convolutions may be computed by Winograd's tiles.
    explicit Threads(int threads = 0, bool winograd = true)
        : winograd_(winograd), arena_(threads > 0 ? threads : tbb::task_arena::automatic), scratch_(static_cast<std::size_t>(arena_.max_concurrency())) {}

    int count() const { return arena_.max_concurrency(); }
    bool winograd() const { return winograd_; }

    /// f(piece) for each piece in [0, pieces), in any order, possibly at once.
    template <class F>
    void run(int pieces, F&& f) {
        const std::size_t needed = needed_.load(std::memory_order_relaxed);
        if (needed > ready_) {   // what one thread has needed any other may need next: all grow at once, and only until every size has been seen
            for (Workspace& s : scratch_) s.get<std::byte>(needed);
            ready_ = needed;
        }
        if (pieces <= 1 || count() == 1) {
            arena_.execute([&] { for (int i = 0; i < pieces; ++i) f(i); });
            return;
        }
        arena_.execute([&] { tbb::parallel_for(0, pieces, 1, [&](int i) { f(i); }, tbb::simple_partitioner{}); });
    }
    /// Inside run: memory of the calling thread alone, until its next call of scratch.
    template <class T>
    T* scratch(std::size_t n) {
        std::size_t known = needed_.load(std::memory_order_relaxed);
        while (n * sizeof(T) > known && !needed_.compare_exchange_weak(known, n * sizeof(T), std::memory_order_relaxed)) {}
        return scratch_[static_cast<std::size_t>(tbb::this_task_arena::current_thread_index())].template get<T>(n);
    }
    /// What an operation may keep for all its pieces at once.
    enum Shared { operands, coefficients, sums };
    /// Outside run: memory that all pieces may use, until the next call of shared for the same purpose.
    template <class T>
    T* shared(std::size_t n, Shared purpose = operands) { return shared_[purpose].template get<T>(n); }
    /// What scratch and shared have grown to.
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const auto& s : shared_) sum += s.bytes();
        for (const auto& s : scratch_) sum += s.bytes();
        return sum;
    }

private:
    bool winograd_;
    tbb::task_arena arena_;
    std::vector<Workspace> scratch_;
    std::array<Workspace, 3> shared_;
    std::atomic<std::size_t> needed_{0};
    std::size_t ready_ = 0;
};

}  // namespace collab::backend
