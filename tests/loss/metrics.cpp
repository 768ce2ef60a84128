// SPDX-License-Identifier: Apache-2.0
// metrics: distances against values computed independently in pure Python, and at the edges.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <collab/loss/metrics.hpp>

using namespace collab;

namespace {
constexpr int B = 4;
constexpr int D = 6;
double e1(int b, int d) {
    return std::sin(0.3 * b + 0.7 * d + 0.5);
}
double e2(int b, int d) {
    return std::cos(0.6 * b - 0.4 * d + 0.1);
}
double e3(int b, int d) {
    return std::sin(0.2 * b * d + 0.9);
}

template <class F>
std::vector<double> row(F f, int b) {
    std::vector<double> v;
    for (int d = 0; d < D; ++d)
        v.push_back(f(b, d));
    return v;
}
/// The mean over the batch.
template <class M, class F, class G>
double mean(const M& metric, F f, G g) {
    double sum = 0;
    for (int b = 0; b < B; ++b)
        sum += metric.value(D, row(f, b).data(), row(g, b).data());
    return sum / B;
}
template <class M>
std::vector<double> gradient(const M& metric, const std::vector<double>& a,
                             const std::vector<double>& b, double scale = 1) {
    std::vector<double> da(a.size());
    metric.gradient(int(a.size()), a.data(), b.data(), scale, da.data());
    return da;
}
const doctest::Approx near(double x) {
    return doctest::Approx(x).epsilon(1e-13);
}
}  // namespace

TEST_CASE("metrics have the values that were computed independently") {
    CHECK(mean(CosineDistance{}, e1, e2) == near(0.8079126837555641));
    CHECK(mean(NegativeDot{}, e1, e2) == near(-0.09434067794114871));
    CHECK(mean(SquaredEuclidean{}, e1, e2) == near(5.465810888347101));
    // Eq. 5, network 1 of three
    CHECK((mean(CosineDistance{}, e1, e2) + mean(CosineDistance{}, e1, e3)) / 2 ==
          near(0.6600039272169266));
}

TEST_CASE("in single precision metrics have the same values") {
    double sum = 0;
    for (int b = 0; b < B; ++b) {
        float x[D], y[D];
        for (int d = 0; d < D; ++d) {
            x[d] = float(e1(b, d));
            y[d] = float(e2(b, d));
        }
        sum += double(CosineDistance{}.value(D, x, y)) / B;
    }
    CHECK(sum == doctest::Approx(0.8079126837555641).epsilon(1e-6));
}

TEST_CASE("norms by hand") {
    const double a[] = {1, 2, 3};
    const double b[] = {4, -2, 3};  // difference -3, 4, 0
    CHECK(SquaredEuclidean{}.value(3, a, b) == 25);
    CHECK(LnDistance{1}.value(3, a, b) == near(7));
    CHECK(LnDistance{2}.value(3, a, b) == near(5));
    CHECK(LnDistance{3}.value(3, a, b) == near(std::cbrt(91.0)));
    CHECK(LnDistance{}.value(3, a, b) == near(5));
    CHECK(NegativeDot{}.value(3, a, b) == near(-3));
    const auto d1 = gradient(LnDistance{1}, {1, 2, 3}, {4, -2, 3});
    const auto d2 = gradient(LnDistance{2}, {1, 2, 3}, {4, -2, 3});
    CHECK(d1 == std::vector<double>{-1, 1, 0});
    CHECK(d2[0] == near(-0.6));
    CHECK(d2[1] == near(0.8));
    CHECK(d2[2] == 0);
}

TEST_CASE("a high power of a norm neither overflows nor vanishes") {
    const double a[] = {1e200, 0, 0};
    const double b[] = {0, 1e-200, 0};
    const double zero[] = {0, 0, 0};
    CHECK(LnDistance{30}.value(3, a, zero) == near(1e200));
    CHECK(LnDistance{30}.value(3, b, zero) == near(1e-200));
    CHECK(LnDistance{1000}.value(3, a, zero) == near(1e200));
}

TEST_CASE("equal embeddings have distance 0 and gradient 0") {
    for (int b = 0; b < B; ++b) {
        const auto e = row(e1, b);
        CHECK(std::abs(CosineDistance{}.value(D, e.data(), e.data())) < 1e-15);
        for (const double g : gradient(CosineDistance{}, e, e))
            CHECK(std::abs(g) < 1e-15);
        CHECK(SquaredEuclidean{}.value(D, e.data(), e.data()) == 0);
        CHECK(LnDistance{3}.value(D, e.data(), e.data()) == 0);
        for (const double n : {1.0, 2.0, 3.0})
            for (const double g : gradient(LnDistance{n}, e, e))
                CHECK(g == 0);
    }
}

TEST_CASE("the cosine distance knows directions only, and lies between 0 and 2") {
    const auto a = row(e1, 1);
    const auto b = row(e2, 2);
    auto longer = b;
    auto opposite = a;
    for (double& x : longer)
        x *= 1000;
    for (double& x : opposite)
        x *= -0.01;
    CHECK(CosineDistance{}.value(D, a.data(), longer.data()) ==
          near(CosineDistance{}.value(D, a.data(), b.data())));
    CHECK(CosineDistance{}.value(D, a.data(), opposite.data()) == near(2));
    const auto g = gradient(CosineDistance{}, a, b);  // at a right angle to a
    double along = 0;
    for (int d = 0; d < D; ++d)
        along += g[std::size_t(d)] * a[std::size_t(d)];
    CHECK(std::abs(along) < 1e-15);
}

TEST_CASE("the gradient of the cosine distance is -(unit(b) - cos unit(a)) / |a|") {
    const auto a = row(e1, 2);
    const auto b = row(e2, 2);
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (int d = 0; d < D; ++d) {
        aa += e1(2, d) * e1(2, d);
        bb += e2(2, d) * e2(2, d);
        ab += e1(2, d) * e2(2, d);
    }
    const double la = std::sqrt(aa);
    const double lb = std::sqrt(bb);
    const double cosine = ab / (la * lb);
    const auto g = gradient(CosineDistance{}, a, b, 0.25);
    for (int d = 0; d < D; ++d)
        CHECK(g[std::size_t(d)] == near(-0.25 * (e2(2, d) / lb - cosine * e1(2, d) / la) / la));
}

TEST_CASE("a vector of zeros has cosine distance 1 from everything, and no gradient") {
    const std::vector<double> zero(D);
    const std::vector<double> e = row(e1, 0);
    CHECK(CosineDistance{}.value(D, zero.data(), e.data()) == 1);
    CHECK(CosineDistance{}.value(D, e.data(), zero.data()) == 1);
    CHECK(CosineDistance{}.value(D, zero.data(), zero.data()) == 1);
    CHECK(gradient(CosineDistance{}, zero, e) == zero);
    CHECK(gradient(CosineDistance{}, e, zero) == zero);
    CHECK(gradient(CosineDistance{}, zero, zero) == zero);
    CHECK(LnDistance{2}.value(D, zero.data(), zero.data()) == 0);
}

TEST_CASE("what is not a number stays visible") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    auto bad = row(e1, 0);
    bad[3] = nan;
    const auto good = row(e2, 0);
    CHECK(std::isnan(CosineDistance{}.value(D, bad.data(), good.data())));
    CHECK(std::isnan(CosineDistance{}.value(D, good.data(), bad.data())));
    CHECK(std::isnan(gradient(CosineDistance{}, bad, good)[0]));
    CHECK(std::isnan(SquaredEuclidean{}.value(D, bad.data(), good.data())));
    CHECK(std::isnan(NegativeDot{}.value(D, bad.data(), good.data())));
    CHECK(std::isnan(LnDistance{2}.value(D, bad.data(), good.data())));
    CHECK(std::isnan(LnDistance{1}.value(D, good.data(), bad.data())));
    CHECK(std::isnan(LnDistance{2}.value(1, &bad[3], good.data())));
}

TEST_CASE("lengths that are no multiple of eight lose nothing") {
    for (int d = 1; d <= 35; ++d) {
        std::vector<double> a, b;
        double dot = 0;
        double square = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < d; ++i) {
            a.push_back(std::sin(1.3 * i + 0.2));
            b.push_back(std::cos(0.8 * i));
            dot += a.back() * b.back();
            square += (a.back() - b.back()) * (a.back() - b.back());
            aa += a.back() * a.back();
            bb += b.back() * b.back();
        }
        CAPTURE(d);
        CHECK(NegativeDot{}.value(d, a.data(), b.data()) == near(-dot / d));
        CHECK(SquaredEuclidean{}.value(d, a.data(), b.data()) == near(square));
        CHECK(CosineDistance{}.value(d, a.data(), b.data()) == near(1 - dot / std::sqrt(aa * bb)));
        CHECK(LnDistance{2}.value(d, a.data(), b.data()) == near(std::sqrt(square)));
    }
}

TEST_CASE("gradients are scaled and added to what is there") {
    const auto a = row(e1, 1);
    const auto b = row(e2, 1);
    const auto once = gradient(SquaredEuclidean{}, a, b);
    const auto twice = gradient(SquaredEuclidean{}, a, b, 2);
    std::vector<double> sum = once;
    SquaredEuclidean{}.gradient(D, a.data(), b.data(), 1.0, sum.data());
    CHECK(sum == twice);
}
