// SPDX-License-Identifier: Apache-2.0
// sample: cases drawn by description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0 : Sequential<Shape<6, 5, 1>, BatchNorm, Relu,
                            ChannelSplit<Layers<BatchNorm, BatchNorm>, Layers<>>, BatchNorm,
                            DenseBlock<Layers<>, Layers<AvgPool<3, Stride<1>, Pad<1>>>>,
                            Residual<Layers<LeakyRelu<1, 5>, Concat<Layers<Maxout<2>>>>,
                                     Layers<Conv2d<12, 1>, BatchNorm>>,
                            GlobalAvgPool, Linear<8>, BatchNorm, Linear<5>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 113";
    static constexpr const char* text = "";
    static constexpr int batch = 5;
    static constexpr int samples = 5;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 113 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<Shape<5, 3, 10>, Sigmoid,
                 Residual<Layers<AvgPool<2, Stride<1>, Pad<1>, ExcludePadding>, BatchNorm>,
                          Layers<AdaptiveAvgPool<4, 11>>>,
                 Relu6, LeakyRelu<1, 5>, Relu, BatchNorm, Flatten, Linear<2, NoBias>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 187";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 187 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
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
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 211";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 211 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0
    : Sequential<Shape<1, 2, 5>, BatchNorm, Relu, BatchNorm, Flatten, DepthwiseConv2d<5, Stride<3>>,
                 ChannelSplit<Layers<>, Layers<Dropout<1, 4>, Conv2d<1, 5, Bias>>>, Linear<4>,
                 BatchNorm> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 232";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 232 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
