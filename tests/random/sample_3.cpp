// SPDX-License-Identifier: Apache-2.0
// sample: cases drawn by description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0
    : Sequential<Shape<1, 10, 8>, Conv2d<2, 3>, AvgPool<4, CeilMode, ExcludePadding>, BatchNorm,
                 Conv2d<12, 1, Stride<3, 1>>, Flatten, BatchNorm, Relu6, Linear<3, NoBias>> {};
struct case_0 {
    using What = net_0_0;
    static constexpr const char* name = "network 22";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 22 computes what the reference does") {
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

struct net_2_0 : Sequential<Shape<6, 6, 6>, MaxPool<0, Kernel<1, 2>, Stride<2, 3>, CeilMode>,
                            ConvTranspose2d<2, 3, Stride<2>>, Elu,
                            Conv2d<10, 3, Stride<3, 1>, Bias>, ChannelShuffle<10>, LeakyRelu<1, 5>,
                            BatchNorm, GlobalAvgPool, Linear<2, NoBias>, BatchNorm, Linear<4>> {};
struct case_2 {
    using What = net_2_0;
    static constexpr const char* name = "network 184";
    static constexpr const char* text = "";
    static constexpr int batch = 4;
    static constexpr int samples = 4;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 184 computes what the reference does") {
    check(made<case_2>());
}

struct net_3_0 : Sequential<Shape<4, 1, 1>, Conv2d<10, 3, Bias, Groups<2>>,
                            Residual<Layers<Relu6, BatchNorm>, Layers<Linear<10>, BatchNorm>>,
                            BatchNorm, BatchNorm, BatchNorm, Linear<3>> {};
struct case_3 {
    using What = net_3_0;
    static constexpr const char* name = "network 195";
    static constexpr const char* text = "";
    static constexpr int batch = 6;
    static constexpr int samples = 6;
    template <class S>
    static void set([[maybe_unused]] S& s) {}
};

TEST_CASE("network 195 computes what the reference does") {
    check(made<case_3>());
}

}  // namespace
}  // namespace collab::random
