// SPDX-License-Identifier: Apache-2.0
// gradient: derivatives of every kind of layer against differences, with the GPU backend's
// operations.
#pragma once
#include <doctest/doctest.h>

#include <collab/collaboration/mkb.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/gelu.hpp>
#include <collab/layer/group_norm.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>
#include <collab/layer/silu.hpp>
#include <collab/test/gradient.hpp>

namespace collab::gradients {

template <class B, class List, class In = Shape<3, 5, 4>>
void verify() {
    const GradientReport report = check_gradients<List, In, B>();
    CHECK_MESSAGE(report.passed(), report.describe());
}

/// B computes in double.
template <class B>
void every_layer() {
    verify<B, Layers<Conv2d<4, 3, Bias>, Relu, Conv2d<3, 3, Stride<2>>, Elu>>();
    verify<B, Layers<Conv2d<6, 1, Groups<3>>, Conv2d<4, 5, Pad<2>>>>();
    verify<B, Layers<DepthwiseConv2d<3>, BatchNorm, Relu, Conv2d<5, 1>, BatchNorm>>();
    verify<B, Layers<ConvTranspose2d<2, 3, Stride<2>, OutputPad<1>>, Sigmoid>>();
    verify<B, Layers<BatchNorm, Relu, Dropout<1, 4>, Flatten, Linear<4>>>();
    verify<B, Layers<Conv2d<4, 3>, Gelu, GroupNorm<2>, Conv2d<6, 1>, BatchNorm, Silu>>();
    verify<B, Layers<MaxPool<2>, Conv2d<4, 1>, AvgPool<2>>, Shape<3, 8, 8>>();
    verify<B, Layers<Conv2d<4, 1>, AdaptiveAvgPool<3>, Flatten, Linear<6>, Maxout<2>>>();
    verify<B, Layers<Conv2d<4, 1>, ChannelShuffle<2>, GlobalAvgPool>>();
    verify<B,
           Layers<Residual<Layers<Conv2d<6, 3, Stride<2>>, BatchNorm, Relu, Conv2d<6, 3>>,
                           PadShortcut>,
                  Relu>,
           Shape<3, 4, 4>>();
    verify<B, Layers<Concat<Layers<Conv2d<2, 1>, Relu>, Layers<Conv2d<2, 3>, BatchNorm>>,
                     PadChannels<6>>>();
    verify<B, DenseBlock<Layers<BatchNorm, Relu, Conv2d<2, 3>>, Layers<Conv2d<2, 3>>>>();
    verify<B, Layers<Conv2d<4, 1>, ChannelSplit<Layers<>, Layers<Conv2d<2, 3>, Relu>>>>();
    verify<B,
           MutualKnowledge<
               Layers<Conv2d<4, 3, Stride<2>>, BatchNorm, Elu>, Layers<Conv2d<4, 3>, BatchNorm>,
               Layers<ConvTranspose2d<3, 3, Stride<2>, OutputPad<1>>, BatchNorm>, ProductMerge>,
           Shape<3, 4, 4>>();
}

}  // namespace collab::gradients
