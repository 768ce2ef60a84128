// SPDX-License-Identifier: Apache-2.0
// sgd: three steps by hand, in each form.
#include <doctest/doctest.h>

#include <array>
#include <limits>

#include <collab/optim/adam.hpp>
#include <collab/optim/sgd.hpp>

using namespace collab;

namespace {
/// The weight after each of three steps from 1 with the gradients 0.5, -0.25 and 1, and the rates
/// 0.1, 0.1 and 0.01.
std::array<double, 3> walk(const Sgd& o, double& momentum) {
    double w = 1;
    double m = 0;
    double g = 0;
    std::array<double, 3> seen{};
    const double gradients[] = {0.5, -0.25, 1};
    const double rates[] = {0.1, 0.1, 0.01};
    for (std::size_t s = 0; s < 3; ++s) {
        g = gradients[s];
        const detail::SgdStep<double> step{&w,        &m, &g, rates[s], o.momentum, o.weight_decay,
                                           o.nesterov};
        step(0);
        CHECK(g == gradients[s]);
        seen[s] = w;
    }
    momentum = m;
    return seen;
}
void verify(const Sgd& o, double w1, double w2, double w3, double m3) {
    double m = 0;
    const auto w = walk(o, m);
    CHECK(w[0] == doctest::Approx(w1).epsilon(1e-14));
    CHECK(w[1] == doctest::Approx(w2).epsilon(1e-14));
    CHECK(w[2] == doctest::Approx(w3).epsilon(1e-14));
    CHECK(m == doctest::Approx(m3).epsilon(1e-14));
}
}  // namespace

TEST_CASE("plain gradient descent") {
    verify({.momentum = 0, .weight_decay = 0}, 0.95, 0.975, 0.965, 1);
}

TEST_CASE("momentum keeps what was before, and the rate acts on the step alone") {
    // m: 0.5; 0.45 - 0.25 = 0.2; 0.18 + 1 = 1.18
    verify({.momentum = 0.9, .weight_decay = 0}, 0.95, 0.93, 0.9182, 1.18);
}

TEST_CASE("weight decay is a part of the gradient") {
    // g: 0.5 + 0.1; -0.25 + 0.1 * 0.94; 1 + 0.1 * 0.9556
    verify({.momentum = 0, .weight_decay = 0.1}, 0.94, 0.9556, 0.9446444, 1.09556);
    // m: 0.6; 0.3 - 0.25 + 0.094 = 0.144; 0.072 + 1 + 0.09256
    verify({.momentum = 0.5, .weight_decay = 0.1}, 0.94, 0.9256, 0.9139544, 1.16456);
}

TEST_CASE("Nesterov's form looks one step ahead") {
    // m as with momentum; w -= rate (g + 0.9 m): 0.1 (0.5 + 0.45); 0.1 (-0.25 + 0.18); 0.01 (1
    // + 1.062)
    verify({.momentum = 0.9, .weight_decay = 0, .nesterov = true}, 0.905, 0.912, 0.89138, 1.18);
}

TEST_CASE("the defaults are those of the paper") {
    CHECK(Sgd{}.momentum == 0.9);
    CHECK(Sgd{}.weight_decay == 1e-4);
    CHECK_FALSE(Sgd{}.nesterov);
    CHECK_NOTHROW(Sgd{}.check());
}

TEST_CASE("an optimizer that makes no sense is refused") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_NOTHROW((Sgd{.momentum = 0, .weight_decay = 0}.check()));
    CHECK_THROWS_AS((Sgd{.momentum = 1}.check()), Error);
    CHECK_THROWS_AS((Sgd{.momentum = -0.1}.check()), Error);
    CHECK_THROWS_AS((Sgd{.momentum = nan}.check()), Error);
    CHECK_THROWS_AS((Sgd{.weight_decay = -1e-9}.check()), Error);
    CHECK_THROWS_AS((Sgd{.weight_decay = nan}.check()), Error);
    const double inf = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH_AS((Sgd{.weight_decay = inf}.check()),
                         "weight decay is inf; expected a number of at least 0", Error);
    CHECK_THROWS_WITH_AS((Adam{.learning_rate = inf}.check()),
                         "the critic's rate is inf; expected a number of at least 0", Error);
    CHECK_NOTHROW((Adam{.learning_rate = 0}.check()));
}
