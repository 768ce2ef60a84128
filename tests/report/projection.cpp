// SPDX-License-Identifier: Apache-2.0
// projection: axes of known clouds are found, in order, with their shares.
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <collab/report/projection.hpp>

using namespace collab;

namespace {
/// A grid along three orthonormal directions of a space of four, `half[k]` to both sides, around a
/// point.
constexpr double directions[3][4] = {
    {0.5, 0.5, 0.5, 0.5}, {0.5, -0.5, 0.5, -0.5}, {0.5, 0.5, -0.5, -0.5}};
std::vector<float> cloud(double a, double b, double c) {
    std::vector<float> v;
    for (int i = -1; i <= 1; ++i)
        for (int j = -1; j <= 1; ++j)
            for (int k = -1; k <= 1; ++k)
                for (int d = 0; d < 4; ++d)
                    v.push_back(float(7 + a * i * directions[0][d] + b * j * directions[1][d] +
                                      c * k * directions[2][d]));
    return v;
}
}  // namespace

TEST_CASE("the axes of a cloud are found, the longest first") {
    const std::vector<float> v = cloud(1, 3, 2);
    const PrincipalAxes p = principal_axes(v, 4, 3);
    for (const double m : p.mean)
        CHECK(m == doctest::Approx(7));
    const int order[] = {1, 2, 0};
    const double squares[] = {9, 4, 1};
    for (std::size_t k = 0; k < 3; ++k) {
        double dot = 0;
        for (std::size_t d = 0; d < 4; ++d)
            dot += p.axes[k][d] * directions[order[k]][d];
        CHECK(std::abs(dot) == doctest::Approx(1).epsilon(1e-6));
        CHECK(p.share[k] == doctest::Approx(squares[k] / 14).epsilon(1e-6));
    }
    const double at = p(0, v.data());  // the corner (-1, -1, -1)
    CHECK(std::abs(at) == doctest::Approx(3).epsilon(1e-6));
}

TEST_CASE(
    "what does not differ has axes without variance, and what is no set of vectors is refused") {
    const PrincipalAxes p = principal_axes(std::vector<float>(12, 2.5f), 3, 2);
    CHECK(p.share == std::vector<double>{0, 0});
    CHECK(std::abs(p(0, std::vector<float>(3, 2.5f).data())) < 1e-12);
    const PrincipalAxes line = principal_axes(std::vector<double>{0, 0, 1, 1, 2, 2}, 2, 2);
    CHECK(line.share[0] == doctest::Approx(1));
    CHECK(line.share[1] == doctest::Approx(0));
    // fewer vectors than numbers in each, and axes without variance
    const PrincipalAxes few = principal_axes(std::vector<double>{1, 2, 3, 1, 2, 5}, 3, 3);
    CHECK(few.axes[0][2] == doctest::Approx(1));
    CHECK(few.share[0] == doctest::Approx(1));
    CHECK(few.share[1] == 0);
    CHECK(few.share[2] == 0);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t k = 0; k < 3; ++k) {
            double dot = 0;
            for (std::size_t d = 0; d < 3; ++d)
                dot += few.axes[i][d] * few.axes[k][d];
            CHECK(std::abs(dot - (i == k)) < 1e-14);
        }
    CHECK_THROWS_WITH_AS(
        principal_axes(std::vector<float>(7), 2),
        "principal axes of 7 numbers in vectors of 2; expected two or more whole vectors", Error);
    CHECK_THROWS_WITH_AS(principal_axes(std::vector<float>(8), 2, 3),
                         "vectors of 2 numbers have 1 to 2 principal axes, not 3", Error);
    CHECK_THROWS_AS(principal_axes(std::vector<float>{0, 1, NAN, 2}, 1), Error);
}
