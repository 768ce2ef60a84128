// SPDX-License-Identifier: Apache-2.0
// maxout_net: convolutions whose channels are the largest of two (Goodfellow et al. 2013, the
// network for CIFAR-10).
#pragma once
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pool.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

/// The maxout network for 32x32 images: three stages of a convolution, maxout and a max pool, then
/// maxout of five pieces, fully connected. Cuts: conv1_x 96x16x16, `mutual` (conv2_x) 192x7x7,
/// conv3_x 192x5x5, fc1 500. 16,247,830 parameters for 10 classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10,
          class Regularisation = WithDropout>
struct MaxoutNet
    : Sequential<Image, typename Regularisation::template drop<1, 5>,
                 Conv2d<2 * 96, 8, Pad<4>, Bias>, Maxout<2>, MaxPool<4, Stride<2>, CeilMode>,
                 Cut<conv1_x>, typename Regularisation::template drop<1, 2>,
                 Conv2d<2 * 192, 8, Pad<3>, Bias>, Maxout<2>, MaxPool<4, Stride<2>, CeilMode>,
                 Cut<mutual>, typename Regularisation::template drop<1, 2>,
                 Conv2d<2 * 192, 5, Pad<3>, Bias>, Maxout<2>, MaxPool<2, CeilMode>, Cut<conv3_x>,
                 Flatten, typename Regularisation::template drop<1, 2>, Linear<5 * 500>, Maxout<5>,
                 Cut<fc1>, typename Regularisation::template drop<1, 2>, Linear<Classes>> {};

}  // namespace collab::zoo
