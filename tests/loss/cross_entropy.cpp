// SPDX-License-Identifier: Apache-2.0
// cross_entropy: the classification loss of the backends against values computed independently in
// pure Python.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>

using namespace collab;

namespace {
/// The mean loss of the logits f(b, c), and the gradient of its first value.
template <class Machine, class F>
std::pair<double, double> loss(F f) {
    using T = typename Machine::Scalar;
    Machine machine;
    const int labels[] = {0, 2, 1, 4};
    std::vector<T> logits;
    std::vector<T> gradient(20);
    std::vector<T> losses(4);
    std::vector<T> hits(4);
    for (int b = 0; b < 4; ++b)
        for (int c = 0; c < 5; ++c)
            logits.push_back(T(f(b, c)));
    machine.softmax_cross_entropy({4, 5, {logits.data(), 5}, labels}, T(0.25),
                                  View<T>{gradient.data(), 5}, losses.data(), hits.data());
    double sum = 0;
    for (const T l : losses)
        sum += double(l) / 4;
    double row = 0;  // the gradient of a row sums to 0
    for (int c = 0; c < 5; ++c)
        row += double(gradient[std::size_t(c)]);
    CHECK(std::abs(row) < 1e-7);
    return {sum, double(gradient[0])};
}
double z1(int b, int c) {
    return 2 * std::sin(0.7 * b + 1.3 * c + 0.1);
}
double z2(int b, int c) {
    return 2 * std::cos(0.5 * b - 0.9 * c + 0.2);
}
}  // namespace

TEST_CASE("the cross-entropy has the value that was computed independently") {
    CHECK(loss<Reference<double>>(z1).first == doctest::Approx(1.9161948205498387).epsilon(1e-14));
    CHECK(loss<Reference<double>>(z2).first == doctest::Approx(1.652119435263419).epsilon(1e-14));
    CHECK(loss<Cpu<double>>(z1).first == doctest::Approx(1.9161948205498387).epsilon(1e-14));
    CHECK(loss<Cpu<float>>(z1).first == doctest::Approx(1.9161948205498387).epsilon(1e-6));
}

TEST_CASE("the gradient of the cross-entropy is the probability less one at the label") {
    double sum = 0;
    for (int c = 0; c < 5; ++c)
        sum += std::exp(z1(0, c));
    CHECK(loss<Reference<double>>(z1).second ==
          doctest::Approx(0.25 * (std::exp(z1(0, 0)) / sum - 1)).epsilon(1e-13));
}

TEST_CASE("huge logits give a finite cross-entropy") {
    CHECK(loss<Reference<double>>([](int, int c) { return c == 0 ? 1e6 : 0; }).first ==
          doctest::Approx(0.75e6));
    CHECK(std::isfinite(loss<Cpu<float>>([](int, int c) { return c == 3 ? 3e4 : -3e4; }).first));
}
