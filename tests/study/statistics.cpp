// SPDX-License-Identifier: Apache-2.0
#include <collab/study/statistics.hpp>

#include <cmath>
#include <doctest/doctest.h>

using namespace collab;

TEST_CASE("moments are those of a sample, computed by hand") {
    const Moments m = moments({2, 4, 4, 4, 5, 5, 7, 9});  // squares from 5: 9 1 1 1 0 0 4 16
    CHECK(m.mean == 5);
    CHECK(m.stddev == doctest::Approx(std::sqrt(32.0 / 7)).epsilon(1e-14));
    CHECK(m.n == 8);
    CHECK(moments({3}).mean == 3);
    CHECK(std::isnan(moments({3}).stddev));
    CHECK(std::isnan(moments({}).mean));
}

TEST_CASE("Student's quantiles are those of the printed tables") {
    CHECK(student_quantile(0.95, 1) == doctest::Approx(12.706).epsilon(1e-4));
    CHECK(student_quantile(0.95, 4) == doctest::Approx(2.776).epsilon(2e-4));
    CHECK(student_quantile(0.95, 9) == doctest::Approx(2.262).epsilon(2e-4));
    CHECK(student_quantile(0.99, 9) == doctest::Approx(3.250).epsilon(2e-4));
    CHECK(student_quantile(0.95, 1000) == doctest::Approx(1.962).epsilon(3e-4));
    // One degree of freedom is Cauchy's distribution, where P(|t| > 1) is a half.
    CHECK(student_two_sided(1, 1) == doctest::Approx(0.5).epsilon(1e-12));
    // Two degrees: P(|t| > x) = 1 - x / sqrt(2 + x^2).
    CHECK(student_two_sided(3, 2) == doctest::Approx(1 - 3 / std::sqrt(11.0)).epsilon(1e-12));
    CHECK_THROWS_WITH(student_quantile(0.95, 0),
                      "a quantile of Student's distribution needs a level between 0 and 1 and at "
                      "least 1 degree of freedom, not 0.95 and 0");
}

TEST_CASE("the sign test counts the ways by hand") {
    CHECK(sign_test(9, 1) == doctest::Approx(22.0 / 1024).epsilon(1e-12));  // 2 (1 + 10) / 2^10
    CHECK(sign_test(5, 0) == doctest::Approx(2.0 / 32).epsilon(1e-12));
    CHECK(sign_test(3, 3) == 1);
    CHECK(sign_test(0, 0) == 1);
}

TEST_CASE("a paired difference has the interval that a hand computes") {
    // mean 3, squares 4 1 0 1 4, deviation sqrt(10 / 4), error sqrt(10 / 4 / 5) = sqrt(0.5)
    const PairedDifference d = paired_difference({1, 2, 3, 4, 5});
    CHECK(d.moments.mean == 3);
    CHECK(d.half_width == doctest::Approx(2.776445 * std::sqrt(0.5)).epsilon(1e-6));
    CHECK(d.low() == doctest::Approx(3 - 1.963243).epsilon(1e-6));
    CHECK(d.above == 5);
    CHECK(d.below == 0);
    CHECK(d.p_student == doctest::Approx(0.013236).epsilon(1e-4));  // t = 3 / sqrt(0.5) = 4.243
    CHECK(std::isnan(paired_difference({1}).half_width));
    CHECK(paired_difference({0, 0, 1, -1}).p_student == 1);
    CHECK(paired_difference({2, 2, 2}).p_student == 0);
}
