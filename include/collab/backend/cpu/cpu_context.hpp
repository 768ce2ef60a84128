// SPDX-License-Identifier: Apache-2.0
// cpu_context: the threads and the workspace of the CPU backend. What runs them lies in arena.hpp.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include <collab/backend/cpu/cpu_features.hpp>
#include <collab/core/config.hpp>

namespace collab::backend {

/// Memory on cache-line boundaries that only ever grows; its content does not survive growth.
class Workspace {
public:
    template <class T>
    T* get(std::size_t n) {
        if (n * sizeof(T) > size_)
            grow(n * sizeof(T));
        return reinterpret_cast<T*>(block_.get());
    }
    std::size_t bytes() const { return size_; }

private:
    void grow(std::size_t bytes);
    struct Free {
        void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); }
    };
    std::unique_ptr<std::byte, Free> block_;
    std::size_t size_ = 0;
};

/// Weights in the order in which a kernel reads them.
struct PackedWeights {
    const void *weights, *bias;
    bool transposed;
    int form;  ///< the edge of Winograd's tiles; 0: as they are; `split`: for a matrix unit
    static constexpr int split = -1;
    friend bool operator==(const PackedWeights&, const PackedWeights&) = default;
};

/// Work is cut into pieces whose number and borders never depend on the number of threads, and
/// partial results are combined in the order of the pieces: the same bits on 1, 2 or 16 threads.
class CpuContext {
public:
    /// As many threads as asked for; 0 for one per core. `winograd`: the largest edge of Winograd's
    /// tiles by which convolutions may be computed; 0: none. `matrix_unit`: whether the processor's
    /// may be used, where it has one.
    explicit CpuContext(int threads = 0, int winograd = 4, bool matrix_unit = true);
    ~CpuContext();

    int count() const { return static_cast<int>(scratch_.size()); }
    int winograd() const { return winograd_; }
    bool matrix_unit() const { return matrix_unit_; }

    /// f(piece) for each piece in [0, pieces), in any order, possibly at once.
    template <class F>
    void run(int pieces, F&& f) {
        using Body = std::remove_reference_t<F>;
        share(
            pieces, [](void* body, int piece) { (*static_cast<Body*>(body))(piece); },
            const_cast<void*>(static_cast<const void*>(std::addressof(f))));
    }
    /// Inside run: memory of the calling thread alone, until its next call of scratch.
    template <class T>
    T* scratch(std::size_t n) {
        return reinterpret_cast<T*>(own_scratch(n * sizeof(T)));
    }
    /// What an operation may keep for all its pieces at once.
    enum Shared { operands, coefficients, sums };
    /// Outside run: memory that all pieces may use, until the next call of shared for the same
    /// purpose.
    template <class T>
    T* shared(std::size_t n, Shared purpose = operands) {
        return shared_[purpose].template get<T>(n);
    }
    /// Outside run: memory for packed weights, and whether they are there already. They are, where
    /// weights have been declared constant and were packed before.
    template <class T>
    struct Packed {
        T* data;
        bool ready;
    };
    template <class T>
    Packed<T> weights(const PackedWeights& what, std::size_t n) {
        const Packed<std::byte> found = kept_weights(what, n * sizeof(T));
        return {reinterpret_cast<T*>(found.data), found.ready};
    }
    /// From here on, weights at the same place are those of earlier operations of this version; 0:
    /// they may change.
    void constant_weights(std::uint64_t version) { constant_ = version; }
    std::uint64_t constant_weights() const { return constant_; }
    /// From here on, kernels are those that constant weights would be worth, although they may
    /// change: another kernel rounds otherwise, and a training's inference has the bits of a
    /// deployed network.
    void choose_as_if_constant(bool yes) { as_if_constant_ = yes; }
    bool chooses_as_if_constant() const { return as_if_constant_ || constant_ != 0; }
    /// Gives back what was kept of a version.
    void forget_weights(std::uint64_t version);
    /// What scratch and shared have grown to, and packed weights that are kept.
    std::size_t bytes() const;

private:
    /// body(data, piece) for each piece. One function for all operations: what the compiler makes
    /// of oneTBB's templates it makes once.
    void share(int pieces, void (*body)(void*, int), void* data);
    /// Inside run: the number of the calling thread.
    static int thread();
    std::byte* own_scratch(std::size_t bytes);
    Packed<std::byte> kept_weights(const PackedWeights& what, std::size_t bytes);

    struct Pool;
    struct Kept {
        std::uint64_t version;
        PackedWeights what;
        std::size_t size;
        Workspace memory;
    };
    int winograd_;
    bool matrix_unit_;
    std::unique_ptr<Pool> arena_;
    std::vector<Workspace> scratch_;
    std::array<Workspace, 3> shared_;
    std::atomic<std::size_t> needed_{0};
    std::size_t ready_ = 0;
    std::uint64_t constant_ = 0;
    bool as_if_constant_ = false;
    std::vector<Kept> kept_;
};

}  // namespace collab::backend

#ifndef COLLAB_PRECOMPILED
#include <collab/backend/cpu/thread_pool.hpp>
#endif
