// SPDX-License-Identifier: Apache-2.0
// maxout: the largest of several channels.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// Channel c of the output is the largest of input channels c, c + n, c + 2 n, ..., one of each of
/// the `Pieces` parts of n channels that the input has (Goodfellow et al. 2013). The first largest
/// takes the gradient. Works on maps and on flat samples.
///
///     Conv2d<2 * 96, 8, Bias>, Maxout<2>        // 96 channels
template <int Pieces>
struct Maxout : LayerBase {
    static_assert(Pieces > 0, "collab: maxout has at least one piece");
    static constexpr bool accepts(Dims in) { return in.channels % Pieces == 0; }
    static constexpr Dims output(Dims in) { return {in.channels / Pieces, in.height, in.width}; }
    static std::string describe() { return sentence("Maxout<", Pieces, ">"); }

    template <ChannelBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.maxout({c.batch, output(in)}, Pieces, f.x, f.y);
    }
    template <ChannelBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.maxout_backward({c.batch, output(in)}, Pieces, b.x, b.dy, b.dx);
    }
};

}  // namespace collab
