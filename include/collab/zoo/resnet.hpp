// SPDX-License-Identifier: Apache-2.0
// resnet: residual networks for 32x32 images (He et al. 2016, section 4.2).
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
template <int Channels, int Step, class Shortcut>
using BasicBlock = Layers<Residual<Layers<Conv2d<Channels, 3, Stride<Step>>, BatchNorm, Relu, Conv2d<Channels, 3>, BatchNorm>, Shortcut>, Relu>;
template <int Channels>
using Project = Layers<Conv2d<Channels, 1, Stride<2>>, BatchNorm>;
template <int Channels, int Blocks, class Shortcut>   // a stage that halves the map
using ResidualStage = Layers<BasicBlock<Channels, 2, Shortcut>, Repeat<Blocks - 1, BasicBlock<Channels, 1, Layers<>>>>;
}  // namespace detail

/// Which shortcut the blocks use that change the shape.
struct OptionA { template <int> using shortcut = PadShortcut; };
struct OptionB { template <int Channels> using shortcut = detail::Project<Channels>; };

/// ResNet-`Depth`, Depth = 6 n + 2: a 3x3 convolution of 16 channels and three stages of n basic blocks with 16, 32 and 64 channels at
/// 32x32, 16x16 and 8x8; global mean; one output per class. Cut `mutual` (conv2_x) lies after the second stage: 32x16x16.
/// ResNet-20 has 269,722 parameters and ResNet-32 464,154 with OptionA, {3, 32, 32} and 10 classes.
template <int Depth, StaticShape Image = Shape<3, 32, 32>, int Classes = 10, class Shortcuts = OptionA>
struct ResNet : Sequential<Image, Conv2d<16, 3>, BatchNorm, Relu, Repeat<(Depth - 2) / 6, detail::BasicBlock<16, 1, Layers<>>>, Cut<conv1_x>,
                           detail::ResidualStage<32, (Depth - 2) / 6, typename Shortcuts::template shortcut<32>>, Cut<mutual>,
                           detail::ResidualStage<64, (Depth - 2) / 6, typename Shortcuts::template shortcut<64>>, Cut<conv3_x>, GlobalAvgPool, Linear<Classes>> {
    static_assert(Depth >= 8 && (Depth - 2) % 6 == 0, "collab: the depth of a CIFAR ResNet is 6 n + 2: 8, 14, 20, 26, 32, 44, 56, 110");
};

}  // namespace collab::zoo
