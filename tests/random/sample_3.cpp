// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0 : Sequential<Shape<4, 4, 4>, BatchNorm,
                            Concat<Layers<LeakyRelu<1, 5>, AdaptiveAvgPool<2, 1>>,
                                   Layers<Sigmoid, BatchNorm, Conv2d<12, 5>, AdaptiveAvgPool<2, 1>>,
                                   Layers<Sigmoid, BatchNorm, AdaptiveAvgPool<2, 1>>>,
                            GlobalAvgPool, DepthwiseConv2d<5>, Linear<5>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 202";
    static constexpr const char* text = "";
    static constexpr int batch = 1;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 202 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<Shape<6, 7, 6>, BatchNorm, Conv2d<10, 2, Bias>, Conv2d<4, 3>,
                 ConvTranspose2d<11, 1, Bias>, BatchNorm,
                 Residual<Layers<LeakyRelu<1, 5>, Residual<Layers<BatchNorm, Elu, Maxout<1>>>,
                                 Conv2d<3, 1, Bias>, DepthwiseConv2d<5>, Conv2d<11, 5>>>,
                 GlobalAvgPool, Linear<7>, Relu, Linear<4>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 80";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 80 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
    : Sequential<Shape<5, 3, 10>, Sigmoid,
                 Residual<Layers<AvgPool<2, Stride<1>, Pad<1>, ExcludePadding>, BatchNorm>,
                          Layers<AdaptiveAvgPool<4, 11>>>,
                 Relu6, LeakyRelu<1, 5>, Relu, BatchNorm, Flatten, Linear<2, NoBias>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 187";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 187 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0
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
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 267";
    static constexpr const char* text = "";
    static constexpr int batch = 5;
    static constexpr int samples = 5;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 267 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
