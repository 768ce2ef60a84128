// SPDX-License-Identifier: Apache-2.0
// task: losses of classes as losses of a task, and scores.
#include <doctest/doctest.h>

#include <limits>
#include <string_view>

#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/task.hpp>

#include "task.hpp"

using namespace collab;

static_assert(Loss<CrossEntropy> && Loss<ProbabilityCrossEntropy, double>);
static_assert(!Loss<Accuracy>);
static_assert(Score<Accuracy, float, int> && !Score<Accuracy, float, float>);
static_assert(Score<MeanAbsoluteError, double, float> && !Score<MeanAbsoluteError, float, int>);

TEST_CASE("the cross entropy of probabilities is PyTorch's") {
    task::Values p = task::targets();
    for (std::size_t row = 0; row < 3; ++row) {
        double sum = 0;
        for (std::size_t c = 0; c < 4; ++c)
            sum += p[4 * row + c] = std::exp(p[4 * row + c]);
        for (std::size_t c = 0; c < 4; ++c)
            p[4 * row + c] /= sum;
    }
    task::compare(
        ProbabilityCrossEntropy{}, p, {1.6287873858499495, 1.5837876947630058, 2.060427143077521},
        {-0.21871324824980123, -0.03898207237038431, 0.17158767317914525, 0.08610764744104041,
         0.32416025110399943, -0.09760302289470096, -0.1351663463889935, -0.0913908818203049,
         -0.2688762186586064, -0.15360235097305588, 0.09574333477801758, 0.3267352348536447});
}

TEST_CASE("the cross entropy of a class is that of its distribution") {
    const task::Values z = task::outputs();
    const double one[] = {0, 0, 1, 0};
    CHECK(CrossEntropy{}.value(4, z.data(), 2) ==
          doctest::Approx(ProbabilityCrossEntropy{}.value(4, z.data(), one)).epsilon(1e-15));
}

TEST_CASE("top-k accuracy counts ties for the class of the smaller number, and no NaN") {
    const double z[] = {1, 3, 3, 2};
    CHECK(Accuracy{}.value(4, z, 1) == 1);
    CHECK(Accuracy{}.value(4, z, 2) == 0);
    CHECK(TopAccuracy<1>{}.value(4, z, 2) == 0);
    CHECK(TopAccuracy<2>{}.value(4, z, 2) == 1);
    CHECK(TopAccuracy<2>{}.value(4, z, 3) == 0);
    CHECK(TopAccuracy<3>{}.value(4, z, 3) == 1);
    const double bad[] = {1, std::numeric_limits<double>::quiet_NaN()};
    CHECK(Accuracy{}.value(2, bad, 0) == 0);
    CHECK(Accuracy{}.value(2, bad, 1) == 0);
    CHECK(TopAccuracy<2>{}.value(2, bad, 1) == 0);
    CHECK(std::string_view(TopAccuracy<5>::name) == "top5_accuracy");
    CHECK(std::string_view(TopAccuracy<120>::name) == "top120_accuracy");
}

TEST_CASE("probabilities below 0 or with another sum are refused") {
    const float right[] = {0.25f, 0.75f};
    const float negative[] = {-0.5f, 1.5f};
    const float half[] = {0.25f, 0.25f};
    CHECK(ProbabilityCrossEntropy::wrong_target(2, right) == nullptr);
    CHECK(ProbabilityCrossEntropy::wrong_target(2, negative) != nullptr);
    CHECK(ProbabilityCrossEntropy::wrong_target(2, half) != nullptr);
}
