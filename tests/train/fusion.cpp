// SPDX-License-Identifier: Apache-2.0
// fusion: what a fusing backend makes of a network is what the layers make of it one by one.
#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/fusion.hpp>
#include <collab/collab.hpp>

#include "distance.hpp"

using namespace collab;

namespace {

using Image = Shape<3, 12, 12>;
struct before_norm;
// Every way in which a normalization may stand: behind a convolution, a cut, a pool, a depthwise
// convolution or first in a block; with activation and without.
struct Mixed
    : Sequential<Image, Conv2d<5, 3, Bias>, BatchNorm, Conv2d<6, 3, Bias>, BatchNorm, Relu,
                 Cut<before_norm>, BatchNorm, Elu, Conv2d<7, 1>, BatchNorm, LeakyRelu<>, MaxPool<2>,
                 Cut<mutual>,
                 Residual<Layers<BatchNorm, Relu, Conv2d<7, 3>, BatchNorm, Relu, Conv2d<7, 3>>>,
                 DepthwiseConv2d<3>, BatchNorm, Relu, Residual<Layers<Conv2d<7, 3>, BatchNorm>>,
                 Conv2d<9, 1>, BatchNorm, Relu, GlobalAvgPool, Linear<4>> {};
struct Joined
    : Sequential<Image, Conv2d<4, 3>,
                 DenseBlock<Layers<BatchNorm, Relu, Conv2d<3, 3>>,
                            Layers<BatchNorm, Relu, Conv2d<3, 1>, BatchNorm, Relu, Conv2d<3, 3>>>,
                 BatchNorm, Relu, AvgPool<2>, Cut<mutual>,
                 Concat<Layers<Conv2d<3, 1>, BatchNorm, Relu>,
                        Layers<Conv2d<2, 3>, BatchNorm, Conv2d<2, 3>>>,
                 Relu, GlobalAvgPool, Linear<4>> {};
using Unlike = Collaboration<Mixed, Joined, MKB<Encoder<6>, Transfer<6>, Decoder>, CosineDistance>;
using Residuals = Collaboration<zoo::ResNet<8, Image, 4>, zoo::ResNet<8, Image, 4, zoo::OptionB>>;

/// Gradients, running statistics and inference of `What` on a fusing backend beside
/// Reference<double>.
template <class What, class B>
void compare(double tolerance) {
    static_assert(FusionBackend<B> && !FusionBackend<Reference<double>>);
    constexpr int batch = 5;
    Training<What, Reference<double>> plain({.alpha = 0.7, .batch = batch});
    Training<What, B> fused({.alpha = 0.7, .batch = batch});
    const Random random{7};
    std::vector<double> p = plain.parameters();
    for (std::size_t i = 0; i < p.size(); ++i)
        p[i] = double(float(p[i] + 0.1 * (uniform<double>(random.word(i)) - 0.5)));
    plain.set_parameters(p);
    fused.set_parameters({p.begin(), p.end()});
    std::vector<float> images(std::size_t(batch * Image::dims.size()));
    for (std::size_t i = 0; i < images.size(); ++i)
        images[i] = uniform<float>(random.word(100000 + i)) - 0.5f;
    const int labels[batch] = {0, 1, 2, 3, 1};
    // the second one finds what the first has left in memory
    for (int step = 0; step < 2; ++step) {
        plain.compute_gradients(images.data(), labels, batch);
        fused.compute_gradients(images.data(), labels, batch);
        CHECK(distance(plain.gradients(), fused.gradients()) < tolerance);
        CHECK(distance(plain.state(), fused.state()) < tolerance);
    }
    plain.evaluate_batch(images.data(), labels, batch);
    fused.evaluate_batch(images.data(), labels, batch);
    CHECK(distance(plain.logits(0), fused.logits(0)) < tolerance);
}

}  // namespace

TEST_CASE("the plan of a fusing backend computes what the layers compute one by one") {
    compare<Unlike, FusedReference<double>>(1e-12);
    compare<Residuals, FusedReference<double>>(1e-12);
}
TEST_CASE("the CPU backend fuses without changing what is computed") {
    compare<Unlike, Cpu<double>>(1e-12);
    compare<Residuals, Cpu<double>>(1e-12);
}
TEST_CASE("the CPU backend fuses in single precision") {
    compare<Unlike, Cpu<float>>(1e-5);
    compare<Residuals, Cpu<float>>(1e-5);
}
TEST_CASE("the normalized input of a convolution takes no memory") {
    using Chain = ExecutionPlan<
        Layers<Conv2d<4, 3>, BatchNorm, Relu, Conv2d<4, 3>, BatchNorm, Relu, MaxPool<2>>,
        Shape<4, 8, 8>>;
    CHECK(Chain::table.is_virtual[3]);
    CHECK(!Chain::table.is_virtual[6]);
    // two results of convolutions, one normalized, one pooled
    CHECK(Chain::footprint.saved == 3 * 256 + 64);
    using Cut2 = ExecutionPlan<Layers<Conv2d<4, 3>, BatchNorm, Relu, Cut<mutual>, Conv2d<4, 3>>,
                               Shape<4, 8, 8>>;
    CHECK(!Cut2::table.is_virtual[3]);  // an MKB may want to see it
}
