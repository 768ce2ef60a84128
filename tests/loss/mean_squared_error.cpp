// SPDX-License-Identifier: Apache-2.0
// mean_squared_error: against PyTorch, by differences, and a network that learns numbers.
#include <collab/loss/mean_squared_error.hpp>
#include <collab/test/gradient.hpp>

#include "task.hpp"

using namespace collab;

TEST_CASE("the mean squared error is PyTorch's") {
    task::compare(MeanSquaredError{}, task::targets(),
                  {0.8073031368130466, 1.3750044947939188, 4.081409364121998},
                  {-0.40016658335317185, 0.2396878463367197, 0.5848271791492152,
                   0.49769141968425806, 0.058070451975645615, -0.4778890441287039,
                   -0.8025648894029112, -0.7065012223632099, -0.18198868482701563,
                   0.5685852758590233, 1.2239652884260988, 1.4922832303290372});
    const task::Values z = task::outputs();
    const task::Values t = task::targets();
    CHECK(MeanAbsoluteError{}.value(4, z.data(), t.data()) ==
          doctest::Approx(0.8611865142616825).epsilon(1e-14));
}

TEST_CASE("the gradient of the mean squared error agrees with differences") {
    const GradientReport report = check_loss(MeanSquaredError{});
    CHECK_MESSAGE(report.passed(), report.describe());
}
