// SPDX-License-Identifier: Apache-2.0
// channels: shapes, names and values of the layers that move, compare or split channels.
#include <doctest/doctest.h>

#include <collab/layer/activation.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/pool.hpp>

#include "run.hpp"

using namespace collab;
using namespace collab::trial;

TEST_CASE("a shuffle takes the first channel of each group, then the second of each") {
    CHECK(run<ChannelShuffle<2>, Shape<6>>({1, 2, 3, 4, 5, 6}) == Numbers{1, 4, 2, 5, 3, 6});
    CHECK(run<ChannelShuffle<3>, Shape<6>>({1, 2, 3, 4, 5, 6}) == Numbers{1, 3, 5, 2, 4, 6});
    CHECK(run<Layers<ChannelShuffle<3>, ChannelShuffle<2>>, Shape<6, 1, 2>>(counted(12)) ==
          counted(12));
    CHECK(Accepts<ChannelShuffle<2>, Shape<4, 3, 3>>);
    CHECK_FALSE(Accepts<ChannelShuffle<2>, Shape<3, 3, 3>>);
    CHECK(ChannelShuffle<2>::describe() == "ChannelShuffle<2>");
}

TEST_CASE("padded channels lie around those of the input") {
    CHECK(run<PadChannels<4>, Shape<2, 1, 2>>({1, 2, 3, 4}) == Numbers{0, 1, 2, 0, 0, 3, 4, 0});
    CHECK(run<PadChannels<4>, Shape<1>>({7}) == Numbers{0, 7, 0, 0});
    CHECK(run<PadChannels<2>, Shape<2>>({7, 8}) == Numbers{7, 8});
    CHECK_FALSE(Accepts<PadChannels<2>, Shape<3>>);
    CHECK(PadChannels<2>::describe() == "PadChannels<2>");
}

TEST_CASE("maxout is the largest of the pieces") {
    CHECK(run<Maxout<2>, Shape<4, 1, 2>>({1, 8, 3, 4, -1, -2, -3, -4}) == Numbers{3, 8, -1, -2});
    CHECK(run<Maxout<3>, Shape<3>>({1, 3, 2}) == Numbers{3});
    CHECK(run<Maxout<1>, Shape<3>>({1, 3, 2}) == Numbers{1, 3, 2});
    CHECK(output_of<Maxout<5>, Shape<2500>> == Dims{500, 1, 1});
    CHECK_FALSE(Accepts<Maxout<2>, Shape<3>>);
    CHECK(Maxout<2>::describe() == "Maxout<2>");
}

TEST_CASE("a split gives each branch its part of the channels") {
    using Halves = ChannelSplit<Layers<>, Layers<Conv2d<3, 1>, Relu>>;
    CHECK(run<Halves, Shape<2, 1, 2>>({1, 2, 3, -4}, {10, -10, 100}) ==
          Numbers{1, 20, 0, 200, 3, 0, 40, 0});
    CHECK(output_of<Halves, Shape<2, 5, 5>> == Dims{4, 5, 5});
    CHECK(parameters_of<Halves, Shape<2, 5, 5>> == 3);
    CHECK_FALSE(Accepts<Halves, Shape<3, 5, 5>>);
    CHECK_FALSE(Accepts<ChannelSplit<Layers<>, Layers<MaxPool<2>>>, Shape<4, 6, 6>>);
    CHECK_FALSE(Accepts<ChannelSplit<Layers<>, Layers<Conv2d<2, 9, Pad<0>>>>, Shape<4, 6, 6>>);
    CHECK(Halves::describe() == "ChannelSplit of 2");
    NamedTensors c;
    c.add<ExecutionPlan<Halves, Shape<4, 5, 5>>>("n");
    CHECK(c.parameters.size() == 1);
    CHECK(c.parameters[0].name == "n.0.1.0.weight");
    CHECK(c.parameters[0].tensor.size == 6);
}
