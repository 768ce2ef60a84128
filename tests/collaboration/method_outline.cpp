// SPDX-License-Identifier: Apache-2.0
// method_outline: what a method lists is what a training of it has, and what is a constant is
// known.
#include <doctest/doctest.h>

#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method_outline.hpp>
#include <collab/loss/ramp.hpp>
#include <collab/train/training.hpp>

using namespace collab;

namespace {
struct early;
struct A : Sequential<Shape<1, 8, 8>, Conv2d<3, 3>, Relu, Cut<early>, Conv2d<4, 3, Stride<2>>, Relu,
                      Cut<mutual>, GlobalAvgPool, Linear<3>> {};
struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<early>, Conv2d<4, 3, Stride<2>>, Elu,
                      Cut<mutual>, GlobalAvgPool, Linear<3>> {};

/// The same losses in the same order, with the same owners and weights, in a training.
template <class C>
void agrees() {
    const MethodOutline s = method_outline<C>();
    Training<C, Reference<double>> training({.batch = 2});
    const std::vector<float> x(128, 0.5f);
    const std::vector<int> y{0, 2};
    training.compute_gradients(x.data(), y.data(), 2);
    const std::vector<Term> terms = training.terms();
    REQUIRE(s.losses.size() == terms.size());
    for (std::size_t k = 0; k < terms.size(); ++k) {
        CHECK(s.losses[k].name == terms[k].name);
        CHECK(s.losses[k].owner == terms[k].owner);
        CHECK(s.losses[k].weight == terms[k].weight);
    }
    const auto losses = training.losses();
    for (std::size_t i = 0; i < losses.size(); ++i)
        CHECK(s.task[i] == losses[i].task_weight);
}
}  // namespace

TEST_CASE("a sketch has the losses of a training, in the same order") {
    agrees<Collaboration<A, B, MutualLearning<>>>();
    agrees<Collaboration<A, B, Frozen<0>, Distillation<0, 1>>>();
    agrees<Collaboration<A, B, Frozen<0>, AckdReconstructed<early, mutual>>>();
    agrees<Collaboration<A, B, MutualLearningWithMean, Hints<0, 1>>>();
}

TEST_CASE("a sketch knows what is a constant") {
    const MethodOutline detached = method_outline<Collaboration<A, B, MutualLearning<>>>();
    const MethodOutline attached = method_outline<Collaboration<A, B, MutualLearning<Attached>>>();
    for (const auto& l : detached.losses)
        CHECK((!l.own.constant && l.target.constant));
    for (const auto& l : attached.losses)
        CHECK((!l.own.constant && !l.target.constant));
    // What a frozen network says is a constant without being called one.
    const MethodOutline hints = method_outline<Collaboration<A, B, Frozen<0>, Hints<0, 1>>>();
    REQUIRE(hints.losses.size() == 1);
    CHECK(hints.losses[0].target.constant);
    const MethodOutline::Made& regressor = hints.values[std::size_t(hints.losses[0].own.value)];
    CHECK(regressor.kind == MethodOutline::Kind::adapter);
    CHECK(regressor.dims == Dims{4, 4, 4});
    CHECK(hints.values[std::size_t(regressor.from[0].value)].name == "mutual");
    // A critic that judges for the network's sake is held still.
    int still = 0;
    for (const auto& v : method_outline<Collaboration<A, B, AdversarialFeatures<3, 2>>>().values)
        still += !v.learns;
    CHECK(still == 2);
}

TEST_CASE("a sketch has the weights and temperatures of the settings") {
    using C = Collaboration<A, B, Frozen<0>, Distillation<0, 1>>;
    const MethodOutline s =
        method_outline<C>(std::tuple{Distillation<0, 1>{.alpha = 0.25, .temperature = 3}});
    CHECK(s.losses[0].weight == 0.25);
    CHECK(s.losses[0].metric == "T\u00b2 KL(target || own), T = 3");
    CHECK(s.task == std::vector<double>{0, 0.75});
    CHECK_FALSE(s.losses[0].weight_changes);
    using R = Collaboration<A, B, Frozen<0>, Hints<0, 1>>;
    const MethodOutline ramp =
        method_outline<R>(std::tuple{Hints<0, 1>{.weight = RampUp{.epochs = 10}}});
    CHECK(ramp.losses[0].weight_changes);
}
