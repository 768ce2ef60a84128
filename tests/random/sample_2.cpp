// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<Shape<5, 3, 10>, Sigmoid,
                 Residual<Layers<AvgPool<2, Stride<1>, Pad<1>, ExcludePadding>, BatchNorm>,
                          Layers<AdaptiveAvgPool<4, 11>>>,
                 Relu6, LeakyRelu<1, 5>, Relu, BatchNorm, Flatten, Linear<2, NoBias>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 187";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 187 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<
          Shape<3, 2, 1>,
          Concat<Layers<LeakyRelu<1, 5>, Conv2d<1, 5, Bias>, BatchNorm>,
                 Layers<MaxPool<3, Stride<1>, Pad<1>>,
                        ChannelSplit<Layers<Sigmoid, BatchNorm, BatchNorm, AdaptiveAvgPool<2, 1>>,
                                     Layers<AdaptiveAvgPool<2, 1>>, Layers<AdaptiveAvgPool<2, 1>>>,
                        Elu>,
                 Layers<Elu, MaxPool<3, Stride<1>, Pad<1>>>>,
          DenseBlock<Layers<MaxPool<3, Stride<1>, Pad<1>>, Residual<Layers<ChannelShuffle<1>>>>,
                     Layers<DepthwiseConv2d<1>, ChannelShuffle<1>>>,
          GlobalAvgPool, Conv2d<4, 5, Bias>, Linear<5, NoBias>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 267";
    static constexpr const char* text = "";
    static constexpr int batch = 5;
    static constexpr int samples = 5;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 267 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
    : Sequential<
          Shape<1, 3, 1>, DepthwiseConv2d<1, Pad<2>, Bias>,
          Residual<Layers<PadChannels<4>, Conv2d<12, 5, Bias>,
                          Residual<Layers<Maxout<1>, ChannelShuffle<12>, BatchNorm>>, BatchNorm>,
                   PadShortcut>,
          Concat<Layers<>, Layers<Conv2d<9, 0, Kernel<3, 1>, Bias>, DepthwiseConv2d<1>, Relu>>,
          LeakyRelu<1, 5>, AvgPool<4, Stride<3, 1>, Pad<1>, CeilMode, ExcludePadding>, Flatten,
          ConvTranspose2d<10, 3>, Linear<4>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 437";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 8;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 437 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0
    : Sequential<
          Shape<1, 8, 9>, MaxPool<0, Kernel<3, 2>>,
          Residual<Layers<Elu, DenseBlock<Layers<PadChannels<2>, Maxout<1>>, Layers<Maxout<3>>>>,
                   Layers<Elu, Conv2d<4, 1>, BatchNorm>>,
          Residual<Layers<Relu, Concat<Layers<Maxout<1>>, Layers<Conv2d<12, 1, Bias, Groups<2>>,
                                                                 Maxout<1>, Cut<nobody>>>>,
                   PadShortcut>,
          BatchNorm, Flatten, Linear<4>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 299";
    static constexpr const char* text = "";
    static constexpr int batch = 2;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 299 computes what the reference does") {
    check(made<case_3>());
}

struct net_4_0
    : Sequential<Shape<6, 2, 2>, Relu, MaxPool<0, Kernel<3, 2>, Stride<1>, Pad<1>>, Flatten, Relu,
                 BatchNorm,
                 Residual<Layers<Relu6, Elu, Conv2d<2, 3, Bias>>,
                          Layers<Conv2d<2, 1, Bias>, BatchNormWith<OtherConstants>>>,
                 Residual<Layers<DepthwiseConv2d<3, Stride<2>>, BatchNorm>, PadShortcut>,
                 DenseBlock<Layers<Cut<nobody>, Conv2d<2, 5, Bias>, Relu>, Layers<>, Layers<>>,
                 Linear<4>> {};
struct case_4 {
    using What = net_4_0;
    static constexpr const char* name = "network 38";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 38 computes what the reference does") {
    check(made<case_4>());
}

struct net_5_0 : Sequential<Shape<6, 6, 6>, MaxPool<0, Kernel<1, 2>, Stride<2, 3>, CeilMode>,
                            ConvTranspose2d<2, 3, Stride<2>>, Elu,
                            Conv2d<10, 3, Stride<3, 1>, Bias>, ChannelShuffle<10>, LeakyRelu<1, 5>,
                            BatchNorm, GlobalAvgPool, Linear<2, NoBias>, BatchNorm, Linear<4>> {};
struct case_5 {
    using What = net_5_0;
    static constexpr const char* name = "network 184";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 184 computes what the reference does") {
    check(made<case_5>());
}

struct net_6_0
    : Sequential<Shape<5, 5, 10>, Conv2d<1, 3>,
                 Residual<Layers<Residual<Layers<Maxout<1>, PadChannels<1>, BatchNorm,
                                                 AvgPool<3, Stride<1>, Pad<1>, ExcludePadding>>>>>,
                 Residual<Layers<Conv2d<11, 1>>, Layers<Conv2d<11, 1>>>,
                 ChannelSplit<Layers<Residual<Layers<BatchNorm>, PadShortcut>, BatchNorm>>,
                 GlobalAvgPool, LeakyRelu<1, 5>, Linear<3>> {};
struct case_6 {
    using What = net_6_0;
    static constexpr const char* name = "network 125";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 125 computes what the reference does") {
    check(made<case_6>());
}

struct net_7_0
    : Sequential<Shape<4, 1, 4>, Sigmoid, Elu, ChannelShuffle<2>, DepthwiseConv2d<5, Pad<2, 1>>,
                 BatchNorm, ConvTranspose2d<1, 3, Stride<2, 1>>, Flatten, Linear<3>> {};
struct case_7 {
    using What = net_7_0;
    static constexpr const char* name = "network 317";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 317 computes what the reference does") {
    check(made<case_7>());
}

}  // namespace
}  // namespace collab::random
