// SPDX-License-Identifier: Apache-2.0
// composite: derivatives of layers made of layers, nested in one another.
#include <doctest/doctest.h>

#include <collab/collaboration/mkb.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/residual.hpp>
#include <collab/test/gradient.hpp>

using namespace collab;

namespace {
template <class List, class In>
void verify() {
    const GradientReport report = check_gradients<List, In>();
    CHECK_MESSAGE(report.passed(), report.describe());
}
using Map = Shape<3, 4, 4>;
struct here;
using Block = Layers<Conv2d<3, 3>, BatchNorm, Relu, Conv2d<3, 3>, BatchNorm>;
using Knowledge = MutualKnowledge<
    Layers<Conv2d<4, 3, Stride<2>>, BatchNorm, Elu>, Layers<Conv2d<4, 3>, BatchNorm>,
    Layers<ConvTranspose2d<3, 3, Stride<2>, OutputPad<1>>, BatchNorm>, ProductMerge>;
}  // namespace

TEST_CASE("the gradients of a residual block agree with differences, with each shortcut") {
    verify<Residual<Block>, Map>();
    verify<Layers<Residual<Block>, Relu>, Map>();
    verify<Residual<Layers<Conv2d<6, 3, Stride<2>>, BatchNorm, Relu, Conv2d<6, 3>>, PadShortcut>,
           Map>();
    verify<Residual<Layers<Conv2d<3, 3>>, PadShortcut>, Map>();
    verify<Residual<Layers<Conv2d<6, 3, Stride<2>>, BatchNorm>,
                    Layers<Conv2d<6, 1, Stride<2>>, BatchNorm>>,
           Map>();
    verify<Layers<Conv2d<3, 3>, Relu, Residual<Block>, Relu, Residual<Block>, Elu>, Map>();
}

TEST_CASE("the gradients of a residual block agree with differences when a side ends in what "
          "backward needs") {
    verify<Residual<Layers<Conv2d<3, 3>, Relu>>, Map>();
    verify<Residual<Layers<Conv2d<3, 3>, BatchNorm, Relu>>, Map>();
    verify<Residual<Layers<Conv2d<3, 3>, Relu, Cut<here>>>, Map>();
    verify<Residual<Layers<Conv2d<3, 3>, BatchNorm, Elu, Cut<here>>>, Map>();
    verify<Residual<Layers<Relu>>, Map>();
    verify<Residual<Layers<Sigmoid, Elu>>, Map>();
    verify<Residual<Layers<MaxPool<3, Stride<1>, Pad<1>>>>, Map>();
    verify<Residual<Layers<Conv2d<3, 3>>, Layers<Conv2d<3, 1>, BatchNorm, Relu>>, Map>();
    verify<Residual<Layers<Conv2d<3, 3>>, Layers<Sigmoid>>, Map>();
    verify<Residual<Layers<Cut<here>>>, Map>();
    verify<Residual<Layers<Cut<here>, Conv2d<3, 3>, Dropout<1, 2>>>, Map>();
}

TEST_CASE("the gradients of a concatenation agree with differences") {
    verify<Concat<Layers<Conv2d<2, 3>>, Layers<Conv2d<3, 1>>>, Map>();
    verify<Concat<Layers<>, Layers<Conv2d<2, 3>>>, Map>();
    verify<Concat<Layers<Conv2d<2, 3>>, Layers<>, Layers<>>, Map>();
    verify<Concat<Layers<Conv2d<2, 1>, Relu>, Layers<Conv2d<3, 1>, Relu, Conv2d<2, 3>, Relu>,
                  Layers<MaxPool<3, Stride<1>, Pad<1>>, Conv2d<2, 1>>>,
           Map>();
    verify<Concat<Layers<Conv2d<2, 1>, BatchNorm, Elu>, Layers<Conv2d<3, 3>, BatchNorm, Relu>>,
           Map>();
    verify<Concat<Layers<Conv2d<2, 1>, BatchNorm, Relu, Elu>, Layers<Relu>,
                  Layers<Conv2d<2, 1>, Relu, Cut<here>>>,
           Map>();
    verify<Concat<Layers<Cut<here>>, Layers<Cut<here>, Conv2d<2, 1>>, Layers<BatchNorm, Relu>>,
           Map>();
    verify<Layers<Conv2d<3, 3>, Relu,
                  Concat<Layers<MaxPool<2>>, Layers<Conv2d<2, 3, Stride<2>>, BatchNorm, Relu>>,
                  Relu, Conv2d<2, 1>>,
           Map>();
    verify<
        Concat<Layers<MaxPool<2>>, Layers<AvgPool<2>, Sigmoid>, Layers<Dropout<1, 2>, AvgPool<2>>>,
        Map>();
}

TEST_CASE("the gradients of a dense block agree with differences") {
    verify<DenseBlock<Layers<Conv2d<2, 3>>>, Map>();
    verify<DenseBlock<Layers<BatchNorm, Relu, Conv2d<2, 3>>, Layers<BatchNorm, Relu, Conv2d<2, 3>>,
                      Layers<BatchNorm, Relu, Conv2d<3, 3>>>,
           Map>();
    verify<DenseBlock<Layers<Conv2d<2, 3>, BatchNorm, Elu>, Layers<Conv2d<2, 1>, Relu, Cut<here>>,
                      Layers<MaxPool<3, Stride<1>, Pad<1>>>>,
           Map>();
    verify<Layers<Conv2d<2, 3>, DenseBlock<Layers<Relu, Conv2d<2, 3>>, Layers<Relu>>, BatchNorm,
                  Relu, AvgPool<2>>,
           Map>();
    verify<DenseBlock<Layers<>, Layers<Conv2d<2, 1>>>, Map>();
}

TEST_CASE("the gradients of a split of the channels agree with differences") {
    using Even = Shape<4, 4, 3>;
    verify<ChannelSplit<Layers<>, Layers<Conv2d<3, 3>, BatchNorm, Relu>>, Even>();
    verify<Layers<Conv2d<6, 1>, Relu,
                  ChannelSplit<Layers<Relu>, Layers<Conv2d<1, 1>>,
                               Layers<DepthwiseConv2d<3>, BatchNorm>>,
                  ChannelShuffle<5>, Relu>,
           Even>();
    verify<
        ChannelSplit<Layers<MaxPool<2>>, Layers<Conv2d<3, 3, Stride<2>, Pad<0>>, BatchNorm, Elu>>,
        Shape<4, 5, 5>>();
    verify<ChannelSplit<Layers<ChannelSplit<Layers<>, Layers<Conv2d<2, 1>, Sigmoid>>>,
                        Layers<Residual<Layers<Conv2d<2, 3>, Relu>>>>,
           Even>();
    verify<Concat<Layers<Conv2d<2, 1>>,
                  Layers<ChannelSplit<Layers<Cut<here>>, Layers<Cut<here>, Conv2d<2, 1>>>,
                         ChannelShuffle<2>>>,
           Even>();
}

TEST_CASE("the gradients of what moves or compares channels agree with differences") {
    verify<ChannelShuffle<2>, Shape<6, 2, 3>>();
    verify<Layers<Conv2d<6, 3>, ChannelShuffle<3>, Conv2d<2, 1>>, Map>();
    verify<PadChannels<6>, Map>();
    verify<Residual<Layers<Conv2d<6, 3, Stride<2>>, BatchNorm>, Layers<AvgPool<2>, PadChannels<6>>>,
           Map>();
    verify<Maxout<3>, Shape<6, 2, 3>>();
    verify<Layers<Conv2d<6, 3, Bias>, Maxout<2>, Conv2d<4, 1>, Maxout<4>>, Map>();
    verify<Concat<Layers<Conv2d<4, 1>, Maxout<2>>, Layers<PadChannels<4>, ChannelShuffle<2>>>,
           Map>();
}

TEST_CASE("the gradients of nested composites agree with differences") {
    verify<Concat<Layers<Residual<Block>, Relu>, Layers<Residual<Layers<Conv2d<3, 3>, Relu>>>,
                  Layers<Conv2d<2, 1>>>,
           Map>();
    verify<
        Residual<Layers<Concat<Layers<Conv2d<2, 3>, Relu>, Layers<Conv2d<1, 1>, BatchNorm, Elu>>>>,
        Map>();
    verify<Residual<Layers<Concat<Layers<Conv2d<2, 3>, Relu>, Layers<Conv2d<1, 1>>>, Cut<here>>>,
           Map>();
    verify<Residual<Layers<Residual<Block>, Relu, Residual<Layers<Conv2d<3, 3>, Relu>>>>, Map>();
    verify<Residual<Layers<Residual<Layers<Residual<Layers<Conv2d<3, 1>, Elu>>>>>>, Map>();
    verify<Concat<Layers<Concat<Layers<>, Layers<Conv2d<2, 1>, Relu>>>,
                  Layers<Concat<Layers<Relu>, Layers<Conv2d<1, 1>>>, Relu>>,
           Map>();
    verify<DenseBlock<Layers<Residual<Block>, Relu>,
                      Layers<Concat<Layers<>, Layers<Conv2d<1, 3>, Relu>>, Conv2d<2, 1>>>,
           Map>();
    verify<DenseBlock<Layers<Residual<Layers<Conv2d<6, 3>, BatchNorm>, PadShortcut>, Relu>,
                      Layers<DenseBlock<Layers<Conv2d<1, 1>, Relu>>, Conv2d<2, 1>>>,
           Map>();
    verify<Residual<Layers<DenseBlock<Layers<Conv2d<1, 3>, Relu>>, Conv2d<3, 1>, BatchNorm>,
                    Layers<Residual<Layers<Conv2d<3, 1>, Relu>>>>,
           Map>();
}

TEST_CASE("the gradients of a deployed path agree with differences, with each merge") {
    verify<Knowledge, Map>();
    verify<Layers<Conv2d<3, 3>, Relu, Knowledge, Relu, Conv2d<2, 1>>, Map>();
    verify<MutualKnowledge<Layers<Conv2d<2, 3>, Relu>, Layers<Conv2d<2, 3>>, Layers<Conv2d<3, 3>>,
                           SumMerge>,
           Map>();
    verify<MutualKnowledge<Layers<>, Layers<Conv2d<3, 3>>, Layers<>, SumMerge>, Map>();
    verify<MutualKnowledge<Layers<>, Layers<>, Layers<>, ProductMerge>, Map>();
    verify<Residual<Layers<Knowledge, Relu>>, Map>();
}

TEST_CASE("a deployed path works on a slice of a wider map") {
    verify<Concat<Layers<Knowledge>, Layers<Conv2d<2, 1>>>, Map>();
    verify<Concat<Layers<Conv2d<2, 1>>, Layers<Knowledge, Relu>>, Map>();
    verify<DenseBlock<Layers<Conv2d<2, 1>>,
                      Layers<MutualKnowledge<Layers<Conv2d<2, 3>>, Layers<>, Layers<Conv2d<5, 3>>,
                                             ProductMerge>>>,
           Map>();
}
