// SPDX-License-Identifier: Apache-2.0
// rmsprop: beside PyTorch's numbers, and as the optimizer of a training.
#include <collab/core/error.hpp>
#include <collab/optim/rmsprop.hpp>

#include "train/small.hpp"
#include "walk.hpp"

using namespace collab;
using namespace collab::trial;

static_assert(Optimizer<RmsProp>);

TEST_CASE("RMSprop moves weights as PyTorch 1.13 does") {
    // torch.optim.RMSprop in float64, lr=0.1
    verify(walk(RmsProp{.alpha = 0.8, .epsilon = 1e-3, .momentum = 0.7, .weight_decay = 0.05}),
           {0.1475466037741771, -1.7326453970857731, 0.3041770137621543});
    verify(walk(RmsProp{.alpha = 0.8, .epsilon = 1e-3}),
           {0.563408721494351, -2.008650312891141, 0.532251204163787});
}

TEST_CASE("a training moves by RMSprop, and wrong settings are refused") {
    Training<Pair, Reference<double>, RmsProp> training({.batch = samples});
    const std::vector<double> before = training.parameters();
    training.compute_gradients(images().data(), labels().data(), samples);
    const std::vector<double> g = training.gradients();
    training.step(images().data(), labels().data(), samples, 0.01);
    const std::vector<double> after = training.parameters();
    for (std::size_t i = 0; i < before.size(); ++i)
        CHECK(
            after[i] ==
            doctest::Approx(before[i] - 0.01 * g[i] / (0.1 * std::abs(g[i]) + 1e-8)).epsilon(1e-9));
    CHECK_THROWS_AS(RmsProp{.alpha = 1}.check(), Error);
    CHECK_THROWS_AS(RmsProp{.epsilon = 0}.check(), Error);
}
