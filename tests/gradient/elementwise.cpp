// SPDX-License-Identifier: Apache-2.0
// elementwise: derivatives of activations, batch normalization and dropout.
#include <doctest/doctest.h>

#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/residual.hpp>
#include <collab/test/gradient.hpp>

#include "bend.hpp"

using namespace collab;

namespace {
template <class List, class In>
void verify() {
    const GradientReport report = check_gradients<List, In>();
    CHECK_MESSAGE(report.passed(), report.describe());
}
using Map = Shape<3, 4, 3>;
struct here;
struct Wide : NormalizationDefaults {
    static constexpr double epsilon = 0.1;
};
}  // namespace

TEST_CASE("the gradients of every activation agree with differences") {
    verify<Relu, Map>();
    verify<Relu6, Map>();
    verify<Elu, Map>();
    verify<LeakyRelu<>, Map>();
    verify<LeakyRelu<1, 5>, Map>();
    verify<Sigmoid, Map>();
}

TEST_CASE("the gradients of activations that run in place agree with differences") {
    verify<Layers<Conv2d<4, 3>, Relu, Conv2d<2, 1>>, Map>();
    verify<Layers<Conv2d<4, 3>, Elu, LeakyRelu<>, Sigmoid>, Map>();
    verify<Layers<Conv2d<4, 3>, Cut<here>, Relu, Cut<mutual>, Conv2d<2, 1>, Sigmoid>, Map>();
    verify<Layers<Relu, Conv2d<4, 3>>, Map>();
}

TEST_CASE("the gradients of an activation whose slope needs its input agree with differences, "
          "wherever it stands") {
    using trial::Bend;
    using Block = Residual<Layers<Conv2d<3, 3>, BatchNorm>>;
    verify<Bend, Map>();
    verify<Layers<Bend, Bend, Relu, Bend>, Map>();
    verify<Layers<Conv2d<4, 3>, Bend, Elu, Dropout<1, 5>, Bend, Conv2d<2, 1>, Bend>, Map>();
    verify<Layers<Conv2d<4, 3>, BatchNorm, Bend, Conv2d<2, 1>, BatchNorm, Bend>, Map>();
    verify<Layers<Conv2d<4, 3>, Cut<here>, Bend, Cut<mutual>, Conv2d<2, 1>>, Map>();
    verify<Layers<Block, Bend, Block, Bend, Residual<Layers<Conv2d<3, 3>, Bend>>, Bend>, Map>();
}

TEST_CASE("the gradients of batch normalization in training agree with differences, alone and with "
          "each activation") {
    verify<BatchNorm, Map>();
    verify<Layers<BatchNorm, Relu>, Map>();
    verify<Layers<BatchNorm, Elu>, Map>();
    verify<Layers<BatchNorm, LeakyRelu<1, 10>>, Map>();
    verify<Layers<BatchNorm, Sigmoid>, Map>();
    verify<Layers<BatchNorm, Relu, Elu>, Map>();
    verify<Layers<BatchNorm, Cut<here>, Relu>, Map>();
    verify<Layers<Conv2d<2, 3>, BatchNorm, Elu, Conv2d<3, 3>, BatchNorm>, Map>();
    verify<BatchNormWith<Wide>, Map>();
    verify<Layers<BatchNorm, BatchNorm>, Map>();
}

TEST_CASE("the gradients of batch normalization over a single pixel agree with differences") {
    const GradientReport report = check_gradients<Layers<BatchNorm, Elu>, Shape<5>>({.batch = 6});
    CHECK_MESSAGE(report.passed(), report.describe());
}

TEST_CASE("the gradients of dropout agree with differences when the same elements are dropped") {
    verify<Dropout<1, 2>, Map>();
    verify<Layers<Conv2d<4, 3>, Dropout<1, 5>, Relu>, Map>();
    verify<Layers<Dropout<1, 4>, Conv2d<4, 3>, BatchNorm, Relu, Dropout<1, 3>>, Map>();
}
