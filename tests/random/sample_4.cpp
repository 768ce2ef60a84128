// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<
          Shape<1, 3, 1>, DepthwiseConv2d<1, Pad<2>, Bias>,
          Residual<Layers<PadChannels<4>, Conv2d<12, 5, Bias>,
                          Residual<Layers<Maxout<1>, ChannelShuffle<12>, BatchNorm>>, BatchNorm>,
                   PadShortcut>,
          Concat<Layers<>, Layers<Conv2d<9, 0, Kernel<3, 1>, Bias>, DepthwiseConv2d<1>, Relu>>,
          LeakyRelu<1, 5>, AvgPool<4, Stride<3, 1>, Pad<1>, CeilMode, ExcludePadding>, Flatten,
          ConvTranspose2d<10, 3>, Linear<4>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 437";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 8;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 437 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<
          Shape<1, 8, 9>, MaxPool<0, Kernel<3, 2>>,
          Residual<Layers<Elu, DenseBlock<Layers<PadChannels<2>, Maxout<1>>, Layers<Maxout<3>>>>,
                   Layers<Elu, Conv2d<4, 1>, BatchNorm>>,
          Residual<Layers<Relu, Concat<Layers<Maxout<1>>, Layers<Conv2d<12, 1, Bias, Groups<2>>,
                                                                 Maxout<1>, Cut<nobody>>>>,
                   PadShortcut>,
          BatchNorm, Flatten, Linear<4>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 299";
    static constexpr const char* text = "";
    static constexpr int batch = 2;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 299 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
    : Sequential<Shape<6, 2, 2>, Relu, MaxPool<0, Kernel<3, 2>, Stride<1>, Pad<1>>, Flatten, Relu,
                 BatchNorm,
                 Residual<Layers<Relu6, Elu, Conv2d<2, 3, Bias>>,
                          Layers<Conv2d<2, 1, Bias>, BatchNormWith<OtherConstants>>>,
                 Residual<Layers<DepthwiseConv2d<3, Stride<2>>, BatchNorm>, PadShortcut>,
                 DenseBlock<Layers<Cut<nobody>, Conv2d<2, 5, Bias>, Relu>, Layers<>, Layers<>>,
                 Linear<4>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 38";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 38 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0 : Sequential<Shape<6, 6, 6>, MaxPool<0, Kernel<1, 2>, Stride<2, 3>, CeilMode>,
                            ConvTranspose2d<2, 3, Stride<2>>, Elu,
                            Conv2d<10, 3, Stride<3, 1>, Bias>, ChannelShuffle<10>, LeakyRelu<1, 5>,
                            BatchNorm, GlobalAvgPool, Linear<2, NoBias>, BatchNorm, Linear<4>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 184";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 184 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
