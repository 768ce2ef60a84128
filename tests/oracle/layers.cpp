// SPDX-License-Identifier: Apache-2.0
// layers: single layers and short lists against PyTorch, on the reference in double and on a fast
// backend in float.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/gelu.hpp>
#include <collab/layer/group_norm.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/silu.hpp>

#include "backends.hpp"
#include "bench.hpp"

namespace {

using namespace collab;
using oracle::Judge;

template <class B>
void convolutions(Judge& judge, B& b) {
    oracle::compare<Layers<Conv2d<5, 3>>, Shape<3, 6, 5>>(judge, b, "conv");
    oracle::compare<Layers<Conv2d<4, 3, Stride<2>>>, Shape<3, 7, 6>>(judge, b, "conv_stride");
    oracle::compare<Layers<Conv2d<4, 3, Stride<1, 2>>>, Shape<3, 7, 8>>(judge, b,
                                                                        "conv_uneven_stride");
    oracle::compare<Layers<Conv2d<4, 3, Pad<0>>>, Shape<3, 6, 7>>(judge, b, "conv_no_pad");
    oracle::compare<Layers<Conv2d<4, 3, Stride<2>, Pad<0>>>, Shape<3, 8, 7>>(judge, b,
                                                                             "conv_no_pad_stride");
    oracle::compare<Layers<Conv2d<6, 3, Groups<2>>>, Shape<4, 5, 6>>(judge, b, "conv_groups");
    oracle::compare<Layers<DepthwiseConv2d<3>>, Shape<6, 7, 5>>(judge, b, "conv_depthwise");
    oracle::compare<Layers<DepthwiseConv2d<3, Stride<2>, Bias>>, Shape<17, 6, 7>>(
        judge, b, "conv_depthwise_stride");
    oracle::compare<Layers<Conv2d<8, 3, Groups<4>>>, Shape<4, 5, 5>>(judge, b, "conv_multiplier");
    oracle::compare<Layers<Conv2d<4, 0, Kernel<1, 7>>>, Shape<3, 4, 8>>(judge, b, "conv_row");
    oracle::compare<Layers<Conv2d<4, 0, Kernel<7, 1>>>, Shape<3, 8, 4>>(judge, b, "conv_column");
    oracle::compare<Layers<Conv2d<5, 5, Bias>>, Shape<3, 6, 6>>(judge, b, "conv_bias");
    oracle::compare<Layers<Conv2d<5, 2, Stride<2>, Pad<0>>>, Shape<3, 6, 6>>(judge, b,
                                                                             "conv_even_kernel");
    oracle::compare<Layers<Conv2d<7, 1>>, Shape<5, 4, 6>>(judge, b, "conv_point");
    oracle::compare<Layers<Conv2d<7, 1, Stride<2>>>, Shape<5, 5, 6>>(judge, b, "conv_point_stride");
    oracle::compare<Layers<Conv2d<24, 3>>, Shape<16, 7, 9>>(judge, b, "conv_wide");
    oracle::compare<Layers<ConvTranspose2d<3, 3>>, Shape<4, 4, 5>>(judge, b, "conv_transpose");
    oracle::compare<Layers<ConvTranspose2d<3, 3, Stride<2>>>, Shape<4, 3, 4>>(
        judge, b, "conv_transpose_stride");
    oracle::compare<Layers<ConvTranspose2d<3, 3, Stride<2>, OutputPad<1>>>, Shape<4, 4, 3>>(
        judge, b, "conv_transpose_output_pad");
    oracle::compare<Layers<ConvTranspose2d<6, 3, Stride<3>, OutputPad<2, 1>, Bias>>,
                    Shape<5, 3, 3>>(judge, b, "conv_transpose_bias");
}

template <class B>
void normalizations(Judge& judge, B& b) {
    oracle::compare<Layers<BatchNorm>, Shape<5, 4, 3>>(judge, b, "batch_norm");
    oracle::compare<Layers<BatchNorm>, Shape<19, 4, 4>>(judge, b, "batch_norm_wide");
    oracle::compare<Layers<GlobalAvgPool, BatchNorm>, Shape<7, 2, 2>>(judge, b, "batch_norm_flat");
    oracle::compare<Layers<BatchNorm, Relu>, Shape<5, 4, 3>>(judge, b, "batch_norm_relu");
    oracle::compare<Layers<BatchNorm, Elu>, Shape<5, 4, 3>>(judge, b, "batch_norm_elu");
    oracle::compare<Layers<BatchNorm, LeakyRelu<1, 5>>, Shape<5, 4, 3>>(judge, b,
                                                                        "batch_norm_leaky_relu");
    oracle::compare<Layers<BatchNorm, Sigmoid>, Shape<5, 4, 3>>(judge, b, "batch_norm_sigmoid");
    oracle::compare<Layers<BatchNorm, Gelu, Conv2d<4, 3>, BatchNorm, Silu>, Shape<5, 4, 3>>(
        judge, b, "batch_norm_gelu");
    oracle::compare<Layers<GroupNorm<3>>, Shape<6, 4, 3>>(judge, b, "group_norm");
    oracle::compare<Layers<Conv2d<8, 3>, GroupNorm<2>, Relu, Conv2d<4, 1>, GroupNorm<4>, Gelu>,
                    Shape<3, 5, 4>>(judge, b, "group_norm_relu");
}

template <class B>
void products_and_activations(Judge& judge, B& b) {
    oracle::compare<Layers<Flatten, Linear<7>>, Shape<3, 4, 2>>(judge, b, "linear");
    oracle::compare<Layers<Flatten, Linear<5, NoBias>>, Shape<3, 2, 3>>(judge, b, "linear_no_bias");
    oracle::compare<Layers<Relu>, Shape<3, 4, 5>>(judge, b, "relu");
    oracle::compare<Layers<BatchNorm, Conv2d<24, 1, Bias>, Relu6>, Shape<3, 4, 5>>(judge, b,
                                                                                   "relu6");
    oracle::compare<Layers<Elu>, Shape<3, 4, 5>>(judge, b, "elu");
    oracle::compare<Layers<LeakyRelu<>>, Shape<3, 4, 5>>(judge, b, "leaky_relu");
    oracle::compare<Layers<LeakyRelu<1, 3>>, Shape<3, 4, 5>>(judge, b, "leaky_relu_third");
    oracle::compare<Layers<Sigmoid>, Shape<3, 4, 5>>(judge, b, "sigmoid");
    oracle::compare<Layers<Gelu>, Shape<3, 4, 5>>(judge, b, "gelu");
    oracle::compare<Layers<Silu>, Shape<3, 4, 5>>(judge, b, "silu");
}

template <class B>
void pools(Judge& judge, B& b) {
    oracle::compare<Layers<MaxPool<2>>, Shape<3, 6, 4>>(judge, b, "max_pool");
    oracle::compare<Layers<MaxPool<2>>, Shape<3, 7, 5>>(judge, b, "max_pool_remainder");
    oracle::compare<Layers<MaxPool<3, Stride<2>, Pad<1>>>, Shape<4, 7, 6>>(judge, b,
                                                                           "max_pool_overlap");
    oracle::compare<Layers<MaxPool<3, Stride<1>, Pad<1>>>, Shape<4, 4, 5>>(judge, b,
                                                                           "max_pool_same");
    oracle::compare<Layers<MaxPool<3, Stride<2>, CeilMode>>, Shape<3, 6, 8>>(judge, b,
                                                                             "max_pool_ceil");
    oracle::compare<Layers<MaxPool<3, Stride<2>, Pad<1>, CeilMode>>, Shape<3, 6, 7>>(
        judge, b, "max_pool_ceil_pad");
    oracle::compare<Layers<MaxPool<2, Stride<3>, Pad<1>, CeilMode>>, Shape<3, 5, 7>>(
        judge, b, "max_pool_ceil_short");
    oracle::compare<Layers<MaxPool<0, Kernel<2, 3>>>, Shape<3, 6, 6>>(judge, b,
                                                                      "max_pool_rectangle");
    oracle::compare<Layers<AvgPool<2>>, Shape<3, 6, 4>>(judge, b, "avg_pool");
    oracle::compare<Layers<AvgPool<3, Stride<2>, Pad<1>>>, Shape<3, 7, 6>>(judge, b,
                                                                           "avg_pool_pad");
    oracle::compare<Layers<AvgPool<3, Stride<2>, Pad<1>, ExcludePadding>>, Shape<3, 7, 6>>(
        judge, b, "avg_pool_exclude");
    oracle::compare<Layers<AvgPool<3, Stride<2>, CeilMode>>, Shape<3, 6, 8>>(judge, b,
                                                                             "avg_pool_ceil");
    oracle::compare<Layers<AvgPool<3, Stride<2>, Pad<1>, CeilMode>>, Shape<3, 6, 7>>(
        judge, b, "avg_pool_ceil_pad");
    oracle::compare<Layers<AvgPool<3, Stride<2>, Pad<1>, CeilMode, ExcludePadding>>,
                    Shape<3, 6, 7>>(judge, b, "avg_pool_ceil_exclude");
    oracle::compare<Layers<AdaptiveAvgPool<3, 2>>, Shape<4, 7, 5>>(judge, b, "adaptive_avg_pool");
    oracle::compare<Layers<AdaptiveAvgPool<4>>, Shape<4, 8, 4>>(judge, b, "adaptive_avg_pool_even");
    oracle::compare<Layers<AdaptiveAvgPool<4>>, Shape<4, 2, 3>>(judge, b, "adaptive_avg_pool_up");
    oracle::compare<Layers<GlobalAvgPool>, Shape<5, 3, 4>>(judge, b, "global_avg_pool");
}

template <class B>
void channels(Judge& judge, B& b) {
    oracle::compare<Layers<ChannelShuffle<3>>, Shape<6, 3, 4>>(judge, b, "channel_shuffle");
    oracle::compare<Layers<PadChannels<6>>, Shape<3, 4, 3>>(judge, b, "pad_channels");
    oracle::compare<Layers<Maxout<2>>, Shape<6, 3, 4>>(judge, b, "maxout");
    oracle::compare<Layers<Flatten, Linear<15>, Maxout<5>>, Shape<5, 2, 3>>(judge, b,
                                                                            "maxout_flat");
}

template <class B>
void lists(Judge& judge, B& b) {
    oracle::compare<Layers<Conv2d<5, 3, Stride<2>>, BatchNorm, Elu, Conv2d<5, 3>, BatchNorm,
                           ConvTranspose2d<3, 3, Stride<2>, OutputPad<1>>, BatchNorm>,
                    Shape<3, 6, 6>>(judge, b, "bridge_like");
    oracle::compare<Layers<Conv2d<4, 3>, BatchNorm, Elu, MaxPool<2>, Conv2d<6, 3, Bias>, Relu,
                           AvgPool<2>, Flatten, Linear<8>, Elu, Linear<3>>,
                    Shape<2, 8, 8>>(judge, b, "small_network");
}

template <class B>
void everything(B& backend, double tolerance) {
    oracle::Fixture fixture("layers");
    Judge judge{fixture, tolerance};
    SUBCASE("convolutions") {
        convolutions(judge, backend);
    }
    SUBCASE("normalizations") {
        normalizations(judge, backend);
    }
    SUBCASE("products and activations") {
        products_and_activations(judge, backend);
    }
    SUBCASE("pools") {
        pools(judge, backend);
    }
    SUBCASE("channels") {
        channels(judge, backend);
    }
    SUBCASE("lists") {
        lists(judge, backend);
    }
}

}  // namespace

TEST_CASE("every layer in double computes what PyTorch does") {
    Reference<double> backend;
    everything(backend, 1e-10);
}
TEST_CASE("every layer on a fast backend in float computes what PyTorch does") {
    const auto backend = oracle::fast();
    everything(*backend, 2e-5);
}
