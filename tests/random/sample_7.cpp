// SPDX-License-Identifier: Apache-2.0
// sample: cases of description.py, written by sample.py.
#define COLLAB_RANDOM_FILES
#include "check.hpp"
#include "trained.hpp"

namespace collab::random {
namespace {

struct net_0_0 : Sequential<Shape<2, 1, 10>, LeakyRelu<1, 5>, Maxout<1>, Cut<cut_0>, GlobalAvgPool,
                            Linear<3>, BatchNormWith<OtherConstants>, Linear<5>> {};
struct net_0_1
    : Sequential<Shape<2, 1, 10>, Conv2d<3, 3, Stride<2>>, Cut<cut_0>,
                 Conv2d<12, 3, Stride<2>, Bias>, ConvTranspose2d<3, 3>, BatchNorm,
                 DepthwiseConv2d<3, Stride<3>>, Flatten, Relu6, Linear<7>, Elu, Linear<5>> {};
struct case_0 {
    using What = Collaboration<net_0_0, net_0_1, CollaborativeDistillation<BestLogits>>;
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
    check(made<case_0>());
}

}  // namespace
}  // namespace collab::random
