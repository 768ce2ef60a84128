// SPDX-License-Identifier: Apache-2.0
// mobilenet_v2: residual units that are wide inside and narrow between (Sandler et al. 2018, width
// 1).
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

namespace detail {
template <int Channels, int Step>  // the narrow end has no activation
using NarrowEnd =
    Layers<DepthwiseConv2d<3, Stride<Step>>, BatchNorm, Relu6, Conv2d<Channels, 1>, BatchNorm>;
template <int In, int Channels, int Step>
using InvertedUnit = Layers<Conv2d<6 * In, 1>, BatchNorm, Relu6, NarrowEnd<Channels, Step>>;
template <int In, int Channels, int Units, int Step>
using InvertedStage = Layers<InvertedUnit<In, Channels, Step>,
                             Repeat<Units - 1, Residual<InvertedUnit<Channels, Channels, 1>>>>;
template <int Channels>
using MobileHead = Layers<Conv2d<Channels, 1>, BatchNorm, Relu6, GlobalAvgPool>;
}  // namespace detail

/// MobileNet V2 for 32x32 images: the first convolution and the second stage keep the size. Cuts:
/// conv1_x 24x32x32, `mutual` (conv2_x) 32x16x16, conv3_x 96x8x8, conv4_x 320x4x4. 2,236,682
/// parameters for 10 classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10,
          class Regularisation = WithoutDropout>
struct MobileNetV2
    : Sequential<Image, Conv2d<32, 3>, BatchNorm, Relu6, detail::NarrowEnd<16, 1>,
                 detail::InvertedStage<16, 24, 2, 1>, Cut<conv1_x>,
                 detail::InvertedStage<24, 32, 3, 2>, Cut<mutual>,
                 detail::InvertedStage<32, 64, 4, 2>, detail::InvertedStage<64, 96, 3, 1>,
                 Cut<conv3_x>, detail::InvertedStage<96, 160, 3, 2>,
                 detail::InvertedStage<160, 320, 1, 1>, Cut<conv4_x>, detail::MobileHead<1280>,
                 typename Regularisation::template drop<1, 5>, Linear<Classes>> {};

/// MobileNet V2 for 224x224 images. Cuts: conv1_x 16x112x112, conv2_x 24x56x56, conv3_x 32x28x28,
/// `mutual` (conv4_x) 96x14x14, conv5_x 320x7x7. 3,504,872 parameters for 1000 classes.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000,
          class Regularisation = WithDropout>
struct ImageNetMobileNetV2
    : Sequential<Image, Conv2d<32, 3, Stride<2>>, BatchNorm, Relu6, detail::NarrowEnd<16, 1>,
                 Cut<conv1_x>, detail::InvertedStage<16, 24, 2, 2>, Cut<conv2_x>,
                 detail::InvertedStage<24, 32, 3, 2>, Cut<conv3_x>,
                 detail::InvertedStage<32, 64, 4, 2>, detail::InvertedStage<64, 96, 3, 1>,
                 Cut<mutual>, detail::InvertedStage<96, 160, 3, 2>,
                 detail::InvertedStage<160, 320, 1, 1>, Cut<conv5_x>, detail::MobileHead<1280>,
                 typename Regularisation::template drop<1, 5>, Linear<Classes>> {};

}  // namespace collab::zoo
