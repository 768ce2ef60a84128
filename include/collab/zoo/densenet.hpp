// SPDX-License-Identifier: Apache-2.0
// densenet: each layer sees the results of all before it in its block (Huang et al. 2017).
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/sequential.hpp>
#include <collab/zoo/cuts.hpp>

namespace collab::zoo {

namespace detail {
template <class Lists>
struct DenseBlockOf;
template <class... Lists>
struct DenseBlockOf<Layers<Lists...>> {
    using type = DenseBlock<Lists...>;
};
template <int N, class List>  // a block of N equal lists
using DenseRepeat = typename DenseBlockOf<Repeat<N, List>>::type;

template <int Growth>
using DenseLayer = Layers<BatchNorm, Relu, Conv2d<Growth, 3>>;
template <int Growth>
using DenseBottleneck =
    Layers<BatchNorm, Relu, Conv2d<4 * Growth, 1>, BatchNorm, Relu, Conv2d<Growth, 3>>;
template <int Channels>
using DenseTransition = Layers<BatchNorm, Relu, Conv2d<Channels, 1>, AvgPool<2>>;
}  // namespace detail

/// DenseNet for 32x32 images, Depth = 3 n + 4: a 3x3 convolution of `First` channels and three
/// blocks of n layers with `Growth` channels each; transitions keep the channels. Cuts of
/// DenseNet<40, 12>: conv1_x 160x32x32, `mutual` (conv2_x) 160x16x16, conv3_x 304x8x8, conv4_x
/// 448x8x8. It has 1,019,722 parameters for 10 classes, and 1,059,298 with First = 24.
template <int Depth = 40, int Growth = 12, StaticShape Image = Shape<3, 32, 32>, int Classes = 10,
          int First = 16, int Each = (Depth - 4) / 3>
struct DenseNet
    : Sequential<Image, Conv2d<First, 3>, detail::DenseRepeat<Each, detail::DenseLayer<Growth>>,
                 Cut<conv1_x>, detail::DenseTransition<First + Each * Growth>, Cut<mutual>,
                 detail::DenseRepeat<Each, detail::DenseLayer<Growth>>,
                 detail::DenseTransition<First + 2 * Each * Growth>, Cut<conv3_x>,
                 detail::DenseRepeat<Each, detail::DenseLayer<Growth>>, BatchNorm, Relu,
                 Cut<conv4_x>, GlobalAvgPool, Linear<Classes>> {
    static_assert(Depth >= 7 && (Depth - 4) % 3 == 0,
                  "collab: the depth of a DenseNet for small images is 3 n + 4: 22, 40, 100");
};

/// DenseNet-121 for 224x224 images: blocks of 6, 12, 24 and 16 bottlenecks that grow by 32;
/// transitions halve the channels. Cuts: conv1_x 64x56x56, conv2_x 256x56x56, conv3_x 512x28x28,
/// `mutual` (the transition behind it) 256x14x14, conv4_x 1024x14x14, conv5_x 1024x7x7. 7,978,856
/// parameters for 1000 classes.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000>
struct DenseNet121
    : Sequential<Image, Conv2d<64, 7, Stride<2>>, BatchNorm, Relu, MaxPool<3, Stride<2>, Pad<1>>,
                 Cut<conv1_x>, detail::DenseRepeat<6, detail::DenseBottleneck<32>>, Cut<conv2_x>,
                 detail::DenseTransition<128>, detail::DenseRepeat<12, detail::DenseBottleneck<32>>,
                 Cut<conv3_x>, detail::DenseTransition<256>, Cut<mutual>,
                 detail::DenseRepeat<24, detail::DenseBottleneck<32>>, Cut<conv4_x>,
                 detail::DenseTransition<512>, detail::DenseRepeat<16, detail::DenseBottleneck<32>>,
                 BatchNorm, Relu, Cut<conv5_x>, GlobalAvgPool, Linear<Classes>> {};

}  // namespace collab::zoo
