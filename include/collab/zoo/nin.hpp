// SPDX-License-Identifier: Apache-2.0
// nin: convolutions with small networks of 1x1 convolutions behind them (Lin, Chen and Yan 2014),
// and the same with companions (DSN).
#pragma once
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

/// Where the companions of a DSN are attached: behind the first convolution of each stage, before
/// its ReLU.
struct companion1;
struct companion2;
struct companion3;

/// Network in network for 32x32 images, with biases and without normalization. Cuts: conv1_x
/// 96x16x16, `mutual` (conv2_x) 192x8x8, conv3_x (one map per class) 8x8. 966,986 parameters for 10
/// classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10,
          class Regularisation = WithDropout>
struct NIN
    : Sequential<Image, Plain::conv<192, 5>, Plain::conv<160, 1>, Plain::conv<96, 1>,
                 MaxPool<3, Stride<2>, CeilMode>, Cut<conv1_x>,
                 typename Regularisation::template drop<1, 2>, Plain::conv<192, 5>,
                 Plain::conv<192, 1>, Plain::conv<192, 1>, AvgPool<3, Stride<2>, CeilMode>,
                 Cut<mutual>, typename Regularisation::template drop<1, 2>, Plain::conv<192, 3>,
                 Plain::conv<192, 1>, Plain::conv<Classes, 1>, Cut<conv3_x>, GlobalAvgPool> {};

/// Deeply supervised network (Lee et al. 2015): network in network with max pools, and places for
/// companions. Cuts as NIN, and companion1 192x32x32, companion2 192x16x16, companion3 192x8x8.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10,
          class Regularisation = WithDropout>
struct DSN
    : Sequential<
          Image, Conv2d<192, 5, Bias>, Cut<companion1>, Relu, Plain::conv<160, 1>,
          Plain::conv<96, 1>, MaxPool<3, Stride<2>, CeilMode>, Cut<conv1_x>,
          typename Regularisation::template drop<1, 2>, Conv2d<192, 5, Bias>, Cut<companion2>, Relu,
          Plain::conv<192, 1>, Plain::conv<192, 1>, MaxPool<3, Stride<2>, CeilMode>, Cut<mutual>,
          typename Regularisation::template drop<1, 2>, Conv2d<192, 3, Bias>, Cut<companion3>, Relu,
          Plain::conv<192, 1>, Plain::conv<Classes, 1>, Cut<conv3_x>, GlobalAvgPool> {};

/// What a DSN trains at each of companion1 to companion3 and then leaves: one score per class, from
/// the whole map. All three have 2,580,510 parameters for 10 classes.
template <int Classes = 10>
using Companion = Layers<Flatten, Linear<Classes>>;

}  // namespace collab::zoo
