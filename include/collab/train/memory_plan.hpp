// SPDX-License-Identifier: Apache-2.0
// memory_plan: where a training keeps everything that belongs to one batch: images, activations,
// embeddings, gradients of what meets between networks. Places only; nothing is computed.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>

#include <collab/collaboration/mkb_path.hpp>
#include <collab/memory/arena.hpp>
#include <collab/train/places.hpp>

namespace collab::detail {

/// Where tensors that all batches share begin; null while the memory is measured.
template <class T>
struct TensorBases {
    T* parameters = nullptr;
    T* gradients = nullptr;
    T* state = nullptr;
};

/// One network's way through one MKB. `joined` is H; `pull` is the gradient that the losses on the
/// embedding have on the mutual map.
template <class T>
struct MkbMemory {
    MkbPathMemory<T> path;
    Memory<T> embed, verify;
    T* joined = nullptr;
    T* pull = nullptr;
    View<const T> feature{};  ///< what entered in the last forward pass
    int embedding = -1;       ///< the value of the embedding in the graph of losses
    int scores = -1;          ///< that of the verification head's output
};

template <class C, class T>
struct MemoryPlan {
    using X = Traits<C>;
    static constexpr std::size_t n = std::size_t(C::size);
    std::array<T*, n> images{};
    std::array<Memory<T>, n> networks{};
    std::array<std::array<MkbMemory<T>, std::size_t(C::bases) + 1>, n> mkbs{};
    T* joint = nullptr;      ///< the gradient that leaves an MKB
    T* peer_mean = nullptr;  ///< the mean embedding of the peers (Eq. 6)

    MemoryPlan() = default;
    COLLAB_COLD MemoryPlan(Arena<T>& arena, const Places<C>& places, const TensorBases<T>& bases,
                           std::size_t batch)
        : arena_(&arena),
          bases_(bases),
          batch_(batch) {
        for (std::size_t i = 0; i < n; ++i)
            images[i] = i == 0 || C::different_inputs ? take(X::image.size()) : images[0];
        take_shared();
        static_for<C::size>([&](auto i) COLLAB_COLD {
            networks[i] = part(places.network[i].parameters, places.network[i].state,
                               X::template Plan<i>::footprint, work_);
            static_for<C::bases>([&](auto k) COLLAB_COLD { take_branch<i, k>(places); });
        });
    }

private:
    T* take(long per_sample) { return arena_->take(batch_ * std::size_t(per_sample)); }

    COLLAB_COLD void take_shared() {
        long scratch = 0;
        long mkb_scratch = 0;
        long feature = 0;
        long widest = 0;
        static_for<C::size>([&](auto i) {
            scratch = std::max(scratch, X::template Plan<i>::footprint.scratch);
            static_for<C::bases>([&](auto k) {
                using R = typename X::template Branch<i, k>;
                mkb_scratch = std::max({mkb_scratch, R::Way::scratch, R::Embed::footprint.scratch,
                                        R::Verify::footprint.scratch});
                feature = std::max<long>(feature, R::Way::feature);
                widest = std::max<long>(widest, R::Embed::Output::dims.size());
            });
        });
        work_ = take(scratch);
        mkb_work_ = take(mkb_scratch);
        joint = take(feature);
        if (C::agreement::with_mean)
            peer_mean = take(widest);
    }
    Memory<T> part(std::size_t parameters, std::size_t state, const Footprint& f, T* scratch) {
        return {bases_.parameters ? bases_.parameters + parameters : nullptr,
                bases_.gradients ? bases_.gradients + parameters : nullptr,
                bases_.state ? bases_.state + state : nullptr,
                take(f.saved),
                arena_->take(std::size_t(f.fixed)),
                scratch};
    }
    template <int I, int K>
    COLLAB_COLD void take_branch(const Places<C>& at) {
        using R = typename X::template Branch<I, K>;
        using Way = typename R::Way;
        MkbMemory<T>& b = mkbs[I][K];
        b.path = {part(at.encoder[I][K].parameters, at.encoder[I][K].state, Way::Encode::footprint,
                       nullptr),
                  part(at.transfer[K], at.transfer_state[I][K], Way::Carry::footprint, nullptr),
                  part(at.decoder[I][K].parameters, at.decoder[I][K].state, Way::Decode::footprint,
                       nullptr),
                  mkb_work_};
        b.embed = part(at.embedding[K], at.embedding_state[I][K], R::Embed::footprint, mkb_work_);
        b.verify = part(at.verification[K], 0, R::Verify::footprint, mkb_work_);
        b.joined = take(Way::feature);
        b.pull = take(Way::map);
    }

    Arena<T>* arena_ = nullptr;  // in the constructor only
    TensorBases<T> bases_{};
    std::size_t batch_ = 0;
    T* work_ = nullptr;
    T* mkb_work_ = nullptr;
};

}  // namespace collab::detail
