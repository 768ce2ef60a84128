// SPDX-License-Identifier: Apache-2.0
// resnet: residual networks of basic blocks, for 32x32 and for 224x224 images (He et al. 2016,
// sections 4.2 and 4.1).
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>
#include <collab/zoo/cuts.hpp>

namespace collab::zoo {

namespace detail {
template <int Channels, int Step, class Shortcut>
using BasicBlock = Layers<Residual<Layers<Conv2d<Channels, 3, Stride<Step>>, BatchNorm, Relu,
                                          Conv2d<Channels, 3>, BatchNorm>,
                                   Shortcut>,
                          Relu>;
template <int Channels>
using Project = Layers<Conv2d<Channels, 1, Stride<2>>, BatchNorm>;
template <int Channels, int Blocks, class Shortcut>  // a stage that halves the map
using ResidualStage = Layers<BasicBlock<Channels, 2, Shortcut>,
                             Repeat<Blocks - 1, BasicBlock<Channels, 1, Layers<>>>>;
}  // namespace detail

// Which shortcut the blocks use that change the shape: without parameters (A) or projected (B), by
// every second pixel or by means of four.
struct OptionA {
    template <int>
    using shortcut = PadShortcut;
};
struct OptionB {
    template <int Channels>
    using shortcut = detail::Project<Channels>;
};
struct OptionAPooled {
    template <int Channels>
    using shortcut = Layers<AvgPool<2>, PadChannels<Channels>>;
};
struct OptionBPooled {
    template <int Channels>
    using shortcut = Layers<AvgPool<2>, Conv2d<Channels, 1>, BatchNorm>;
};

/// ResNet-`Depth`, Depth = 6 n + 2: a 3x3 convolution of 16 channels and three stages of n basic
/// blocks with 16, 32 and 64 channels at 32x32, 16x16 and 8x8; global mean; one output per class.
/// Cut `mutual` (conv2_x) lies after the second stage: 32x16x16. ResNet-20 has 269,722 parameters
/// and ResNet-32 464,154 with OptionA, {3, 32, 32} and 10 classes.
template <int Depth, StaticShape Image = Shape<3, 32, 32>, int Classes = 10,
          class Shortcuts = OptionA>
struct ResNet
    : Sequential<
          Image, Conv2d<16, 3>, BatchNorm, Relu,
          Repeat<(Depth - 2) / 6, detail::BasicBlock<16, 1, Layers<>>>, Cut<conv1_x>,
          detail::ResidualStage<32, (Depth - 2) / 6, typename Shortcuts::template shortcut<32>>,
          Cut<mutual>,
          detail::ResidualStage<64, (Depth - 2) / 6, typename Shortcuts::template shortcut<64>>,
          Cut<conv3_x>, GlobalAvgPool, Linear<Classes>> {
    static_assert(Depth >= 8 && (Depth - 2) % 6 == 0,
                  "collab: the depth of a CIFAR ResNet is 6 n + 2: 8, 14, 20, 26, 32, 44, 56, 110");
};

namespace detail {
constexpr int blocks(int depth, int stage) {
    constexpr int of18[] = {2, 2, 2, 2};
    constexpr int of34[] = {3, 4, 6, 3};
    return (depth == 18 ? of18 : of34)[stage];
}
}  // namespace detail

// What stands in front of the stages of an ImageNetResNet.

/// A 7x7 convolution that halves the map; a max pool that halves it again follows. For 224x224
/// images.
struct LargeStem {
    using convolution = Layers<Conv2d<64, 7, Stride<2>>, BatchNorm, Relu>;
    using pool = Layers<MaxPool<3, Stride<2>, Pad<1>>>;
};
/// A 3x3 convolution that keeps the size, and no pool: the same network for 32x32 images.
struct SmallStem {
    using convolution = Layers<Conv2d<64, 3>, BatchNorm, Relu>;
    using pool = Layers<>;
};

/// ResNet-18 or ResNet-34: four stages with 64, 128, 256 and 512 channels at 56x56, 28x28, 14x14
/// and 7x7. Cuts: conv1_x 64x112x112, conv2_x 64x56x56, conv3_x 128x28x28, `mutual` (conv4_x)
/// 256x14x14, conv5_x 512x7x7. 11,689,512 and 21,797,672 parameters for 1000 classes.
template <int Depth, StaticShape Image = Shape<3, 224, 224>, int Classes = 1000,
          class Stem = LargeStem>
struct ImageNetResNet
    : Sequential<
          Image, typename Stem::convolution, Cut<conv1_x>, typename Stem::pool,
          Repeat<detail::blocks(Depth, 0), detail::BasicBlock<64, 1, Layers<>>>, Cut<conv2_x>,
          detail::ResidualStage<128, detail::blocks(Depth, 1), detail::Project<128>>, Cut<conv3_x>,
          detail::ResidualStage<256, detail::blocks(Depth, 2), detail::Project<256>>, Cut<mutual>,
          detail::ResidualStage<512, detail::blocks(Depth, 3), detail::Project<512>>, Cut<conv5_x>,
          GlobalAvgPool, Linear<Classes>> {
    static_assert(
        Depth == 18 || Depth == 34,
        "collab: the residual networks of basic blocks for large images have 18 or 34 layers");
};

}  // namespace collab::zoo
