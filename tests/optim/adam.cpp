// SPDX-License-Identifier: Apache-2.0
// adam: Adam and AdamW beside PyTorch's numbers, and as the optimizer of a training.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <collab/optim/adam.hpp>
#include <collab/optim/sgd.hpp>
#include <collab/train/checkpoint.hpp>

#include "data/temporary.hpp"
#include "train/small.hpp"
#include "walk.hpp"

using namespace collab;
using namespace collab::trial;

static_assert(Optimizer<Sgd> && Optimizer<Adam> && Optimizer<AdamW>);

TEST_CASE("Adam and AdamW move weights as PyTorch 1.13 does") {
    // torch.optim.Adam and AdamW in float64: lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.05
    verify(walk(Adam{.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.05}),
           {0.7361320756291796, -1.8638741351089652, 0.3956023867799152});
    verify(walk(AdamW{.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.05}),
           {0.725692365960413, -1.8562134306447409, 0.39139168647729855});
}

TEST_CASE("a training moves every parameter by the optimizer it is given") {
    Training<Pair, Reference<double>, AdamW> training({.batch = samples});
    const std::vector<double> before = training.parameters();
    training.compute_gradients(images().data(), labels().data(), samples);
    const std::vector<double> g = training.gradients();
    training.step(images().data(), labels().data(), samples, 0.01);
    const std::vector<double> after = training.parameters();
    CHECK(training.slots() == 2);
    // the first step: the sign of the gradient, nearly, and the decay beside it
    for (std::size_t i = 0; i < before.size(); ++i) {
        const double step = g[i] / (std::abs(g[i]) + 1e-8);
        CHECK(after[i] ==
              doctest::Approx(before[i] * (1 - 0.01 * 0.01) - 0.01 * step).epsilon(1e-9));
    }
}

TEST_CASE("a training with AdamW goes on from a checkpoint to the same bits") {
    const Folder folder;
    const std::string path = (folder.path / "checkpoint").string();
    using T = Training<Pair, Cpu<float>, AdamW>;
    T whole({.batch = samples});
    T first({.batch = samples});
    steps(whole, 6);
    steps(first, 3);
    save(first, path);
    T second({.batch = samples});
    load(second, path);
    for (int s = 3; s < 6; ++s)
        second.step(images(s).data(), labels(s).data(), samples, 0.05);
    CHECK(same_bits(whole.parameters(), second.parameters()));
    CHECK(same_bits(whole.second_moments(), second.second_moments()));
}

TEST_CASE("an optimizer says its settings, and those out of range are refused") {
    CHECK(AdamW{}.facts()[0].value == "AdamW");
    CHECK(Adam{}.facts()[3].value == "1e-08");
    CHECK_THROWS_WITH_AS((AdamW{.beta2 = 1}.check()),
                         "AdamW: beta2 is 1; expected a number in [0, 1)", Error);
    CHECK_THROWS_AS((Adam{.epsilon = 0}.check()), Error);
    CHECK_THROWS_AS((Adam{.weight_decay = -1}.check()), Error);
    CHECK_THROWS_AS(
        (Training<Pair, Reference<float>, AdamW>({.batch = samples, .optimizer = {.beta1 = 1}})),
        Error);
}
