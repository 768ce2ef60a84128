// SPDX-License-Identifier: Apache-2.0
// wasserstein: distances between images, in four ways.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/core/error.hpp>
#include <collab/loss/wasserstein.hpp>

using namespace collab;

namespace {
Mass dense(int which) {  // two masses of 4x4 that are everywhere positive
    Mass m{4, 4, {}};
    double sum = 0;
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
            m.at.push_back(which == 0 ? std::sin(1.0 * i + 2.0 * j + 0.3) + 1.2
                                      : std::cos(0.7 * i - 1.1 * j) + 1.2);
    for (const double x : m.at)
        sum += x;
    for (double& x : m.at)
        x /= sum;
    return m;
}
Mass point(int n, int row, int column) {
    Mass m{n, n, std::vector<double>(std::size_t(n * n))};
    m.at[std::size_t(row * n + column)] = 1;
    return m;
}
/// A blob of 3x3 in a map of 16x16.
Mass blob(int row, int column) {
    Mass m{16, 16, std::vector<double>(256)};
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            m.at[std::size_t((row + i) * 16 + column + j)] = (1 + i + 2 * j) / 36.0 + 0;
    double sum = 0;
    for (const double x : m.at)
        sum += x;
    for (double& x : m.at)
        x /= sum;
    return m;
}
}  // namespace

TEST_CASE("distances on a line are those computed by hand") {
    const double a[] = {0.5, 0.5, 0, 0};
    const double b[] = {0, 0, 0.5, 0.5};
    const double c[] = {0.7, 0.1, 0.1, 0.1};
    const double d[] = {0.1, 0.2, 0.3, 0.4};
    CHECK(line_distance(a, 4, b, 4, 1) == doctest::Approx(4).epsilon(1e-14));
    CHECK(line_distance(c, 4, d, 4, 1) == doctest::Approx(2.8).epsilon(1e-12));
    CHECK(line_distance(c, 4, d, 4, 0.5) == doctest::Approx(0.7).epsilon(1e-12));
    CHECK(line_distance(c, 4, c, 4, 1) == 0);
}

TEST_CASE("the exact distance and the entropic one are those computed by hand") {
    // in squared pixels; the unit square is 3 wide
    CHECK(9 * ExactDistance{}(dense(0), dense(1)) ==
          doctest::Approx(0.525435429009758).epsilon(1e-10));
    CHECK(9 * EntropicDistance(1.0, 2000)(dense(0), dense(1)) ==
          doctest::Approx(1.0132985265964067).epsilon(1e-9));
    CHECK(9 * EntropicDistance(0.3, 3000)(dense(0), dense(1)) ==
          doctest::Approx(0.5555617969429931).epsilon(1e-8));
    CHECK(9 * EntropicDistance(0.1, 5000)(dense(0), dense(1)) ==
          doctest::Approx(0.5254356799696268).epsilon(1e-7));
    // exp(-9 / 0.01) is 0
    CHECK(9 * EntropicDistance(0.01, 200)(point(4, 0, 0), point(4, 3, 0)) ==
          doctest::Approx(9).epsilon(1e-9));
}

TEST_CASE("one grain from one pixel to another costs the square of the way") {
    const double unit = 1.0 / 15;
    CHECK(ExactDistance{}(point(16, 2, 3), point(16, 5, 7)) ==
          doctest::Approx(25 * unit * unit).epsilon(1e-12));
    CHECK(MarginalDistance{}(point(16, 2, 3), point(16, 5, 7)) ==
          doctest::Approx(25 * unit * unit).epsilon(1e-12));
    CHECK(SlicedDistance<32>{}(point(16, 2, 3), point(16, 5, 7)) ==
          doctest::Approx(25 * unit * unit).epsilon(1e-12));
    CHECK(PooledDistance<16>{}(point(16, 2, 3), point(16, 5, 7)) ==
          doctest::Approx(25 * unit * unit).epsilon(1e-12));
    // whole bins
    CHECK(PooledDistance<8>{}(point(16, 2, 2), point(16, 4, 6)) ==
          doctest::Approx(20 * unit * unit).epsilon(1e-12));
    CHECK(PooledDistance<8>{}(point(16, 2, 2), point(16, 3, 3)) == 0);
}

TEST_CASE("a shift of the whole image costs the square of the shift, in every way") {
    const double expected = (36.0 + 16.0) / 225;
    CHECK(ExactDistance{}(blob(2, 3), blob(8, 7)) == doctest::Approx(expected).epsilon(1e-10));
    CHECK(PooledDistance<16>{}(blob(2, 3), blob(8, 7)) == doctest::Approx(expected).epsilon(1e-10));
    CHECK(SlicedDistance<32>{}(blob(2, 3), blob(8, 7)) == doctest::Approx(expected).epsilon(1e-10));
    CHECK(MarginalDistance{}(blob(2, 3), blob(8, 7)) == doctest::Approx(expected).epsilon(1e-10));
    CHECK(EntropicDistance(0.05, 2000)(blob(2, 3), blob(8, 7)) ==
          doctest::Approx(expected).epsilon(1e-3));
    CHECK(ExactDistance{}(blob(2, 3), blob(2, 3)) == 0);
}

TEST_CASE("a sliced distance has no favorite direction") {  // mean of (t . theta)^2 is |t|^2 / 2
    for (int k = 0; k < 4; ++k)
        CHECK(225 * SlicedDistance<16>{}(point(16, 6, 6),
                                         point(16, 6 + std::vector<int>{5, 3, 4, 0}[std::size_t(k)],
                                               6 + std::vector<int>{0, 4, 3, 5}[std::size_t(k)])) ==
              doctest::Approx(25).epsilon(1e-12));
}

TEST_CASE("the distance by rows and columns is a lower bound, exact for products") {
    CHECK(MarginalDistance{}(dense(0), dense(1)) < ExactDistance{}(dense(0), dense(1)));
    Mass a{4, 4, {}};
    Mass b{4, 4, {}};
    const double r[] = {0.1, 0.2, 0.3, 0.4};
    const double c[] = {0.4, 0.4, 0.1, 0.1};
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) {
            a.at.push_back(r[i] * c[j]);
            b.at.push_back(c[i] * r[3 - j]);
        }
    CHECK(MarginalDistance{}(a, b) == doctest::Approx(ExactDistance{}(a, b)).epsilon(1e-9));
    CHECK(ExactDistance{}(a, b) == doctest::Approx(ExactDistance{}(b, a)).epsilon(1e-9));
}

TEST_CASE("the mass of an image is its luminance, with normalization undone") {
    const float gray[] = {0, 1, 3, 0};
    const float color[] = {1, 0, 0, 0, 1, 0};
    Mass m;
    image_mass(gray, {1, 2, 2}, m);
    CHECK(m.at[2] == doctest::Approx(0.75).epsilon(1e-5));
    CHECK(m.at[0] > 0);
    image_mass(color, {3, 1, 2}, m);
    CHECK(m.at[0] / m.at[1] == doctest::Approx(0.299 / 0.587).epsilon(1e-5));
    const double mean[] = {0.5};
    const double stddev[] = {0.25};
    const float normalized[] = {-2, 2, 0, -2};  // 0, 1, 1/2, 0
    image_mass(normalized, {1, 2, 2}, m, mean, stddev);
    CHECK(m.at[1] == doctest::Approx(2.0 / 3).epsilon(1e-5));
    CHECK_THROWS_WITH_AS(ExactDistance{}(point(4, 0, 0), point(5, 0, 0)),
                         "masses on grids of 4x4 and 5x5 cannot be compared", Error);
}
