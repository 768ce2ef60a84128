// SPDX-License-Identifier: Apache-2.0
// gates: a layer that multiplies the gradient of its input by the slope of what made it does so
// exactly where the layer before leaves that to it.
#include <doctest/doctest.h>

#include <collab/collab.hpp>

#include "beside.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Map = Shape<4, 6, 6>;
using Normalized = Residual<Layers<Conv2d<4, 3>, BatchNorm>>;
using Plain = Residual<Layers<Conv2d<4, 3>>>;
using Knowledge =
    MutualKnowledge<Layers<Conv2d<4, 1>, BatchNorm, Relu>, Layers<Conv2d<4, 3>, BatchNorm, Relu>,
                    Layers<Conv2d<4, 1>, BatchNorm, Relu>, SumMerge>;
struct end_of_body;
}  // namespace

TEST_CASE("a residual block without a normalization at its end gates its gradient itself") {
    CHECK(differs_on_cpu<Map, Residual<Layers<Conv2d<4, 3>, Relu, Conv2d<4, 3>>>, Relu,
                         Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Residual<Layers<Conv2d<4, 3>, BatchNorm, Relu>>, Relu,
                         Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Residual<Layers<Conv2d<4, 3>>, Layers<Conv2d<4, 1>>>, Elu,
                         Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Residual<Layers<DepthwiseConv2d<3>>>, Relu, Normalized>() == "");
    CHECK(differs_on_cpu<Map, Residual<Layers<MaxPool<2, Stride<1>, Pad<1>>, Conv2d<4, 2, Pad<0>>>>,
                         LeakyRelu<>, Plain, Sigmoid, Conv2d<3, 1>>() == "");
}
TEST_CASE("a residual block with a normalization at its end leaves the gate to the next layer") {
    CHECK(differs_on_cpu<Map, Normalized, Relu, Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Normalized, Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Normalized, Relu, Normalized, Relu, Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Residual<Layers<Conv2d<8, 3>, BatchNorm>, PadShortcut>, Elu,
                         Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map,
                         Residual<Layers<Conv2d<4, 3>, BatchNorm>, Layers<Conv2d<4, 1>, BatchNorm>>,
                         Relu, Plain>() == "");
}
TEST_CASE("a residual block that begins with another takes no gate") {
    CHECK(differs_on_cpu<Map, Conv2d<4, 3>, BatchNorm, Relu,
                         Residual<Layers<Plain, Relu, Conv2d<4, 3>>>>() == "");
    CHECK(
        differs_on_cpu<Map, Normalized, Relu, Residual<Layers<Normalized>>, Relu, Conv2d<3, 1>>() ==
        "");
    CHECK(differs_on_cpu<Map, Normalized, Relu, Residual<Layers<Normalized, Relu, Normalized>>>() ==
          "");
}
TEST_CASE("an alias behind the last normalization of a body does not lose the sum") {
    CHECK(differs_on_cpu<Map, Residual<Layers<Conv2d<4, 3>, BatchNorm, Cut<end_of_body>>>, Relu,
                         Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Conv2d<4, 6, Pad<0>>,
                         Residual<Layers<Conv2d<4, 1>, BatchNorm, Flatten>>, Relu, Linear<3>>() ==
          "");
    CHECK(differs_on_cpu<Map, Residual<Layers<BatchNorm, Cut<end_of_body>>, Layers<BatchNorm>>, Elu,
                         Normalized>() == "");
}
TEST_CASE("layers that hold layers neither take nor offer a gate where none is meant") {
    CHECK(differs_on_cpu<Map,
                         DenseBlock<Layers<Plain, Relu, Conv2d<2, 3>>,
                                    Layers<Residual<Layers<Conv2d<6, 3>, BatchNorm>>>>,
                         Relu, Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Concat<Layers<Plain, Relu>, Layers<Normalized, Relu, Plain>>, Relu,
                         Residual<Layers<Conv2d<8, 3>>>>() == "");
    CHECK(differs_on_cpu<Map, ChannelSplit<Layers<>, Layers<Residual<Layers<Conv2d<2, 3>>>, Relu>>,
                         Elu, Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Plain, Relu, Knowledge, Conv2d<5, 3>>() == "");
    CHECK(differs_on_cpu<Map, Normalized, Relu, Knowledge, Relu, Normalized>() == "");
    CHECK(differs_on_cpu<Shape<16, 6, 6>, Residual<Layers<DepthwiseConv2d<3>>>, Relu,
                         DepthwiseConv2d<3>, BatchNorm, Relu,
                         Residual<Layers<DepthwiseConv2d<3>, BatchNorm>>, Relu,
                         DepthwiseConv2d<3, Stride<2>>>() == "");
}
