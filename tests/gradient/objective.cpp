// SPDX-License-Identifier: Apache-2.0
// objective: derivatives of every metric and every merge.
#include <doctest/doctest.h>

#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/test/gradient.hpp>

using namespace collab;

namespace {
void verify(const GradientReport& report) {
    CHECK_MESSAGE(report.passed(), report.describe());
}
}  // namespace

TEST_CASE("the gradient of every metric agrees with differences") {
    verify(check_metric(CosineDistance{}));
    verify(check_metric(NegativeDot{}));
    verify(check_metric(SquaredEuclidean{}));
    verify(check_metric(LnDistance{1}));
    verify(check_metric(LnDistance{2}));
    verify(check_metric(LnDistance{3}));
    verify(check_metric(LnDistance{1.5}));
    verify(check_metric(LnDistance{40}));
}

TEST_CASE("the gradient of every loss of a task agrees with differences") {
    verify(check_loss(CrossEntropy{}));
    verify(check_loss(ProbabilityCrossEntropy{}));
}

TEST_CASE("the partial derivatives of every merge agree with differences") {
    verify(check_merge(ProductMerge{}));
    verify(check_merge(SumMerge{}));
    verify(check_merge(IdentityMerge{}));
}
