// SPDX-License-Identifier: Apache-2.0
// channel_shuffle: the channels in another order, so that groups of channels learn of each other.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// The channels of `Groups` equal parts in turn: the first of each part, then the second of each
/// (Zhang et al. 2018, ShuffleNet).
template <int Groups>
struct ChannelShuffle : LayerBase {
    static_assert(Groups > 0, "collab: there is at least one group");
    static constexpr bool accepts(Dims in) { return in.channels % Groups == 0; }
    static std::string describe() { return sentence("ChannelShuffle<", Groups, ">"); }

    template <ChannelBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.shuffle_channels({c.batch, in}, Groups, f.x, f.y);
    }
    template <ChannelBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.shuffle_channels({c.batch, in}, in.channels / Groups, b.dy, b.dx);
    }
};

}  // namespace collab
