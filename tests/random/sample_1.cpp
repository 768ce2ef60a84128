// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0 : Sequential<Shape<1, 2, 5>, BatchNormWith<OtherConstants>, Relu, BatchNorm, Flatten,
                            DepthwiseConv2d<5, Stride<3>>,
                            ChannelSplit<Layers<>, Layers<Dropout<1, 4>, Conv2d<1, 5, Bias>>>,
                            Linear<4>, BatchNorm> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 232";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 232 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0 : Sequential<Shape<4, 1, 5>, ChannelShuffle<2>, Flatten, BatchNorm, Maxout<2>, Elu,
                            GlobalAvgPool, Linear<10, NoBias>, Linear<5>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 0";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 6;
    static constexpr bool refuses_weights = true;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 0 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
    : Sequential<Shape<3, 2, 4>, LeakyRelu<1, 5>, Elu,
                 DenseBlock<Layers<BatchNorm, PadChannels<5>, Elu>,
                            Layers<Residual<Layers<Relu, BatchNorm>, Layers<Conv2d<8, 1, Bias>>>,
                                   BatchNorm, BatchNormWith<OtherConstants>>,
                            Layers<Conv2d<12, 3, Groups<4>>, Conv2d<8, 0, Kernel<3, 1>, Bias>>>,
                 Relu, Flatten, Linear<2>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 426";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 8;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 426 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0
    : Sequential<Shape<6, 8, 2>, BatchNorm, MaxPool<0, Kernel<3, 2>, Stride<2>>, BatchNorm, Elu,
                 ConvTranspose2d<12, 3, Stride<2>, Bias, OutputPad<0, 1>>, DepthwiseConv2d<5>,
                 Cut<nobody>, Flatten, Linear<2>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 405";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 8;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 405 computes what the reference does") {
    check(made<case_3>());
}

struct net_4_0
    : Sequential<
          Shape<6, 1, 12>,
          Concat<Layers<BatchNorm>,
                 Layers<Conv2d<1, 3>, Elu,
                        ChannelSplit<Layers<Conv2d<4, 3, Bias>, Maxout<1>, Conv2d<11, 5, Bias>>>>,
                 Layers<>>,
          Residual<Layers<BatchNorm, BatchNorm, BatchNorm, BatchNorm>,
                   Layers<Conv2d<23, 1>, BatchNorm>>,
          Residual<Layers<Relu6, DepthwiseConv2d<3>, BatchNorm>, Layers<Relu>>,
          DepthwiseConv2d<3, Pad<2>>, AvgPool<0, Kernel<1, 2>, Pad<0, 1>, ExcludePadding>,
          ChannelSplit<Layers<BatchNorm, Conv2d<10, 1>,
                              Concat<Layers<BatchNorm, Conv2d<5, 5, Groups<5>>, Conv2d<3, 3>>,
                                     Layers<Maxout<2>, Maxout<1>, BatchNorm>>>>,
          GlobalAvgPool, Elu, Maxout<4>, Linear<8, NoBias>, Sigmoid, Linear<4>> {};
struct case_4 {
    using What = net_4_0;
    static constexpr const char* name = "network 397";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 397 computes what the reference does") {
    check(made<case_4>());
}

struct net_5_0
    : Sequential<
          Shape<1, 6, 11>,
          DenseBlock<
              Layers<>,
              Layers<DenseBlock<Layers<BatchNorm>, Layers<Maxout<1>, BatchNorm, DepthwiseConv2d<3>>,
                                Layers<Maxout<4>>>,
                     Conv2d<7, 3, Bias>, Concat<Layers<DepthwiseConv2d<3>>>>,
              Layers<>>,
          ChannelSplit<Layers<BatchNorm>,
                       Layers<MaxPool<3, Stride<1>, Pad<1>>, LeakyRelu<1, 5>, PadChannels<13>>>,
          BatchNorm, Elu, Relu6, MaxPool<2, Stride<3, 1>, Pad<1, 0>>, Conv2d<4, 1, Bias>,
          GlobalAvgPool, Flatten> {};
struct case_5 {
    using What = net_5_0;
    static constexpr const char* name = "network 211";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 211 computes what the reference does") {
    check(made<case_5>());
}

struct net_6_0 : Sequential<Shape<4, 4, 4>, BatchNorm,
                            Concat<Layers<LeakyRelu<1, 5>, AdaptiveAvgPool<2, 1>>,
                                   Layers<Sigmoid, BatchNorm, Conv2d<12, 5>, AdaptiveAvgPool<2, 1>>,
                                   Layers<Sigmoid, BatchNorm, AdaptiveAvgPool<2, 1>>>,
                            GlobalAvgPool, DepthwiseConv2d<5>, Linear<5>> {};
struct case_6 {
    using What = net_6_0;
    static constexpr const char* name = "network 202";
    static constexpr const char* text = "";
    static constexpr int batch = 1;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 202 computes what the reference does") {
    check(made<case_6>());
}

struct net_7_0
    : Sequential<Shape<6, 7, 6>, BatchNorm, Conv2d<10, 2, Bias>, Conv2d<4, 3>,
                 ConvTranspose2d<11, 1, Bias>, BatchNorm,
                 Residual<Layers<LeakyRelu<1, 5>, Residual<Layers<BatchNorm, Elu, Maxout<1>>>,
                                 Conv2d<3, 1, Bias>, DepthwiseConv2d<5>, Conv2d<11, 5>>>,
                 GlobalAvgPool, Linear<7>, Relu, Linear<4>> {};
struct case_7 {
    using What = net_7_0;
    static constexpr const char* name = "network 80";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 80 computes what the reference does") {
    check(made<case_7>());
}

}  // namespace
}  // namespace collab::random
