// SPDX-License-Identifier: Apache-2.0
// binary_cross_entropy: against PyTorch, by differences, at large logits, and with wrong targets.
#include <collab/loss/binary_cross_entropy.hpp>
#include <collab/test/gradient.hpp>

#include "task.hpp"

using namespace collab;

namespace {
task::Values probabilities() {
    task::Values t = task::targets();
    for (double& v : t)
        v = (v + 1) / 2;
    return t;
}
}  // namespace

TEST_CASE("the binary cross entropy is PyTorch's, with the weight of positive labels") {
    task::compare(BinaryCrossEntropy{.positive_weight = 2.5}, probabilities(),
                  {0.8095661286552008, 1.5786548545624006, 1.3317009549179482},
                  {-0.28140529271077164, -0.11303457196843103, -0.049077064227463274,
                   -0.044463325684575394, -0.1136802491241431, -0.20292198817817386,
                   -0.18701871325584865, -0.11081704106093558, -0.007409476019894043,
                   0.11956225694450415, 0.2011991052898358, 0.2182771333005034});
    const task::Values z = task::outputs();
    const task::Values t = probabilities();
    CHECK(LabelAccuracy{}.value(4, z.data() + 4, t.data() + 4) == 0.75);
}

TEST_CASE("the gradient of the binary cross entropy agrees with differences") {
    const GradientReport report = check_loss(BinaryCrossEntropy{.positive_weight = 0.3});
    CHECK_MESSAGE(report.passed(), report.describe());
}

TEST_CASE("the binary cross entropy of large logits is a number") {
    const float z[] = {1e4f, -1e4f, 1e4f, -1e4f};
    const float t[] = {1, 0, 0, 1};
    CHECK(BinaryCrossEntropy{}.value(4, z, t) == doctest::Approx(5e3));
    float dz[4] = {};
    BinaryCrossEntropy{}.gradient(4, z, t, 4.0f, dz);
    CHECK(dz[0] == 0);
    CHECK(dz[1] == 0);
    CHECK(dz[2] == 1);
    CHECK(dz[3] == -1);
}

TEST_CASE("target values outside [0, 1] and a weight of 0 are refused") {
    const float t[] = {0.5f, 1.5f};
    CHECK(BinaryCrossEntropy::wrong_target(1, t) == nullptr);
    CHECK(BinaryCrossEntropy::wrong_target(2, t) != nullptr);
    CHECK_THROWS_AS(BinaryCrossEntropy{.positive_weight = 0}.check(), Error);
}
