// SPDX-License-Identifier: Apache-2.0
// contrastive: each sample finds itself among all others: by hand, and its derivatives.
#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/loss/contrastive.hpp>

#include "golden.hpp"

using namespace collab;
using namespace collab::golden;

namespace {
/// The loss, and its gradients times 0.7, added.
double contrast(const Contrast& metric, int n, int d, const std::vector<double>& a,
                const std::vector<double>& b, std::vector<double>* da = nullptr,
                std::vector<double>* db = nullptr) {
    Reference<double> backend;
    std::vector<double> rows(std::size_t(n), std::nan(""));
    std::vector<double> scratch(Contrast::scratch(n, {d, 1, 1}, {d, 1, 1}), std::nan(""));
    const Dims dims{d, 1, 1};
    metric.evaluate_both(backend,
                         BatchPair<double>{n, dims, a.data(), dims, b.data(), 0.7, rows.data(),
                                           da ? da->data() : nullptr, scratch.data()},
                         db ? db->data() : nullptr);
    double sum = 0;
    for (const double r : rows)
        sum += r / n;
    return sum;
}
}  // namespace

TEST_CASE("contrast by hand") {
    // Cosines 1 and 0: each row of two finds itself with 1 / (1 + e^(-1/T)), from both sides.
    CHECK(contrast({0.5}, 2, 2, {3, 0, 0, 1}, {2, 0, 0, 5}) ==
          doctest::Approx(2 * std::log(1 + std::exp(-2.0))).epsilon(1e-13));
    // One against another that looks the same: half, both ways.
    CHECK(contrast({0.07}, 2, 2, {1, 1, 1, 1}, {2, 2, 1, 1}) ==
          doctest::Approx(2 * std::log(2.0)).epsilon(1e-13));
    CHECK(contrast({0.07}, 1, 2, {1, 2}, {3, -1}) == 0);  // alone in the batch
    // Looking for each other is worse than finding oneself.
    CHECK(contrast({0.5}, 2, 2, {3, 0, 0, 1}, {0, 5, 2, 0}) ==
          doctest::Approx(2 * std::log(1 + std::exp(2.0))).epsilon(1e-13));
}

TEST_CASE("contrast: both gradients agree with differences") {
    std::vector<double> a = e1;
    std::vector<double> b = e2;
    std::vector<double> da(a.size(), 0.25);
    std::vector<double> db(b.size(), -0.5);
    const Contrast metric{0.3};
    contrast(metric, samples, width, a, b, &da, &db);
    double largest = 0;
    for (auto [x, dx, start] : {std::tuple{&a, &da, 0.25}, std::tuple{&b, &db, -0.5}})
        for (std::size_t i = 0; i < x->size(); ++i) {
            const double at = (*x)[i];
            const double h = 1e-5;
            (*x)[i] = at + h;
            const double up = contrast(metric, samples, width, a, b);
            (*x)[i] = at - h;
            const double down = contrast(metric, samples, width, a, b);
            (*x)[i] = at;
            CHECK(std::abs((*dx)[i] - start - 0.7 * (up - down) / (2 * h)) < 1e-8);
            largest = std::max(largest, std::abs((*dx)[i] - start));
        }
    CHECK(largest > 0.01);
}

TEST_CASE("contrast in single precision and of a vector without direction") {
    Cpu<float> cpu(2);
    const std::vector<float> a(e1.begin(), e1.end());
    const std::vector<float> b(e2.begin(), e2.end());
    std::vector<float> rows(samples);
    std::vector<float> da(a.size());
    std::vector<float> scratch(Contrast::scratch(samples, {width, 1, 1}, {width, 1, 1}));
    const Dims dims{width, 1, 1};
    Contrast{}.evaluate(cpu, BatchPair<float>{samples, dims, a.data(), dims, b.data(), 1.0f,
                                              rows.data(), da.data(), scratch.data()});
    CHECK(cpu.sum(samples, rows.data()) / samples ==
          doctest::Approx(contrast({}, samples, width, e1, e2)).epsilon(1e-4));
    std::vector<double> none(4);
    std::vector<double> g(4);
    std::vector<double> h(4);
    CHECK(std::isfinite(contrast({}, 2, 2, none, {1, 0, 0, 1}, &g, &h)));
    for (const double x : g)
        CHECK(x == 0);
    for (const double x : h)
        CHECK(std::isfinite(x));
}
