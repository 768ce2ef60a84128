// SPDX-License-Identifier: Apache-2.0
// composites: residual blocks, concatenations and dense blocks against PyTorch, also inside one
// another.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>

#include "backends.hpp"
#include "bench.hpp"

namespace {

using namespace collab;
using oracle::Judge;

template <int Channels, int Step = 1>
using Basic =
    Layers<Conv2d<Channels, 3, Stride<Step>>, BatchNorm, Relu, Conv2d<Channels, 3>, BatchNorm>;
template <int Middle, int Growth>
using Bottleneck = Layers<BatchNorm, Relu, Conv2d<Middle, 1>, BatchNorm, Relu, Conv2d<Growth, 3>>;

template <class B>
void residuals(Judge& judge, B& b) {
    oracle::compare<Layers<Residual<Basic<4>>, Relu>, Shape<4, 5, 6>>(judge, b, "residual");
    oracle::compare<Layers<Residual<Layers<Conv2d<4, 3>, BatchNorm, Elu>>>, Shape<4, 5, 4>>(
        judge, b, "residual_ends_in_elu");
    oracle::compare<Layers<Residual<Basic<8, 2>, PadShortcut>, Relu>, Shape<4, 6, 8>>(
        judge, b, "residual_pad");
    oracle::compare<Layers<Residual<Basic<6>, PadShortcut>, Elu>, Shape<3, 4, 4>>(
        judge, b, "residual_pad_odd");
    oracle::compare<Layers<Residual<Basic<6, 2>, Layers<Conv2d<6, 1, Stride<2>>, BatchNorm>>, Relu>,
                    Shape<4, 7, 6>>(judge, b, "residual_projected");
    oracle::compare<Layers<Conv2d<4, 3>, BatchNorm, Relu, Residual<Basic<4>>, Relu,
                           Residual<Basic<8, 2>, PadShortcut>, Relu, GlobalAvgPool, Linear<3>>,
                    Shape<3, 6, 6>>(judge, b, "residual_chain");
    oracle::compare<
        Layers<Residual<Layers<Conv2d<4, 3>, BatchNorm, Relu, Residual<Basic<4>>, Relu>>>,
        Shape<4, 4, 4>>(judge, b, "residual_nested");
}

template <class B>
void concatenations(Judge& judge, B& b) {
    oracle::compare<
        Layers<Concat<Layers<Conv2d<3, 1, Bias>, Relu>,
                      Layers<Conv2d<2, 1>, BatchNorm, Relu, Conv2d<5, 3>, BatchNorm, Relu>,
                      Layers<MaxPool<3, Stride<1>, Pad<1>>, Conv2d<2, 1>>, Layers<>>>,
        Shape<4, 5, 6>>(judge, b, "concat");
    oracle::compare<Layers<Concat<Layers<MaxPool<2>>, Layers<AvgPool<2>, Sigmoid>,
                                  Layers<Conv2d<4, 3, Stride<2>>, Elu>>,
                           BatchNorm, Relu, Conv2d<3, 1>>,
                    Shape<3, 6, 6>>(judge, b, "concat_pools");
    oracle::compare<
        Layers<
            Concat<Layers<Conv2d<2, 3>, Concat<Layers<Conv2d<2, 1>, Relu>, Layers<Conv2d<3, 3>>>>,
                   Layers<Residual<Basic<3>>, Relu>>>,
        Shape<3, 4, 5>>(judge, b, "concat_nested");
}

template <class B>
void splits(Judge& judge, B& b) {
    using Branch = Layers<Conv2d<4, 1>, BatchNorm, Relu, DepthwiseConv2d<3>, BatchNorm, Relu,
                          Conv2d<3, 1>, BatchNorm, Relu>;
    oracle::compare<Layers<ChannelSplit<Layers<>, Branch>, ChannelShuffle<2>>, Shape<6, 4, 5>>(
        judge, b, "channel_split");
}

template <class B>
void dense_blocks(Judge& judge, B& b) {
    using One = Layers<BatchNorm, Relu, Conv2d<3, 3>>;
    oracle::compare<Layers<DenseBlock<One, One>>, Shape<4, 5, 4>>(judge, b, "dense_block");
    oracle::compare<
        Layers<Conv2d<4, 3>,
               DenseBlock<Bottleneck<5, 2>, Bottleneck<5, 2>, Layers<Conv2d<3, 3>, Elu>>, BatchNorm,
               Relu, Conv2d<5, 1>, AvgPool<2>>,
        Shape<3, 6, 6>>(judge, b, "dense_bottleneck");
}

template <class B>
void everything(B& backend, double tolerance) {
    oracle::Fixture fixture("layers");
    Judge judge{fixture, tolerance};
    SUBCASE("residual blocks") {
        residuals(judge, backend);
    }
    SUBCASE("concatenations") {
        concatenations(judge, backend);
    }
    SUBCASE("splits") {
        splits(judge, backend);
    }
    SUBCASE("dense blocks") {
        dense_blocks(judge, backend);
    }
}

}  // namespace

TEST_CASE("layers made of layers in double compute what PyTorch does") {
    Reference<double> backend;
    everything(backend, 1e-10);
}
TEST_CASE("layers made of layers on a fast backend in float compute what PyTorch does") {
    const auto backend = oracle::fast();
    everything(*backend, 2e-5);
}
