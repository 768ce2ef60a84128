// SPDX-License-Identifier: Apache-2.0
// alexnet: five convolutions and three fully connected layers (Krizhevsky 2014, the one-column
// form, without response normalization).
#pragma once
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

/// AlexNet for 224x224 images. Cuts: conv1_x 64x27x27, conv2_x 192x13x13, conv3_x 384x13x13,
/// `mutual` (conv4_x) 256x13x13, conv5_x 256x6x6, fc1 and fc2 4096. 61,100,840 parameters for 1000
/// classes.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000,
          class Regularisation = WithDropout>
struct AlexNet
    : Sequential<Image, Plain::conv<64, 11, Stride<4>, Pad<2>>, MaxPool<3, Stride<2>>, Cut<conv1_x>,
                 Plain::conv<192, 5>, MaxPool<3, Stride<2>>, Cut<conv2_x>, Plain::conv<384, 3>,
                 Cut<conv3_x>, Plain::conv<256, 3>, Cut<mutual>, Plain::conv<256, 3>,
                 MaxPool<3, Stride<2>>, Cut<conv5_x>, AdaptiveAvgPool<6>, Flatten,
                 typename Regularisation::template drop<1, 2>, Linear<4096>, Relu, Cut<fc1>,
                 typename Regularisation::template drop<1, 2>, Linear<4096>, Relu, Cut<fc2>,
                 Linear<Classes>> {};

}  // namespace collab::zoo
