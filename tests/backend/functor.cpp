// SPDX-License-Identifier: Apache-2.0
// functor: the accuracy of the vectorizable exponential, and slopes against differences.
#include <collab/backend/functor.hpp>
#include <initializer_list>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

namespace {

using namespace collab;

double relative_error(float x) {
    const double exact = std::expm1(static_cast<double>(x));
    return std::abs(static_cast<double>(exp_minus_one(x)) - exact) / std::abs(exact);
}

/// f(x) and its slope from the value, against the derivative by central differences in double.
template <class F>
void check_slope(F f) {
    for (double x = -6.013; x < 6; x += 0.037) {  // never at 0, where some have a corner
        const double step = 1e-5;
        const double difference = (f(x + step) - f(x - step)) / (2 * step);
        CAPTURE(x);
        CHECK(f.slope(f(x)) == doctest::Approx(difference).epsilon(1e-6));
        CHECK(static_cast<double>(f(static_cast<float>(x))) == doctest::Approx(f(x)).epsilon(1e-6));
    }
}

}  // namespace

TEST_CASE("exp_minus_one has a relative error below 3e-7 from -90 to 88") {
    double worst = 0;
    float place = 0;
    for (double x = -90; x < 88; x += 0.000731) {
        const float f = static_cast<float>(x);
        if (f == 0)
            continue;
        const double e = relative_error(f);
        if (e > worst) {
            worst = e;
            place = f;
        }
    }
    CAPTURE(place);
    CHECK(worst < 3e-7);
}

TEST_CASE("exp_minus_one has a relative error below 3e-7 for every magnitude down to the smallest "
          "normal number") {
    double worst = 0;
    float place = 0;
    // Equal steps of the bit pattern are equal steps of the logarithm.
    for (std::uint32_t bits = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::min());
         bits < std::bit_cast<std::uint32_t>(80.f); bits += 2011)
        for (const std::uint32_t sign : {0u, 0x80000000u}) {
            const float x = std::bit_cast<float>(bits | sign);
            const double e = relative_error(x);
            if (e > worst) {
                worst = e;
                place = x;
            }
        }
    CAPTURE(place);
    CHECK(worst < 3e-7);
}

TEST_CASE("exp_minus_one keeps zeroes, ends, NaN and double's own accuracy") {
    CHECK(exp_minus_one(0.f) == 0);
    CHECK(exp_minus_one(-0.f) == 0);
    CHECK(exp_minus_one(-90.f) == -1);
    CHECK(exp_minus_one(-std::numeric_limits<float>::infinity()) == -1);
    CHECK(exp_minus_one(88.f) == doctest::Approx(std::exp(88.0)).epsilon(1e-6));
    CHECK(std::isfinite(exp_minus_one(1000.f)));
    CHECK(std::isnan(exp_minus_one(std::numeric_limits<float>::quiet_NaN())));
    CHECK(exp_minus_one(1e-12) == std::expm1(1e-12));
    CHECK(exp_minus_one(3.0) == std::expm1(3.0));
}

TEST_CASE("slopes in terms of the value are the derivatives of the activations") {
    check_slope(Identity{});
    check_slope(ReluFunction{});
    check_slope(Relu6Function{});
    check_slope(EluFunction{});
    check_slope(LeakyReluFunction{0.2});
    check_slope(SigmoidFunction{});
}

TEST_CASE("activations at zero and at their ends") {
    CHECK(ReluFunction{}.slope(0.f) == 0);
    CHECK(ReluFunction{}(-3.f) == 0);
    CHECK(Relu6Function{}(-3.f) == 0);
    CHECK(Relu6Function{}(5.f) == 5);
    CHECK(Relu6Function{}(7.f) == 6);
    CHECK(Relu6Function{}.slope(0.f) == 0);
    CHECK(Relu6Function{}.slope(6.f) == 0);
    CHECK(EluFunction{}(0.f) == 0);
    CHECK(EluFunction{}.slope(0.f) == 1);
    CHECK(EluFunction{}(-100.f) == -1);
    CHECK(LeakyReluFunction{0.5}(-3.f) == -1.5f);
    CHECK(SigmoidFunction{}(0.f) == 0.5f);
    CHECK(SigmoidFunction{}(200.f) == 1);
    CHECK(SigmoidFunction{}(-200.f) >= 0);
    CHECK(SigmoidFunction{}(-200.f) < 1e-30f);
}
