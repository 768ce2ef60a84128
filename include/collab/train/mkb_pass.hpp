// SPDX-License-Identifier: Apache-2.0
// mkb_pass: one network's feature map through one MKB and back: encode, transfer, decode, merge;
// beside it the embedding and the verification head's scores.
#pragma once
#include <cstddef>

#include <collab/collaboration/method_nodes.hpp>
#include <collab/train/memory_plan.hpp>

namespace collab::detail {

// Numbers of random streams inside an MKB: its three parts have 0 to 2.
inline constexpr int embedding_stream = 3;
inline constexpr int verification_stream = 4;
/// That of the first MKB inside a network; layers have smaller ones.
inline constexpr int mkb_stream = 1000;

template <class R, class Merge, class B>
struct MkbPass {
    using T = typename B::Scalar;
    using Way = typename R::Way;
    using Embed = typename R::Embed;
    using Verify = typename R::Verify;

    /// H from the feature. `now(part)` is the memory of a part in this pass. Embedding and scores
    /// become values of the graph of losses.
    template <class Now>
    COLLAB_COLD static View<const T> forward(const Context<B>& c, MkbMemory<T>& m,
                                             View<const T> feature, std::vector<Tensor<T>>& values,
                                             Now&& now) {
        m.feature = feature;
        const View<T> joined{m.joined, R::Feature::dims.channels};
        const MkbPathMemory<T> path{now(m.path.encoder), now(m.path.transfer), now(m.path.decoder),
                                    m.path.scratch};
        Way::forward(c, Merge{}, path, feature, joined);
        const View<const T> embedding = Embed::template forward<0, Embed::depth>(
            c.part(embedding_stream), now(m.embed), Way::mutual_map(c, path, feature));
        const View<const T> scores = Verify::template forward<0, Verify::depth>(
            c.part(verification_stream), m.verify, embedding);
        values[std::size_t(m.embedding)].value = embedding.data;
        values[std::size_t(m.scores)].value = scores.data;
        return joined;
    }

    /// The gradient of the feature, in `to`, from that of H.
    COLLAB_COLD static View<const T> backward(const Context<B>& c, const MkbMemory<T>& m,
                                              View<const T> dh,
                                              const std::vector<Tensor<T>>& values, T* to) {
        constexpr int width = Embed::Output::dims.size();
        const Tensor<T>& embedding = values[std::size_t(m.embedding)];
        const Tensor<T>& scores = values[std::size_t(m.scores)];
        const View<const T> of_scores = Verify::template backward<0, Verify::depth>(
            c.part(verification_stream), m.verify, View<const T>{embedding.value, width},
            View<const T>{scores.gradient, Verify::Output::dims.size()});
        c.backend.for_each(std::size_t(c.batch) * width,
                           AddTo<T>{of_scores.data, embedding.gradient});
        const View<T> pull{m.pull, R::Map::dims.channels};
        Embed::template backward<0, Embed::depth>(c.part(embedding_stream), m.embed,
                                                  Way::mutual_map(c, m.path, m.feature),
                                                  View<const T>{embedding.gradient, width}, pull);
        const View<T> joint{to, R::Feature::dims.channels};
        Way::backward(c, Merge{}, m.path, m.feature, dh, View<const T>(pull), joint);
        return joint;
    }
};

}  // namespace collab::detail
