// SPDX-License-Identifier: Apache-2.0
// convolution: derivatives of convolutions, transposed convolutions and linear layers.
#include <doctest/doctest.h>

#include <collab/layer/activation.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/test/gradient.hpp>

using namespace collab;

namespace {
template <class List, class In>
void verify() {
    const GradientReport report = check_gradients<List, In>();
    CHECK_MESSAGE(report.passed(), report.describe());
}
using Map = Shape<4, 6, 5>;
}  // namespace

TEST_CASE("the gradients of a convolution agree with differences, whatever its options") {
    verify<Conv2d<3, 3>, Map>();
    verify<Conv2d<3, 3, Bias>, Map>();
    verify<Conv2d<3, 1>, Map>();
    verify<Conv2d<3, 3, Stride<2>, Bias>, Map>();
    verify<Conv2d<3, 3, Stride<2, 1>>, Map>();
    verify<Conv2d<3, 3, Pad<0>>, Map>();
    verify<Conv2d<3, 3, Pad<2, 0>, Stride<3, 2>>, Map>();
    verify<Conv2d<2, 0, Kernel<1, 5>>, Map>();
    verify<Conv2d<2, 0, Kernel<5, 2>, Pad<2, 1>>, Map>();
    verify<Conv2d<6, 3, Groups<2>, Bias>, Map>();
    verify<Conv2d<4, 3, Groups<4>, Stride<2>>, Map>();
    verify<Conv2d<3, 5>, Shape<2, 5, 5>>();
}

TEST_CASE("the gradients of a depthwise convolution agree with differences") {
    verify<DepthwiseConv2d<3>, Map>();
    verify<DepthwiseConv2d<3, Bias, Stride<2>>, Map>();
    verify<DepthwiseConv2d<0, Kernel<1, 3>, Pad<0, 1>>, Map>();
}

TEST_CASE("the gradients of a transposed convolution agree with differences") {
    verify<ConvTranspose2d<3, 3>, Map>();
    verify<ConvTranspose2d<3, 3, Bias>, Map>();
    verify<ConvTranspose2d<2, 3, Stride<2>, OutputPad<1>, Bias>, Map>();
    verify<ConvTranspose2d<2, 2, Stride<2>, Pad<0>>, Map>();
    verify<ConvTranspose2d<2, 0, Kernel<3, 5>, Stride<2, 1>, OutputPad<1, 0>>, Map>();
}

TEST_CASE("the gradients of a linear layer agree with differences") {
    verify<Linear<5>, Shape<7>>();
    verify<Linear<5, NoBias>, Shape<7>>();
    verify<Layers<Flatten, Linear<3>>, Shape<2, 3, 2>>();
    verify<Layers<Conv2d<2, 3>, Flatten, Linear<5>, Elu, Linear<3>>, Shape<2, 3, 4>>();
}
