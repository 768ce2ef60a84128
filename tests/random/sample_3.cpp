// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<Shape<2, 7, 9>, AvgPool<0, Kernel<3, 2>, Stride<2, 3>, Pad<0, 1>, ExcludePadding>,
                 BatchNorm, Conv2d<11, 3, Stride<2>>, Conv2d<6, 3>, Cut<cut_0>, GlobalAvgPool,
                 Linear<5, NoBias>> {};
struct net_0_1 : Sequential<Shape<2, 7, 9>, DepthwiseConv2d<3>, Cut<cut_0>,
                            Conv2d<5, 3, Pad<1, 0>, Bias>, Relu, Relu6, GlobalAvgPool, Linear<5>> {
};
struct case_0 {
    using What = Collaboration<net_0_0, net_0_1,
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
    check(made<case_0>());
}

struct net_1_0 : Sequential<Shape<6, 4, 4>, Conv2d<10, 5, Stride<3>, Bias>, Cut<cut_0>, Cut<cut_1>,
                            BatchNormWith<OtherConstants>, Flatten, Linear<5>> {};
struct net_1_1 : Sequential<Shape<6, 4, 4>, Relu, Cut<cut_0>, Cut<cut_1>,
                            MaxPool<0, Kernel<1, 2>, Stride<3, 1>, Pad<0, 1>>,
                            Conv2d<6, 3, Stride<2, 3>>, GlobalAvgPool, Linear<5, NoBias>> {};
struct case_1 {
    using What =
        Collaboration<net_1_0, net_1_1,
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
    check(made<case_1>());
}

struct net_2_0 : Sequential<Shape<1, 5, 3>, BatchNorm, ChannelSplit<Layers<Maxout<1>>>, Flatten,
                            Conv2d<11, 3, Stride<1, 2>, Bias>, Cut<cut_0>, Cut<cut_1>, Linear<5>> {
};
struct net_2_1 : Sequential<Shape<1, 5, 3>, Conv2d<8, 1, Bias>, AdaptiveAvgPool<4, 2>, BatchNorm,
                            GlobalAvgPool, Maxout<2>, Cut<cut_0>, Cut<cut_1>, Linear<5>> {};
struct case_2 {
    using What = Collaboration<net_2_0, net_2_1, IterativeStale,
                               Byot<Exit<cut_0, Layers<Conv2d<11, 1>, Elu, GlobalAvgPool>>>>;
    static constexpr const char* name = "collaboration 16";
    static constexpr const char* text = "";
    static constexpr int batch = 3;
    static constexpr int samples = 2;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 0.2;
        set_methods(s.methods, 1, 3.5);
    }
};

TEST_CASE("collaboration 16 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0 : Sequential<Shape<5, 1, 10>, ConvTranspose2d<2, 1>, BatchNorm, Cut<cut_0>,
                            Residual<Layers<ChannelSplit<Layers<>, Layers<>>>>, GlobalAvgPool,
                            Linear<7, NoBias>, BatchNorm, Linear<4>> {};
struct net_3_1 : Sequential<Shape<5, 1, 10>, DepthwiseConv2d<1, Bias>, LeakyRelu<1, 5>, Relu6, Relu,
                            GlobalAvgPool, Linear<8, NoBias>, Cut<cut_0>, Sigmoid, Linear<4>> {};
struct case_3 {
    using What = Collaboration<net_3_0, net_3_1,
                               MKB<Each<Layers<AdaptiveAvgPool<4, 1>, Conv2d<2, 3>, BatchNorm>,
                                        Layers<AdaptiveAvgPool<4, 1>, Conv2d<2, 3>, Relu>>,
                                   Transfer<2>,
                                   Each<Layers<AdaptiveAvgPool<1, 10>, Conv2d<2, 1>, BatchNorm>,
                                        Layers<AdaptiveAvgPool<1, 1>, Conv2d<8, 1>>>,
                                   At<cut_0>, Embedding<Conv2d<3, 3>, BatchNorm, Flatten>>,
                               SquaredEuclidean, Simultaneous, WithMean, CollaborativeHeads>;
    static constexpr const char* name = "collaboration 42";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 0.7;
        set_methods(s.methods, 0.3, 1);
    }
};

TEST_CASE("collaboration 42 computes what the reference does") {
    check(made<case_3>());
}

struct net_4_0 : Sequential<Shape<1, 5, 10>, MaxPool<4>, Flatten, Cut<cut_0>, Linear<3>> {};
struct net_4_1 : Sequential<Shape<1, 5, 10>, ChannelShuffle<1>, Sigmoid, Cut<cut_0>, PadChannels<3>,
                            Cut<nobody>, Flatten, Linear<1>, Relu6, Linear<3>> {};
struct case_4 {
    using What = Collaboration<net_4_0, net_4_1, MutualLearning<Attached>, MutualLearningWithMean>;
    static constexpr const char* name = "collaboration 28";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 1.5;
        set_methods(s.methods, 1, 1);
    }
};

TEST_CASE("collaboration 28 computes what the reference does") {
    check(made<case_4>());
}

struct net_5_0 : Sequential<Shape<3, 12, 2>, Relu6, Conv2d<10, 1, Bias>, Cut<cut_0>,
                            LeakyRelu<1, 5>, Flatten, Linear<4>> {};
struct net_5_1 : Sequential<Shape<3, 12, 2>,
                            Residual<Layers<ConvTranspose2d<5, 2, Stride<2>>,
                                            ChannelSplit<Layers<Conv2d<1, 1>, ChannelShuffle<1>>>>,
                                     Layers<AdaptiveAvgPool<22, 2>, Conv2d<1, 1, Bias>>>,
                            Conv2d<8, 1, Stride<2>, Bias>, Conv2d<2, 3>, Cut<cut_0>,
                            ChannelShuffle<1>, GlobalAvgPool, Linear<4, NoBias>> {};
struct case_5 {
    using What = Collaboration<net_5_0, net_5_1, AdversarialFeatures<3, 2, cut_0>,
                               Related<KernelAlignment, 0, 1>>;
    static constexpr const char* name = "collaboration 46";
    static constexpr const char* text = "";
    static constexpr int batch = 5;
    static constexpr int samples = 5;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 0.2;
        set_methods(s.methods, 1, 2);
    }
};

TEST_CASE("collaboration 46 computes what the reference does") {
    check(made<case_5>());
}

struct net_6_0 : Sequential<Shape<2, 1, 10>, LeakyRelu<1, 5>, Maxout<1>, Cut<cut_0>, GlobalAvgPool,
                            Linear<3>, BatchNormWith<OtherConstants>, Linear<5>> {};
struct net_6_1
    : Sequential<Shape<2, 1, 10>, Conv2d<3, 3, Stride<2>>, Cut<cut_0>,
                 Conv2d<12, 3, Stride<2>, Bias>, ConvTranspose2d<3, 3>, BatchNorm,
                 DepthwiseConv2d<3, Stride<3>>, Flatten, Relu6, Linear<7>, Elu, Linear<5>> {};
struct case_6 {
    using What = Collaboration<net_6_0, net_6_1, CollaborativeDistillation<BestLogits>>;
    static constexpr const char* name = "collaboration 78";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 6;
    template <class S>
    static void set([[maybe_unused]] S& s) {
        s.alpha = 0.2;
        set_methods(s.methods, 1, 2);
    }
};

TEST_CASE("collaboration 78 computes what the reference does") {
    check(made<case_6>());
}

}  // namespace
}  // namespace collab::random
