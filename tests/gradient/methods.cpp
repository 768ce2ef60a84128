// SPDX-License-Identifier: Apache-2.0
// methods: derivatives of every method with respect to every weight: each network follows its own
// loss, and constants feel nothing.
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/relations.hpp>

#include "methods.hpp"

using namespace collab;
using namespace collab::whole;

TEST_CASE("mutual learning of three networks: every network follows its own loss") {
    Trial<Collaboration<Small, Other, Third, MutualLearning<>>> trial({.seed = 3});
    CHECK(trial.training.losses()[0].coupling > 0.01);
    own_losses(trial);
}

TEST_CASE("mutual learning with attached peers: everything follows the sum") {
    Trial<Collaboration<Small, Other, MutualLearning<Attached>>> trial(
        {.seed = 3, .methods = {{.weight = 1, .temperature = 2}}});
    trial.check({""}, [&](const auto& l) { return l[0].total(0) + l[1].total(0); });
    CHECK(trial.report.checked == long(trial.training.named_tensors().parameter_count));
}

TEST_CASE("mutual learning with the mean of the peers: every network follows its own loss") {
    Trial<Collaboration<Small, Other, Third, MutualLearningWithMean>> trial(
        {.seed = 3, .methods = {{.weight = 0.7, .temperature = 2}}});
    own_losses(trial);
}

TEST_CASE("distillation: the student follows its loss, and the teacher feels nothing") {
    Trial<Collaboration<Small, Other, Frozen<0>, Distillation<0, 1>>> trial({.seed = 3});
    own_losses(trial);
    const auto l = trial.training.losses();
    CHECK(l[1].total(0.2) ==
          doctest::Approx(0.1 * l[1].task + term(trial.training, "distillation", 1)));
    CHECK(l[0].total(0.2) == 0);
}

TEST_CASE("hints: the student, its regressor and nobody else") {
    Trial<Collaboration<Other, Small, Frozen<0>, Hints<0, 1, early>>> trial(
        {.seed = 3, .methods = {{.weight = 2}}});
    own_losses(trial, {{}, {"method0."}});
    CHECK(trial.training.losses()[1].coupling > 0.01);
    // 6x6 to 3x3: stride 2
    Trial<Collaboration<Small, Other, Frozen<0>, Hints<0, 1>>> smaller(
        {.seed = 3, .methods = {{.weight = 2}}});
    own_losses(smaller, {{}, {"method0."}});
}

TEST_CASE(
    "CTSL-MKT with snapshots: every student follows its own loss, and snapshots feel nothing") {
    Trial<Collaboration<Small, Other, Small, Other, Frozen<2, 3>, CtslMkt<2>>> trial({.seed = 3});
    own_losses(trial);
    CHECK(term(trial.training, "self", 0) > 0);
    CHECK(term(trial.training, "angles", 1) > 0);
}

TEST_CASE("CTSL-MKT of three students without snapshots: every student follows its own loss") {
    Trial<Collaboration<Small, Other, Third, CtslMkt<3>>> trial({.seed = 3});
    own_losses(trial);
}

TEST_CASE("relational distillation: the student follows its loss") {
    Trial<Collaboration<Small, Other, Frozen<0>, RelationalDistillation<0, 1>>> trial({.seed = 3});
    own_losses(trial);
}

TEST_CASE("a method beside a knowledge base at the same cut: both are felt") {
    Trial<Collaboration<
        Small, Other,
        MKB<Encoder<3, 3>, Transfer<3>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>>,
        Hints<1, 0>>>
        trial({.alpha = 0.3, .seed = 3, .methods = {{.weight = 2}}});
    // The hint is a constant, but the student's own embedding reaches the peer's losses only as a
    // constant too.
    trial.check({"net0.", "mkb0.net0.", "method0."},
                [&](const auto& l) { return l[0].total(0.3); });
    trial.check({"net1.", "mkb0.net1."}, [&](const auto& l) { return l[1].total(0.3); });
}
