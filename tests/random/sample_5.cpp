// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<Shape<5, 5, 10>, Conv2d<1, 3>,
                 Residual<Layers<Residual<Layers<Maxout<1>, PadChannels<1>, BatchNorm,
                                                 AvgPool<3, Stride<1>, Pad<1>, ExcludePadding>>>>>,
                 Residual<Layers<Conv2d<11, 1>>, Layers<Conv2d<11, 1>>>,
                 ChannelSplit<Layers<Residual<Layers<BatchNorm>, PadShortcut>, BatchNorm>>,
                 GlobalAvgPool, LeakyRelu<1, 5>, Linear<3>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 125";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 125 computes what the reference does") {
    check(made<case_0>());
}

struct net_1_0
    : Sequential<Shape<4, 1, 4>, Sigmoid, Elu, ChannelShuffle<2>, DepthwiseConv2d<5, Pad<2, 1>>,
                 BatchNorm, ConvTranspose2d<1, 3, Stride<2, 1>>, Flatten, Linear<3>> {};
struct case_1 {
    using What = net_1_0;
    static constexpr const char* name = "network 317";
    static constexpr const char* text = "";
    static constexpr int batch = 8;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 317 computes what the reference does") {
    check(made<case_1>());
}

struct net_2_0
    : Sequential<Shape<2, 7, 9>, AvgPool<0, Kernel<3, 2>, Stride<2, 3>, Pad<0, 1>, ExcludePadding>,
                 BatchNorm, Conv2d<11, 3, Stride<2>>, Conv2d<6, 3>, Cut<cut_0>, GlobalAvgPool,
                 Linear<5, NoBias>> {};
struct net_2_1 : Sequential<Shape<2, 7, 9>, DepthwiseConv2d<3>, Cut<cut_0>,
                            Conv2d<5, 3, Pad<1, 0>, Bias>, Relu, Relu6, GlobalAvgPool, Linear<5>> {
};
struct case_2 {
    using What = Collaboration<net_2_0, net_2_1,
                               MKB<Encoder<4, 1>, Layers<Linear<4>, Elu>,
                                   Each<Layers<AdaptiveAvgPool<2, 2>, Conv2d<6, 3>>,
                                        Layers<AdaptiveAvgPool<7, 9>, Conv2d<2, 3>, BatchNorm>>,
                                   At<cut_0>, IdentityMerge>,
                               WithMean>;
    static constexpr const char* name = "collaboration 96";
    static constexpr const char* text = "";
    static constexpr int batch = 2;
    static constexpr int samples = 1;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 0.2;
    }
};

TEST_CASE("collaboration 96 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0 : Sequential<Shape<6, 4, 4>, Conv2d<10, 5, Stride<3>, Bias>, Cut<cut_0>, Cut<cut_1>,
                            BatchNormWith<OtherConstants>, Flatten, Linear<5>> {};
struct net_3_1 : Sequential<Shape<6, 4, 4>, Relu, Cut<cut_0>, Cut<cut_1>,
                            MaxPool<0, Kernel<1, 2>, Stride<3, 1>, Pad<0, 1>>,
                            Conv2d<6, 3, Stride<2, 3>>, GlobalAvgPool, Linear<5, NoBias>> {};
struct case_3 {
    using What =
        Collaboration<net_3_0, net_3_1,
                      MKB<Encoder<5, 3>, Transfer<5>, Decoder, At<cut_0>, Embedding<GlobalAvgPool>>,
                      MKB<Encoder<3, 3>, Transfer<3>,
                          Each<Layers<AdaptiveAvgPool<2, 2>, Conv2d<10, 3>, BatchNorm>,
                               Layers<AdaptiveAvgPool<4, 4>, Conv2d<6, 1>, BatchNorm>>,
                          At<cut_1>, SumMerge, Embedding<Flatten>>,
                      NegativeDot, Iterative, ContrastiveDistillation<0, 1, 5>>;
    static constexpr const char* name = "collaboration 63";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 3;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 0.7;
        set_methods(s.methods, 1, 3.5);
    }
};

TEST_CASE("collaboration 63 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
