// SPDX-License-Identifier: Apache-2.0
// divergence: Kullback and Leibler's divergence: its direction, its factor, and its two gradients.
#include <doctest/doctest.h>

#include <collab/loss/divergence.hpp>
#include <collab/test/gradient.hpp>

#include "golden.hpp"

using namespace collab;
using namespace collab::golden;

TEST_CASE("divergences are those computed by hand") {
    // KL(p2 || p1): network 1 learns
    CHECK(mean(KullbackLeibler{}, z1, z2) == doctest::Approx(1.0753341204335802).epsilon(1e-13));
    CHECK(mean(KullbackLeibler{}, z2, z1) == doctest::Approx(0.9254547954130428).epsilon(1e-13));
    CHECK(mean(KullbackLeibler{4}, z1, z2) == doctest::Approx(1.4114112765877458).epsilon(1e-13));
    CHECK(mean(KullbackLeibler{3}, z1, z2) == doctest::Approx(1.3785792142856317).epsilon(1e-13));
    CHECK(mean(KullbackLeibler{4, Factor::one}, z1, z2) ==
          doctest::Approx(1.4114112765877458 / 16).epsilon(1e-13));
    CHECK(0.1 * cross_entropy(z1) + 0.9 * mean(KullbackLeibler{4}, z1, z2) ==
          doctest::Approx(1.461889630983955).epsilon(1e-13));
    CHECK(cross_entropy(z1) +
              (mean(KullbackLeibler{}, z1, z2) + mean(KullbackLeibler{}, z1, z3)) / 2 ==
          doctest::Approx(3.103369320476607).epsilon(1e-13));
}

TEST_CASE("two classes by hand: the target comes first in KL and second in the call") {
    const double s[] = {0, 0};
    const double t[] = {std::log(3.0), 0};  // s = (1/2, 1/2), t = (3/4, 1/4)
    CHECK(KullbackLeibler{}.value(2, s, t) ==
          doctest::Approx(0.75 * std::log(1.5) + 0.25 * std::log(0.5)).epsilon(1e-14));
    CHECK(KullbackLeibler{}.value(2, t, s) ==
          doctest::Approx(0.5 * std::log(2 / 3.0) + 0.5 * std::log(2.0)).epsilon(1e-14));
    double gradient[] = {10, 10};
    KullbackLeibler{}.gradient(2, s, t, 2.0, gradient);  // 2 (s - t), added
    CHECK(gradient[0] == doctest::Approx(10 - 0.5).epsilon(1e-14));
    CHECK(gradient[1] == doctest::Approx(10 + 0.5).epsilon(1e-14));
    double softened[] = {0, 0};
    const double hot[] = {2 * std::log(3.0), 0};
    KullbackLeibler{2}.gradient(2, s, hot, 1.0, softened);  // T^2 (s - t) / T
    CHECK(softened[0] == doctest::Approx(2 * -0.25).epsilon(1e-14));
    CHECK(SoftCrossEntropy{}.value(2, s, t) == doctest::Approx(std::log(2.0)).epsilon(1e-14));
}

TEST_CASE("both gradients of a divergence agree with differences") {
    for (const double temperature : {1.0, 2.5}) {
        for (const Factor factor : {Factor::one, Factor::temperature_squared}) {
            const KullbackLeibler metric{temperature, factor};
            GradientReport report = check_metric(metric);
            CHECK_MESSAGE(report.passed(), report.describe());
            report = check_metric(SoftCrossEntropy{temperature, factor});
            CHECK_MESSAGE(report.passed(), report.describe());
            std::vector<double> t(z2.begin(), z2.begin() + classes);
            std::vector<double> dt(t.size(), 0.5);
            metric.target_gradient(classes, z1.data(), t.data(), 0.7, dt.data());
            for (std::size_t i = 0; i < t.size(); ++i) {
                const double at = t[i];
                t[i] = at + 1e-5;
                const double up = metric.value(classes, z1.data(), t.data());
                t[i] = at - 1e-5;
                const double down = metric.value(classes, z1.data(), t.data());
                t[i] = at;
                CHECK(dt[i] - 0.5 == doctest::Approx(0.7 * (up - down) / 2e-5).epsilon(1e-7));
            }
        }
    }
}

TEST_CASE("equal rows do not diverge, and large logits do not overflow") {
    const double large[] = {3000, -3000, 5};
    CHECK(KullbackLeibler{}.value(3, large, large) == 0);
    double gradient[] = {0, 0, 0};
    KullbackLeibler{}.gradient(3, large, large, 1.0, gradient);
    CHECK((gradient[0] == 0 && gradient[1] == 0 && gradient[2] == 0));
    const double other[] = {0, 0, 0};
    CHECK(KullbackLeibler{}.value(3, large, other) ==
          doctest::Approx((0 + 6000 + 2995) / 3.0 - std::log(3.0)));
}
