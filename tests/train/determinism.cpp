// SPDX-License-Identifier: Apache-2.0
// determinism: the same seed gives the same bits, run after run and whatever the number of threads.
#include <doctest/doctest.h>

#include <tbb/global_control.h>

#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Picture = Shape<1, 16, 16>;
struct Plain
    : Sequential<Picture, Conv2d<12, 3>, BatchNorm, Elu, MaxPool<2>, Conv2d<20, 3>, BatchNorm, Elu,
                 Dropout<1, 5>, Cut<mutual>, AvgPool<2>, Flatten, Linear<4>> {};
struct Deep
    : Sequential<
          Picture, Conv2d<8, 3>, BatchNorm, Relu,
          Residual<Layers<Conv2d<16, 3, Stride<2>>, BatchNorm, Relu, Conv2d<16, 3>, BatchNorm>,
                   PadShortcut>,
          Relu, DepthwiseConv2d<3>, BatchNorm, Relu, Cut<mutual>,
          Residual<Layers<Conv2d<16, 3>, BatchNorm>>, Relu, GlobalAvgPool, Linear<4>> {};
using Both = Collaboration<Plain, Deep, MKB<Encoder<16, 8>, Transfer<16>, Decoder>>;

struct Outcome {
    std::vector<float> parameters, state, momentum;
    std::vector<double> figures;
};
Outcome train(int threads, std::uint64_t seed = 3) {
    const Splits set{synthetic_images({1, 16, 16}, 4, 230, 1),
                     synthetic_images({1, 16, 16}, 4, 50, 2)};
    Training<Both, Cpu<float>> training({.seed = seed, .batch = 48},
                                        std::make_shared<Cpu<float>>(threads));
    const History history =
        training.fit(set, {.epochs = 2, .learning_rate = MultiStepLR{.base = 0.05}, .seed = seed});
    Outcome o{training.parameters(), training.state(), training.momentum(), {}};
    for (const Record& r : history.records)
        for (const NetworkRecord& n : r.networks)
            o.figures.insert(o.figures.end(), {n.task, n.metric, n.verification, n.score(),
                                               n.test_loss, n.test_score()});
    return o;
}
void same(const Outcome& a, const Outcome& b) {
    CHECK(same_bits(a.parameters, b.parameters));
    CHECK(same_bits(a.state, b.state));
    CHECK(same_bits(a.momentum, b.momentum));
    CHECK(same_bits(a.figures, b.figures));
}
}  // namespace

TEST_CASE("a training gives the same bits on one, two and four threads, and again") {
    // also on machines with fewer cores
    const tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
    const Outcome one = train(1);
    REQUIRE(one.figures.size() == 24);
    same(one, train(2));
    same(one, train(4));
    same(one, train(1));
    const Outcome other = train(1, 4);
    CHECK_FALSE(same_bits(one.parameters, other.parameters));
}
