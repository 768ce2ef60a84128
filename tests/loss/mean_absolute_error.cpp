// SPDX-License-Identifier: Apache-2.0
// mean_absolute_error: as a loss, against PyTorch and by differences.
#include <collab/loss/mean_absolute_error.hpp>
#include <collab/test/gradient.hpp>

#include "task.hpp"

using namespace collab;

TEST_CASE("the mean absolute error is PyTorch's") {
    task::compare(MeanAbsoluteError{}, task::targets(),
                  {0.8611865142616825, 1.0225128039352354, 1.7334112397205874},
                  {-0.25, 0.25, 0.25, 0.25, 0.25, -0.25, -0.25, -0.25, -0.25, 0.25, 0.25, 0.25});
    const double same[] = {1, 2};
    double dz[] = {0, 0};
    MeanAbsoluteError{}.gradient(2, same, same, 1.0, dz);
    CHECK(dz[0] == 0);
}

TEST_CASE("the gradient of the mean absolute error agrees with differences") {
    const GradientReport report = check_loss(MeanAbsoluteError{});
    CHECK_MESSAGE(report.passed(), report.describe());
}
