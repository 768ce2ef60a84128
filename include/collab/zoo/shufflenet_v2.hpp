// SPDX-License-Identifier: Apache-2.0
// shufflenet_v2: units that work on half of the channels and then mix all of them (Ma et al. 2018,
// width 1).
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/sequential.hpp>
#include <collab/zoo/cuts.hpp>

namespace collab::zoo {

namespace detail {
template <int Channels, int Step>
using ShuffleBranch = Layers<Conv2d<Channels, 1>, BatchNorm, Relu, DepthwiseConv2d<3, Stride<Step>>,
                             BatchNorm, Conv2d<Channels, 1>, BatchNorm, Relu>;
template <int Channels>  // halves the map: both branches see all channels
using ShuffleEntry = Layers<Concat<Layers<DepthwiseConv2d<3, Stride<2>>, BatchNorm,
                                          Conv2d<Channels / 2, 1>, BatchNorm, Relu>,
                                   ShuffleBranch<Channels / 2, 2>>,
                            ChannelShuffle<2>>;
template <int Channels>
using ShuffleUnit =
    Layers<ChannelSplit<Layers<>, ShuffleBranch<Channels / 2, 1>>, ChannelShuffle<2>>;
template <int Channels, int Units>
using ShuffleStage = Layers<ShuffleEntry<Channels>, Repeat<Units - 1, ShuffleUnit<Channels>>>;
}  // namespace detail

/// ShuffleNet V2 for 32x32 images: the first convolution keeps the size and no pool follows. Cuts:
/// conv1_x 24x32x32, `mutual` (conv2_x) 116x16x16, conv3_x 232x8x8, conv4_x 464x4x4, conv5_x
/// 1024x4x4. 1,263,854 parameters for 10 classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10>
struct ShuffleNetV2
    : Sequential<Image, Conv2d<24, 3>, BatchNorm, Relu, Cut<conv1_x>, detail::ShuffleStage<116, 4>,
                 Cut<mutual>, detail::ShuffleStage<232, 8>, Cut<conv3_x>,
                 detail::ShuffleStage<464, 4>, Cut<conv4_x>, Conv2d<1024, 1>, BatchNorm, Relu,
                 Cut<conv5_x>, GlobalAvgPool, Linear<Classes>> {};

/// ShuffleNet V2 for 224x224 images. Cuts: conv1_x 24x112x112, conv2_x 24x56x56, conv3_x 116x28x28,
/// `mutual` (conv4_x) 232x14x14, conv5_x 464x7x7. 2,278,604 parameters for 1000 classes.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000>
struct ImageNetShuffleNetV2
    : Sequential<Image, Conv2d<24, 3, Stride<2>>, BatchNorm, Relu, Cut<conv1_x>,
                 MaxPool<3, Stride<2>, Pad<1>>, Cut<conv2_x>, detail::ShuffleStage<116, 4>,
                 Cut<conv3_x>, detail::ShuffleStage<232, 8>, Cut<mutual>,
                 detail::ShuffleStage<464, 4>, Cut<conv5_x>, Conv2d<1024, 1>, BatchNorm, Relu,
                 GlobalAvgPool, Linear<Classes>> {};

}  // namespace collab::zoo
