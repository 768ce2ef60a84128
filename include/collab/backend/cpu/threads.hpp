// SPDX-License-Identifier: Apache-2.0
// threads: the threads and the workspace of the CPU backend. What runs them lies in arena.hpp.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include <collab/backend/cpu/instructions.hpp>
#include <collab/core/config.hpp>

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
    explicit Threads(int threads = 0, bool winograd = true);
    ~Threads();

    int count() const { return static_cast<int>(scratch_.size()); }
    bool winograd() const { return winograd_; }

    /// f(piece) for each piece in [0, pieces), in any order, possibly at once.
    template <class F>
    void run(int pieces, F&& f) {
        const std::size_t needed = needed_.load(std::memory_order_relaxed);
        if (needed > ready_) {   // what one thread has needed any other may need next: all grow at once, and only until every size has been seen
            for (Workspace& s : scratch_) s.get<std::byte>(needed);
            ready_ = needed;
        }
        using Body = std::remove_reference_t<F>;
        share(pieces, [](void* body, int piece) { (*static_cast<Body*>(body))(piece); }, const_cast<void*>(static_cast<const void*>(std::addressof(f))));
    }
    /// Inside run: memory of the calling thread alone, until its next call of scratch.
    template <class T>
    T* scratch(std::size_t n) {
        std::size_t known = needed_.load(std::memory_order_relaxed);
        while (n * sizeof(T) > known && !needed_.compare_exchange_weak(known, n * sizeof(T), std::memory_order_relaxed)) {}
        return scratch_[static_cast<std::size_t>(thread())].template get<T>(n);
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
    /// body(data, piece) for each piece. One function for all operations: what the compiler makes of oneTBB's templates it makes once.
    void share(int pieces, void (*body)(void*, int), void* data);
    /// Inside run: the number of the calling thread.
    static int thread();

    struct Arena;
    bool winograd_;
    std::unique_ptr<Arena> arena_;
    std::vector<Workspace> scratch_;
    std::array<Workspace, 3> shared_;
    std::atomic<std::size_t> needed_{0};
    std::size_t ready_ = 0;
};

}  // namespace collab::backend

#ifndef COLLAB_PRECOMPILED
#include <collab/backend/cpu/arena.hpp>
#endif
