// SPDX-License-Identifier: Apache-2.0
// networks: the small networks of collaborations.py and methods.py, which say what their features
// are.
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>
#include <collab/layer/sequential.hpp>

#include "fixture.hpp"

namespace collab::oracle {

inline constexpr int classes = 4;
inline constexpr int capacity = 8;  ///< capacity: samples of a batch
inline constexpr double rate = 0.05;
using Image = Shape<3, 8, 8>;

template <int Channels, int Step = 1>
using Basic =
    Layers<Conv2d<Channels, 3, Stride<Step>>, BatchNorm, Relu, Conv2d<Channels, 3>, BatchNorm>;

struct early;
struct PlainNet : Sequential<Image, Conv2d<6, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                             Conv2d<5, 3>, BatchNorm, Elu, Flatten, Linear<classes>> {};
struct ResidualNet
    : Sequential<Image, Conv2d<4, 3>, BatchNorm, Relu, Residual<Basic<4>>, Relu, Cut<mutual>,
                 Residual<Basic<8, 2>, PadShortcut>, Relu, GlobalAvgPool, Linear<classes>> {};
struct SeparableNet
    : Sequential<Image, Conv2d<7, 3, Stride<2>, Bias>, LeakyRelu<1, 10>, DepthwiseConv2d<3>,
                 BatchNorm, Elu, Cut<mutual>, AvgPool<2>, Flatten, Linear<classes>> {};
struct PlainCutTwice
    : Sequential<Image, Conv2d<6, 3>, BatchNorm, Elu, Cut<early>, MaxPool<2>, Conv2d<5, 3>,
                 BatchNorm, Elu, Cut<mutual>, Flatten, Linear<classes>> {};
struct ResidualCutTwice : Sequential<Image, Conv2d<4, 3>, BatchNorm, Relu, Cut<early>,
                                     Residual<Basic<8, 2>, PadShortcut>, Relu, Cut<mutual>,
                                     GlobalAvgPool, Linear<classes>> {};
struct StagedNet
    : Sequential<Image, Conv2d<6, 3>, BatchNorm, Relu, Cut<early>, Conv2d<8, 3, Stride<2>>,
                 BatchNorm, Relu, Cut<mutual>, GlobalAvgPool, Linear<classes>> {};
struct StagedTeacher
    : Sequential<Image, Conv2d<5, 3>, BatchNorm, Relu, Cut<early>, Conv2d<7, 3, Stride<2>>, Relu,
                 Cut<mutual>, GlobalAvgPool, Linear<classes>> {};

/// The batch of a step of the case `which`.
inline std::vector<float> batch_images(const std::string& which, int step, int samples) {
    return numbers<float>(sentence(which, ".images", step),
                          std::size_t(samples) * Image::dims.size());
}
inline std::vector<int> batch_labels(const std::string& which, int step, int samples) {
    return labels(sentence(which, ".labels", step), std::size_t(samples), classes);
}

}  // namespace collab::oracle
