// SPDX-License-Identifier: Apache-2.0
// sample: cases drawn by description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<Shape<5, 10, 4>, Relu, Conv2d<1, 3, Stride<2>>, Flatten, PadChannels<10>,
                 BatchNorm,
                 Residual<Layers<Relu, LeakyRelu<1, 5>,
                                 AvgPool<3, Stride<1>, Pad<1>, ExcludePadding>, Elu, BatchNorm>>,
                 BatchNorm, Linear<3>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 46";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 46 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0 : Sequential<Shape<3, 6, 5>, DepthwiseConv2d<4, Stride<2>, Bias>,
                            Conv2d<9, 3, Stride<3, 1>>, BatchNorm, Maxout<3>, BatchNorm, Relu6,
                            ChannelShuffle<3>, Conv2d<2, 1, Bias>, GlobalAvgPool, Flatten> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 182";
    static constexpr const char* text = "";
    static constexpr int batch = 2;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 182 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0 : Sequential<Shape<4, 8, 9>, ChannelSplit<Layers<>, Layers<Relu>>, BatchNorm,
                            LeakyRelu<1, 5>, Flatten, Conv2d<5, 1>, Conv2d<4, 3, Bias>,
                            Linear<2, NoBias>, Sigmoid, Linear<3>, BatchNorm> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 11";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 6;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 11 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0
    : Sequential<
          Shape<6, 2, 2>, Relu, MaxPool<0, Kernel<3, 2>, Stride<1>, Pad<1>>, Flatten, Relu,
          BatchNorm,
          Residual<Layers<Relu6, Elu, Conv2d<2, 3, Bias>>, Layers<Conv2d<2, 1, Bias>, BatchNorm>>,
          Residual<Layers<DepthwiseConv2d<3, Stride<2>>, BatchNorm>, PadShortcut>,
          DenseBlock<Layers<Cut<nobody>, Conv2d<2, 5, Bias>, Relu>, Layers<>, Layers<>>,
          Linear<4>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 38";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 38 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
