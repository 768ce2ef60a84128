// SPDX-License-Identifier: Apache-2.0
// squeezenet: few parameters by 1x1 convolutions before the wide ones (Iandola et al. 2016,
// version 1.1).
#pragma once
#include <collab/layer/concat.hpp>
#include <collab/layer/pool.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

namespace detail {
template <int Squeezed, int Expanded>
using Fire =
    Layers<Plain::conv<Squeezed, 1>, Concat<Plain::conv<Expanded, 1>, Plain::conv<Expanded, 3>>>;
}

/// SqueezeNet 1.1 for 224x224 images. Cuts: conv1_x 64x55x55, conv2_x 128x55x55, conv3_x 256x27x27,
/// `mutual` (conv4_x) 512x13x13. 1,235,496 parameters for 1000 classes.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000,
          class Regularisation = WithDropout>
struct SqueezeNet
    : Sequential<Image, Plain::conv<64, 3, Stride<2>, Pad<0>>, MaxPool<3, Stride<2>, CeilMode>,
                 Cut<conv1_x>, Repeat<2, detail::Fire<16, 64>>, Cut<conv2_x>,
                 MaxPool<3, Stride<2>, CeilMode>, Repeat<2, detail::Fire<32, 128>>, Cut<conv3_x>,
                 MaxPool<3, Stride<2>, CeilMode>, Repeat<2, detail::Fire<48, 192>>,
                 Repeat<2, detail::Fire<64, 256>>, Cut<mutual>,
                 typename Regularisation::template drop<1, 2>, Plain::conv<Classes, 1>,
                 GlobalAvgPool> {};

}  // namespace collab::zoo
