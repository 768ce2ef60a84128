// SPDX-License-Identifier: Apache-2.0
// small_net: the small plain network of the paper's experiments.
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/sequential.hpp>
#include <collab/zoo/cuts.hpp>

namespace collab::zoo {

namespace detail {
template <int Channels, int Convolutions>
using SmallStage = Layers<Repeat<Convolutions, Conv2d<Channels, 3>, BatchNorm, Elu>, MaxPool<2>>;
}

/// Three stages of `Convolutions` 3x3 convolutions (32, 64, 128 channels; batch normalization, ELU)
/// with a max pool each, then fully connected 128 and one output per class (Haeusser et al. 2017;
/// Table 1 of Wang, Wang and Gao 2018). For 32x32 images. 551,018 parameters for {3, 32, 32} and 10
/// classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10, int Convolutions = 2>
struct SmallNet : Sequential<Image, detail::SmallStage<32, Convolutions>, Cut<conv1_x>,
                             detail::SmallStage<64, Convolutions>, Cut<mutual>,
                             detail::SmallStage<128, Convolutions>, Cut<conv3_x>, Flatten,
                             Linear<128>, Elu, Cut<fc1>, Linear<Classes>> {};

}  // namespace collab::zoo
