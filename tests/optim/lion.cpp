// SPDX-License-Identifier: Apache-2.0
// lion: beside numbers that Python computed by the paper's formula, and as the optimizer of a
// training.
#include <collab/core/error.hpp>
#include <collab/optim/lion.hpp>

#include "train/small.hpp"
#include "walk.hpp"

using namespace collab;
using namespace collab::trial;

static_assert(Optimizer<Lion>);

TEST_CASE("Lion moves weights by the sign of its momentum") {
    verify(walk(Lion{.beta1 = 0.9, .beta2 = 0.7, .weight_decay = 0.05}),
           {0.686572375, -1.67164725, 0.3940349375});
}

TEST_CASE("a training moves every parameter by one rate, and wrong settings are refused") {
    Training<Pair, Reference<double>, Lion> training({.batch = samples});
    const std::vector<double> before = training.parameters();
    training.step(images().data(), labels().data(), samples, 0.01);
    const std::vector<double> after = training.parameters();
    CHECK(training.slots() == 1);
    std::size_t moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const double by = std::abs(after[i] - before[i]);
        CHECK((by == doctest::Approx(0.01).epsilon(1e-9) || by == 0));
        moved += by > 0;
    }
    CHECK(moved > before.size() / 2);
    CHECK_THROWS_AS(Lion{.beta1 = 1}.check(), Error);
}
