// SPDX-License-Identifier: Apache-2.0
// vgg: thirteen 3x3 convolutions in five stages (Simonyan and Zisserman 2015, configuration D).
#pragma once
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

namespace detail {
template <class Form, int Channels, int Convolutions>
using VGGStage =
    Layers<Repeat<Convolutions, typename Form::template conv<Channels, 3>>, MaxPool<2>>;
}

/// VGG-16 for 32x32 images: one fully connected layer behind the convolutions. Cuts: conv1_x
/// 64x16x16, `mutual` (conv2_x) 128x8x8, conv3_x 256x4x4, conv4_x 512x2x2, conv5_x 512x1x1.
/// 14,728,266 parameters for 10 classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10, class Form = NormalizedWithBias>
struct VGG16
    : Sequential<Image, detail::VGGStage<Form, 64, 2>, Cut<conv1_x>, detail::VGGStage<Form, 128, 2>,
                 Cut<mutual>, detail::VGGStage<Form, 256, 3>, Cut<conv3_x>,
                 detail::VGGStage<Form, 512, 3>, Cut<conv4_x>, detail::VGGStage<Form, 512, 3>,
                 Cut<conv5_x>, Flatten, Linear<Classes>> {};

/// VGG-16 for 224x224 images. Cuts: conv1_x 64x112x112, conv2_x 128x56x56, conv3_x 256x28x28,
/// `mutual` (conv4_x) 512x14x14, conv5_x 512x7x7, fc1 and fc2 4096. 138,357,544 parameters for 1000
/// classes; with `NormalizedWithBias` 138,365,992.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000, class Form = Plain,
          class Regularisation = WithDropout>
struct ImageNetVGG16
    : Sequential<Image, detail::VGGStage<Form, 64, 2>, Cut<conv1_x>, detail::VGGStage<Form, 128, 2>,
                 Cut<conv2_x>, detail::VGGStage<Form, 256, 3>, Cut<conv3_x>,
                 detail::VGGStage<Form, 512, 3>, Cut<mutual>, detail::VGGStage<Form, 512, 3>,
                 Cut<conv5_x>, Flatten, Linear<4096>, Relu, Cut<fc1>,
                 typename Regularisation::template drop<1, 2>, Linear<4096>, Relu, Cut<fc2>,
                 typename Regularisation::template drop<1, 2>, Linear<Classes>> {};

}  // namespace collab::zoo
