// SPDX-License-Identifier: Apache-2.0
// mobilenet: a network of depthwise separable convolutions (Howard et al. 2017, Table 1, width 1).
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/sequential.hpp>
#include <collab/zoo/cuts.hpp>

namespace collab::zoo {

namespace detail {
// one filter per channel, then a 1x1 convolution; both normalized
template <int Channels, int Step = 1>
using SeparableUnit =
    Layers<DepthwiseConv2d<3, Stride<Step>>, BatchNorm, Relu, Conv2d<Channels, 1>, BatchNorm, Relu>;
}  // namespace detail

/// MobileNet v1 for 32x32 images: the first convolution keeps the size, the thirteen units have
/// their usual strides, and the last map, 1024x2x2, is averaged. Cuts: conv1_x 64x32x32, `mutual`
/// (conv2_x) 128x16x16, conv3_x 256x8x8, conv4_x 512x4x4, conv5_x 1024x2x2. 3,217,226 parameters
/// for {3, 32, 32} and 10 classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10>
struct MobileNet
    : Sequential<Image, Conv2d<32, 3>, BatchNorm, Relu, detail::SeparableUnit<64>, Cut<conv1_x>,
                 detail::SeparableUnit<128, 2>, detail::SeparableUnit<128>, Cut<mutual>,
                 detail::SeparableUnit<256, 2>, detail::SeparableUnit<256>, Cut<conv3_x>,
                 detail::SeparableUnit<512, 2>, Repeat<5, detail::SeparableUnit<512>>, Cut<conv4_x>,
                 detail::SeparableUnit<1024, 2>, detail::SeparableUnit<1024>, Cut<conv5_x>,
                 GlobalAvgPool, Linear<Classes>> {};

/// MobileNet v1 for 224x224 images: as above, but the first convolution halves the map. Cuts:
/// conv1_x 64x112x112, conv2_x 128x56x56, conv3_x 256x28x28, `mutual` (conv4_x) 512x14x14, conv5_x
/// 1024x7x7. 4,231,976 parameters for 1000 classes.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000>
struct ImageNetMobileNet
    : Sequential<Image, Conv2d<32, 3, Stride<2>>, BatchNorm, Relu, detail::SeparableUnit<64>,
                 Cut<conv1_x>, detail::SeparableUnit<128, 2>, detail::SeparableUnit<128>,
                 Cut<conv2_x>, detail::SeparableUnit<256, 2>, detail::SeparableUnit<256>,
                 Cut<conv3_x>, detail::SeparableUnit<512, 2>, Repeat<5, detail::SeparableUnit<512>>,
                 Cut<mutual>, detail::SeparableUnit<1024, 2>, detail::SeparableUnit<1024>,
                 Cut<conv5_x>, GlobalAvgPool, Linear<Classes>> {};

}  // namespace collab::zoo
