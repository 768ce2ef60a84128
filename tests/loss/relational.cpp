// SPDX-License-Identifier: Apache-2.0
// relational: metrics of distances, angles and similarities between samples, against values
// computed by hand and differences.
#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/loss/relational.hpp>
#include <collab/loss/similarity.hpp>

#include "golden.hpp"

using namespace collab;
using namespace collab::golden;

namespace {
constexpr Dims e{width, 1, 1};
constexpr Dims fs_dims{3, 4, 4};
constexpr Dims ft_dims{5, 4, 4};

template <class M>
void verify(const M& metric) {
    CHECK(gradient_error(metric, samples, e, e1, e, e2) < 1e-7);
    CHECK(gradient_error(metric, samples, fs_dims, fs, ft_dims, ft) < 1e-7);
    // One sample relates to nothing, two alike have no direction: numbers all the same.
    std::vector<double> one(e1.begin(), e1.begin() + width);
    std::vector<double> g(one.size());
    CHECK(std::isfinite(over_batch(metric, 1, {e, one}, {e, one}, &g)));
    std::vector<double> twice = one;
    std::vector<double> g2(2 * one.size());
    twice.insert(twice.end(), one.begin(), one.end());
    const std::vector<double> other(e2.begin(), e2.begin() + 2 * width);
    CHECK(std::isfinite(over_batch(metric, 2, {e, twice}, {e, other}, &g2)));
    for (const double x : g2)
        CHECK(std::isfinite(x));
    // The same features relate in the same way.
    std::vector<double> none(e1.size());
    CHECK(std::abs(over_batch(metric, samples, {e, e1}, {e, e1}, &none)) < 1e-14);
    for (const double x : none)
        CHECK(std::abs(x) < 1e-9);
    // The parallel backend in single precision says the same.
    Cpu<float> cpu(2);
    const std::vector<float> a(e1.begin(), e1.end());
    const std::vector<float> b(e2.begin(), e2.end());
    std::vector<float> rows(samples);
    std::vector<float> scratch(M::scratch(samples, e, e));
    std::vector<float> da(a.size());
    metric.evaluate(cpu, BatchPair<float>{samples, e, a.data(), e, b.data(), 1.0f, rows.data(),
                                          da.data(), scratch.data()});
    std::vector<double> gradient(e1.size());
    const double value = over_batch(metric, samples, {e, e1}, {e, e2}, &gradient);
    CHECK(cpu.sum(samples, rows.data()) / samples == doctest::Approx(value).epsilon(1e-4));
    double largest = 0;
    for (const double x : gradient)
        largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < gradient.size(); ++i)
        CHECK(std::abs(double(da[i]) - gradient[i]) < 1e-3 * largest);
}
}  // namespace

TEST_CASE("relations of samples are those computed by hand") {
    CHECK(over_batch(RelationDistance{}, samples, {e, e1}, {e, e2}) ==
          doctest::Approx(0.002301805882663214).epsilon(1e-12));
    CHECK(over_batch(RelationAngle{}, samples, {e, e1}, {e, e2}) ==
          doctest::Approx(0.009454950736729872).epsilon(1e-11));
    CHECK(over_batch(SimilarityPreserving{}, samples, {e, e1}, {e, e2}) ==
          doctest::Approx(0.022901351301609512).epsilon(1e-12));
    CHECK(over_batch(SimilarityPreserving{}, samples, {fs_dims, fs}, {ft_dims, ft}) ==
          doctest::Approx(0.0013362722201866201).epsilon(1e-11));
    CHECK(over_batch(CorrelationCongruence{}, samples, {e, e1}, {e, e2}) ==
          doctest::Approx(0.02022047445372391).epsilon(1e-12));
    CHECK(over_batch(ProbabilisticTransfer{}, samples, {e, e1}, {e, e2}) ==
          doctest::Approx(0.0020475124909220266).epsilon(1e-10));
    CHECK(over_batch(KernelAlignment{}, samples, {e, e1}, {e, e2}) ==
          doctest::Approx(1 - 0.9913542644).epsilon(1e-8));
}

TEST_CASE("a right angle against a straight line, by hand") {
    // three samples in the plane
    const std::vector<double> corner{0, 0, 1, 0, 0, 2};
    const std::vector<double> line{0, 0, 1, 0, 3, 0};
    const Dims plane{2, 1, 1};
    // At sample 0: cosine 0 against 1, twice (j and k change places). At 1: 1/sqrt 5 against -1,
    // twice. At 2: 2/sqrt 5 against 1, twice.
    const double at0 = 0.5;
    const double at1 = (1 / std::sqrt(5.0) + 1) - 0.5;
    const double at2 = (1 - 2 / std::sqrt(5.0)) * (1 - 2 / std::sqrt(5.0)) / 2;
    CHECK(over_batch(RelationAngle{}, 3, {plane, corner}, {plane, line}) ==
          doctest::Approx(2 * (at0 + at1 + at2) / 27).epsilon(1e-13));
    // Distances 1, 2, sqrt 5 against 1, 3, 2, each over its mean.
    const double m = (3 + std::sqrt(5.0)) / 3;
    const double n = 2;
    const auto half_square = [](double x) { return x * x / 2; };
    CHECK(over_batch(RelationDistance{}, 3, {plane, corner}, {plane, line}) ==
          doctest::Approx(2 *
                          (half_square(1 / m - 1 / n) + half_square(2 / m - 3 / n) +
                           half_square(std::sqrt(5.0) / m - 2 / n)) /
                          9)
              .epsilon(1e-13));
}

TEST_CASE("relations of distance: gradients, degenerate batches, both backends") {
    verify(RelationDistance{});
}
TEST_CASE("relations of angle: gradients, degenerate batches, both backends") {
    verify(RelationAngle{});
}
TEST_CASE("similarity preservation: gradients, degenerate batches, both backends") {
    verify(SimilarityPreserving{});
}
TEST_CASE("correlation congruence: gradients, degenerate batches, both backends") {
    verify(CorrelationCongruence{});
}
TEST_CASE("probabilistic transfer: gradients, degenerate batches, both backends") {
    verify(ProbabilisticTransfer{});
}
TEST_CASE("kernel alignment: gradients, degenerate batches, both backends") {
    verify(KernelAlignment{});
}
