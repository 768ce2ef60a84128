// SPDX-License-Identifier: Apache-2.0
// huber: against PyTorch and by differences.
#include <collab/loss/huber.hpp>
#include <collab/test/gradient.hpp>

#include "task.hpp"

using namespace collab;

TEST_CASE("the Huber loss is PyTorch's") {
    task::compare(HuberLoss{.delta = 0.7}, task::targets(),
                  {0.3639149456060932, 0.5133703932595166, 0.9825017688174891},
                  {-0.175, 0.11984392316835984, 0.175, 0.175, 0.029035225987822808, -0.175, -0.175,
                   -0.175, -0.09099434241350782, 0.175, 0.175, 0.175});
    CHECK_THROWS_AS(HuberLoss{.delta = 0}.check(), Error);
}

TEST_CASE("the gradient of the Huber loss agrees with differences") {
    const GradientReport report = check_loss(HuberLoss{.delta = 0.4});
    CHECK_MESSAGE(report.passed(), report.describe());
}
