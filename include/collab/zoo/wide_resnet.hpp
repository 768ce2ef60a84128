// SPDX-License-Identifier: Apache-2.0
// wide_resnet: residual networks with wide blocks that normalize first (Zagoruyko and Komodakis
// 2016).
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>
#include <collab/zoo/cuts.hpp>

namespace collab::zoo {

namespace detail {
template <int Channels, int Step>  // where the shape changes, both sides see the normalized input
using WideEntry =
    Layers<BatchNorm, Relu,
           Residual<Layers<Conv2d<Channels, 3, Stride<Step>>, BatchNorm, Relu, Conv2d<Channels, 3>>,
                    Layers<Conv2d<Channels, 1, Stride<Step>>>>>;
template <int Channels>
using WideBlock =
    Residual<Layers<BatchNorm, Relu, Conv2d<Channels, 3>, BatchNorm, Relu, Conv2d<Channels, 3>>>;
template <int Channels, int Step, int Blocks>
using WideStage = Layers<WideEntry<Channels, Step>, Repeat<Blocks - 1, WideBlock<Channels>>>;
}  // namespace detail

/// WRN-`Depth`-`Width`, Depth = 6 n + 4: a 3x3 convolution of 16 channels and three stages of n
/// blocks with 16, 32 and 64 times `Width` channels at 32x32, 16x16 and 8x8. Cuts: conv1_x,
/// `mutual` (conv2_x) and conv3_x, behind the stages. WRN-16-2 has 691,674 parameters and WRN-28-10
/// 36,479,194, for 10 classes.
template <int Depth, int Width, StaticShape Image = Shape<3, 32, 32>, int Classes = 10>
struct WideResNet
    : Sequential<Image, Conv2d<16, 3>, detail::WideStage<16 * Width, 1, (Depth - 4) / 6>,
                 Cut<conv1_x>, detail::WideStage<32 * Width, 2, (Depth - 4) / 6>, Cut<mutual>,
                 detail::WideStage<64 * Width, 2, (Depth - 4) / 6>, BatchNorm, Relu, Cut<conv3_x>,
                 GlobalAvgPool, Linear<Classes>> {
    static_assert(Depth >= 10 && (Depth - 4) % 6 == 0,
                  "collab: the depth of a wide residual network is 6 n + 4: 10, 16, 22, 28, 40");
};

}  // namespace collab::zoo
