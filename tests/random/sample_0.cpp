// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<Shape<3, 6, 5>, Conv2d<6, 3>, BatchNorm, Relu,
                 Residual<Layers<Conv2d<8, 3>, BatchNorm>, Layers<Conv2d<8, 1>>>, Relu,
                 Residual<Layers<Residual<Layers<Conv2d<8, 3>>>, Elu, Conv2d<8, 3>, BatchNorm>>,
                 Elu, Conv2d<5, 3>, GlobalAvgPool, Linear<3>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network of gates";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network of gates computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<Shape<2, 5, 4>, Conv2d<6, 3>, BatchNorm, Relu, Sigmoid, Cut<nobody>, Sigmoid,
                 Conv2d<4, 3>, BatchNorm, Elu, Conv2d<4, 3>,
                 Residual<Layers<Conv2d<4, 3>, BatchNorm, Relu>>,
                 Residual<Layers<Conv2d<4, 3>, Elu, Cut<nobody>>>, Relu, LeakyRelu<1, 5>, Flatten,
                 Linear<6, NoBias>, Maxout<2>, Conv2d<3, 1>, Linear<3, NoBias>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network of places";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network of places computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
    : Sequential<Shape<2, 4, 5>, AvgPool<3, Stride<2>, Pad<1>, CeilMode>,
                 ConvTranspose2d<3, 3, Stride<2>, Bias, OutputPad<1, 0>>, AdaptiveAvgPool<3, 2>,
                 PadChannels<4>, Flatten, ChannelShuffle<3>, Concat<Layers<>, Layers<Linear<5>>>,
                 PadChannels<32>, Residual<Layers<Linear<6>, Linear<32>>>, BatchNorm, Linear<3>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network of orders";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network of orders computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0 : Sequential<Shape<2, 2, 3>, Flatten, Conv2d<6, 1, Groups<3>>, Linear<3>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network of groups";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    static constexpr bool refuses_weights = true;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network of groups computes what the reference does") {
    check(made<case_3>());
}

struct net_4_0 : Sequential<Shape<232, 1, 1>, Linear<4>> {};
struct case_4 {
    using What = net_4_0;
    static constexpr const char* name = "network of certainty";
    static constexpr const char* text = "";
    static constexpr int batch = 1;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network of certainty computes what the reference does") {
    check(made<case_4>());
}

struct net_5_0
    : Sequential<Shape<5, 10, 4>, Relu, Conv2d<1, 3, Stride<2>>, Flatten, PadChannels<10>,
                 BatchNorm,
                 Residual<Layers<Relu, LeakyRelu<1, 5>,
                                 AvgPool<3, Stride<1>, Pad<1>, ExcludePadding>, Elu, BatchNorm>>,
                 BatchNorm, Linear<3>> {};
struct case_5 {
    using What = net_5_0;
    static constexpr const char* name = "network 46";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 46 computes what the reference does") {
    check(made<case_5>());
}

struct net_6_0
    : Sequential<Shape<3, 7, 11>, Conv2d<1, 0, Kernel<2, 1>>, GlobalAvgPool, BatchNorm, Elu,
                 ChannelSplit<Layers<DepthwiseConv2d<3, Bias>, Elu, Relu>>, Elu,
                 Residual<Layers<BatchNorm, Sigmoid, Sigmoid>, PadShortcut>, Linear<5, NoBias>> {};
struct case_6 {
    using What = net_6_0;
    static constexpr const char* name = "network 469";
    static constexpr const char* text = "";
    static constexpr int batch = 5;
    static constexpr int samples = 5;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 469 computes what the reference does") {
    check(made<case_6>());
}

struct net_7_0
    : Sequential<Shape<2, 11, 1>,
                 Residual<Layers<Residual<Layers<BatchNorm, Maxout<2>, BatchNorm, PadChannels<2>>,
                                          PadShortcut>>>,
                 Concat<Layers<Relu6>, Layers<>>, Conv2d<9, 4>, BatchNorm, Flatten, Linear<3>, Elu,
                 Linear<2>> {};
struct case_7 {
    using What = net_7_0;
    static constexpr const char* name = "network 88";
    static constexpr const char* text = "";
    static constexpr int batch = 2;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 88 computes what the reference does") {
    check(made<case_7>());
}

}  // namespace
}  // namespace collab::random
