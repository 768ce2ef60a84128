// SPDX-License-Identifier: Apache-2.0
// sample: cases drawn by description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<
          Shape<3, 1, 1>,
          DenseBlock<Layers<Sigmoid, BatchNorm>,
                     Layers<Conv2d<11, 0, Kernel<3, 1>>, Conv2d<2, 3, Bias>, Maxout<1>>>,
          Residual<Layers<Relu6, Residual<Layers<Maxout<1>, Elu, BatchNorm, LeakyRelu<1, 5>>>>>,
          Sigmoid, ConvTranspose2d<10, 3, Bias>,
          Conv2d<12, 0, Kernel<1, 7>, Stride<2>, Bias, Groups<2>>, Linear<4>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 194";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 8;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 194 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<Shape<2, 11, 1>,
                 Residual<Layers<Residual<Layers<BatchNorm, Maxout<2>, BatchNorm, PadChannels<2>>,
                                          PadShortcut>>>,
                 Concat<Layers<Relu6>, Layers<>>, Conv2d<9, 4>, BatchNorm, Flatten, Linear<3>, Elu,
                 Linear<2>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 88";
    static constexpr const char* text = "";
    static constexpr int batch = 2;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 88 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0 : Sequential<Shape<4, 1, 5>, ChannelShuffle<2>, Flatten, BatchNorm, Maxout<2>, Elu,
                            GlobalAvgPool, Linear<10, NoBias>, Linear<5>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 0";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 6;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 0 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0 : Sequential<Shape<4, 4, 4>, BatchNorm,
                            Concat<Layers<LeakyRelu<1, 5>, AdaptiveAvgPool<2, 1>>,
                                   Layers<Sigmoid, BatchNorm, Conv2d<12, 5>, AdaptiveAvgPool<2, 1>>,
                                   Layers<Sigmoid, BatchNorm, AdaptiveAvgPool<2, 1>>>,
                            GlobalAvgPool, DepthwiseConv2d<5>, Linear<5>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 202";
    static constexpr const char* text = "";
    static constexpr int batch = 1;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 202 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
