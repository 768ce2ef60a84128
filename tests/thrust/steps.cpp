// SPDX-License-Identifier: Apache-2.0
// steps: whole training steps with the GPU backend's operations.
#include <functional>
#include <vector>

#include <collab/backend/cuda/thrust_host.hpp>

#include "cuda/steps.hpp"

using namespace collab;

TEST_CASE("a collaboration trains the same with the GPU backend's operations as on the reference") {
    steps::compare<Reference<double>, ThrustHost<double>>(1e-11);
    steps::compare<Reference<double>, ThrustHost<float>>(1e-4);
    steps::compare<Reference<double>, ThrustHost<float>, steps::Deeper>(1e-4);
}
TEST_CASE("methods train the same with the GPU backend's operations as on the reference") {
    steps::compare<Reference<double>, ThrustHost<double>, steps::Relations>(1e-11);
    // with the data of number 11 a sum lies at a kink, where float takes the other side (3e-3)
    steps::compare<Reference<double>, ThrustHost<float>, steps::Relations>(1e-5, 13);
    steps::compare<Reference<double>, ThrustHost<double>, steps::Rivals>(1e-11);
    steps::compare<Reference<double>, ThrustHost<float>, steps::Rivals>(1e-3);
}

namespace {
/// What fit remembers of a training that looks at its losses every `every` steps.
std::vector<double> course_of(int every, std::function<bool(const FitEvent&)> watch = {}) {
    const Splits data = synthetic({3, 12, 12}, 4, 44, 20);
    Training<steps::Pair, ThrustHost<float>> training({.seed = 5, .batch = 8});
    CHECK(training.notes_wait());
    const History history = training.fit(data, {.epochs = 3,
                                                .learning_rate = MultiStepLR{.base = 0.05},
                                                .evaluate_every = 4,
                                                .watch = watch,
                                                .losses_every = every});
    return steps::course(history, training);
}
}  // namespace

TEST_CASE("a training that looks at its losses now and then has the same course as one that looks "
          "after every step") {
    const std::vector<double> each = course_of(1);
    CHECK(each.size() > 100);
    CHECK(course_of(3) == each);
    CHECK(course_of(1000) == each);
    long seen = 0;
    // whoever watches sees every step
    CHECK(course_of(1000, [&](const FitEvent& e) { return seen += !e.evaluated, true; }) == each);
    CHECK(seen == 15);
}
TEST_CASE("a loss that is not a number is reported with the step at which it came, however late it "
          "is looked at") {
    const Splits data = synthetic({3, 12, 12}, 4, 80, 8);
    Training<steps::Pair, ThrustHost<float>> training({.seed = 5, .batch = 8});
    CHECK_THROWS_WITH_AS(
        training.fit(data, {.epochs = 1, .learning_rate = [](int, int, double) { return 1e30; }}),
        doctest::Contains(" at step 2 (epoch 1, learning rate "), Error);
}
