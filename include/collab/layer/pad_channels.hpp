// SPDX-License-Identifier: Apache-2.0
// pad_channels: more channels, filled with zeros.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// `Channels` channels, those of the input in the middle and zeros around them: (Channels - input)
/// / 2 before, the rest behind. With a pool before it, a parameter-free shortcut that loses no
/// pixel: `Residual<Body, Layers<AvgPool<2>, PadChannels<32>>>`.
template <int Channels>
struct PadChannels : LayerBase {
    static_assert(Channels > 0, "collab: there is at least one channel");
    static constexpr bool accepts(Dims in) { return in.channels <= Channels; }
    static constexpr Dims output(Dims in) { return {Channels, in.height, in.width}; }
    static std::string describe() { return sentence("PadChannels<", Channels, ">"); }

    template <ChannelBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.pad_channels({c.batch, output(in)}, in.channels, f.x, f.y);
    }
    template <ChannelBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.copy({c.batch, in}, b.dy.from_channel((Channels - in.channels) / 2), b.dx);
    }
};

}  // namespace collab
