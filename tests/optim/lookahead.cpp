// SPDX-License-Identifier: Apache-2.0
// lookahead: beside the algorithm around PyTorch's optimizers, and as the optimizer of a training.
#include <doctest/doctest.h>

#include <collab/optim/adam.hpp>
#include <collab/optim/lookahead.hpp>
#include <collab/optim/sgd.hpp>
#include <collab/train/checkpoint.hpp>

#include "data/temporary.hpp"
#include "train/small.hpp"
#include "walk.hpp"

using namespace collab;
using namespace collab::trial;

static_assert(Optimizer<Lookahead<>> && Optimizer<Lookahead<AdamW>> &&
              Lookahead<AdamW>::slots == 3);

TEST_CASE("slow weights follow PyTorch's optimizers as the algorithm says") {
    verify(walk(Lookahead<Sgd>{.every = 2, .alpha = 0.5, .fast = {.weight_decay = 0.05}}),
           {0.6822330624999999, -1.918653625, 0.50985809375});
    verify(walk(Lookahead<AdamW>{
               .every = 2,
               .alpha = 0.7,
               .fast = {.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.05}}),
           {0.7858939120239776, -1.904636379059993, 0.43537214020743087});
    // slow weights that go the whole way are those of the optimizer
    CHECK(walk(Lookahead<AdamW>{.every = 1, .alpha = 1}) == walk(AdamW{}));
}

TEST_CASE("a training with slow weights goes on from a checkpoint to the same bits") {
    const Folder folder;
    const std::string path = (folder.path / "checkpoint").string();
    using T = Training<Pair, Reference<double>, Lookahead<AdamW>>;
    const T::Settings settings{.batch = samples, .optimizer = {.every = 2}};
    T whole(settings);
    T first(settings);
    const std::vector<double> start = whole.parameters();
    steps(whole, 5);
    steps(first, 3);
    save(first, path);
    T second(settings);
    load(second, path);
    for (int s = 3; s < 5; ++s)
        second.step(images(s).data(), labels(s).data(), samples, 0.05);
    CHECK(same_bits(whole.parameters(), second.parameters()));
    for (int k = 0; k < 3; ++k)
        CHECK(same_bits(whole.slot(k), second.slot(k)));
    // after two steps: half the way from where it began to where AdamW alone is
    Training<Pair, Reference<double>, AdamW> alone({.batch = samples});
    T two(settings);
    steps(alone, 2);
    steps(two, 2);
    const auto a = alone.parameters();
    const auto t = two.parameters();
    for (std::size_t i = 0; i < a.size(); ++i)
        CHECK(t[i] == doctest::Approx((start[i] + a[i]) / 2).epsilon(1e-12));
    CHECK(same_bits(t, two.slot(2)));
}

TEST_CASE("slow weights say their settings, decay with a group, and wrong ones are refused") {
    const auto facts = Lookahead<AdamW>{}.facts();
    CHECK(facts[0].value == "Lookahead");
    CHECK(facts[3].name == "fast optimizer");
    CHECK(facts[3].value == "AdamW");
    CHECK(Lookahead<AdamW>{}.with_decay(0.5).fast.weight_decay == 0.005);
    CHECK_THROWS_WITH_AS(Lookahead<>{.every = 0}.check(),
                         "Lookahead: every is 0; expected a finite number of at least 1", Error);
    CHECK_THROWS_AS(Lookahead<>{.alpha = 1.5}.check(), Error);
    CHECK_THROWS_AS((Lookahead<>{.fast = {.momentum = 1}}.check()), Error);
}
