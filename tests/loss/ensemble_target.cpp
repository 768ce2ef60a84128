// SPDX-License-Identifier: Apache-2.0
// ensemble_target: what several networks say together.
#include <doctest/doctest.h>

#include <collab/loss/ensemble_target.hpp>

#include "golden.hpp"

using namespace collab;
using namespace collab::golden;

TEST_CASE("targets of several networks are those computed by hand") {
    const std::vector<double> mean_of_peers = combined(MeanProbabilities{}, classes, {&z2, &z3});
    CHECK(cross_entropy(z1) + mean(KullbackLeibler{}, z1, mean_of_peers) ==
          doctest::Approx(2.9845296166613835).epsilon(1e-12));
    const std::vector<double> peers = combined(MeanLogits{}, classes, {&z2, &z3});
    // CLNN
    CHECK(0.5 * cross_entropy(z1) + 0.5 * mean(SoftCrossEntropy{2, Factor::one}, z1, peers) ==
          doctest::Approx(1.8787707646601726).epsilon(1e-12));
    const std::vector<double> least = combined(MinimumLogits{}, classes, {&z1, &z2, &z3});
    for (std::size_t c = 0; c < 5; ++c)
        CHECK(least[c] ==
              doctest::Approx(std::vector<double>{0, -0.43044878111350626, -2.018532200285061,
                                                  -3.562420386776351, -3.8937295408414054}[c])
                  .epsilon(1e-13));
    CHECK(mean(KullbackLeibler{2}, z1, least) ==
          doctest::Approx(0.5842557257323691).epsilon(1e-12));
    CHECK(mean(KullbackLeibler{2}, z1, combined(BestLogits{}, classes, {&z1, &z2, &z3})) ==
          doctest::Approx(0.9152109767638754).epsilon(1e-12));
    const auto weights = std::make_shared<std::vector<double>>(std::vector<double>{2, -1.5, 0.5});
    const std::vector<double> weighted =
        combined(WeightedLogits{weights}, classes, {&z1, &z2, &z3});
    const std::vector<double> plain = combined(WeightedLogits{}, classes, {&z1, &z2, &z3});
    for (std::size_t c = 0; c < 5; ++c) {
        CHECK(weighted[c] == doctest::Approx(2 * z1[c] - 1.5 * z2[c] + 0.5 * z3[c]).epsilon(1e-14));
        CHECK(plain[c] == doctest::Approx((z1[c] + z2[c] + z3[c]) / 3).epsilon(1e-14));
    }
    const std::vector<double> gate = table(3, [](int b, int k) { return 0.3 * b - 0.2 * k; });
    const std::vector<double> ensemble = combined(GatedSum{}, classes, {&gate, &z1, &z2, &z3});
    for (std::size_t c = 0; c < 5; ++c)
        CHECK(ensemble[5 + c] ==
              doctest::Approx(std::vector<double>{1.1989516247015877, 1.5985965710498808,
                                                  0.4530864627027683, -0.6742769627157735,
                                                  -0.4810073538198779}[c])
                  .epsilon(1e-12));
    double one = cross_entropy(ensemble);  // ONE with three branches
    for (const auto* z : {&z1, &z2, &z3})
        one += cross_entropy(*z) + mean(KullbackLeibler{3}, *z, ensemble);
    CHECK(one == doctest::Approx(8.288428742699578).epsilon(1e-12));
    // Tf-KD: softmax(u / T) against the student at temperature 1.
    std::vector<double> virtual_teacher = combined(VirtualTeacher{}, classes, {&z1});
    for (double& u : virtual_teacher)
        u /= 20;
    CHECK(mean(KullbackLeibler{}, z1, virtual_teacher) ==
          doctest::Approx(0.8114764570257609).epsilon(1e-12));
}

TEST_CASE("the mean of probabilities at a temperature is what softening its logits gives back") {
    const std::vector<double> mean = combined(MeanProbabilities{3}, classes, {&z1, &z2});
    const detail::SoftRow<double> m(classes, mean.data(), 3);
    const detail::SoftRow<double> p(classes, z1.data(), 3);
    const detail::SoftRow<double> q(classes, z2.data(), 3);
    for (std::size_t c = 0; c < 5; ++c)
        CHECK(std::exp(m.log_p(mean[c])) ==
              doctest::Approx((std::exp(p.log_p(z1[c])) + std::exp(q.log_p(z2[c]))) / 2)
                  .epsilon(1e-13));
}

TEST_CASE("the best mixture is not worse than any network, and finds the right one of two") {
    const std::vector<double> best = combined(BestMixture{400, 1}, classes, {&z1, &z2, &z3});
    CHECK(cross_entropy(best) <=
          std::min({cross_entropy(z1), cross_entropy(z2), cross_entropy(z3)}));
    for (int s = 0; s < samples; ++s) {  // no weight on a grid of mixtures is better
        const auto row = [&](const std::vector<double>& z, int c) {
            return z[std::size_t(s * classes + c)];
        };
        const auto loss = [&](double u, double v) {
            double sum = 0;
            for (int c = 0; c < classes; ++c)
                sum += std::exp(u * row(z1, c) + v * row(z2, c) + (1 - u - v) * row(z3, c));
            const int l = y[std::size_t(s)];
            return std::log(sum) - (u * row(z1, l) + v * row(z2, l) + (1 - u - v) * row(z3, l));
        };
        double least = 1e9;
        double found = 0;
        for (int i = 0; i <= 100; ++i)
            for (int j = 0; i + j <= 100; ++j)
                least = std::min(least, loss(i / 100.0, j / 100.0));
        for (int c = 0; c < classes; ++c)
            found += std::exp(row(best, c));
        CHECK(std::log(found) - row(best, y[std::size_t(s)]) < least + 2e-3);
    }
}

TEST_CASE("differentiable targets agree with differences") {
    CHECK(combined_gradient_error(MeanLogits{}, 5, {{5, 1, 1}, {5, 1, 1}},
                                  {{z1.begin(), z1.begin() + 5}, {z2.begin(), z2.begin() + 5}}) <
          1e-8);
    CHECK(combined_gradient_error(
              GatedSum{}, 5, {{2, 1, 1}, {5, 1, 1}, {5, 1, 1}},
              {{0.3, -0.8}, {z1.begin(), z1.begin() + 5}, {z2.begin(), z2.begin() + 5}}) < 1e-8);
}
