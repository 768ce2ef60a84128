// SPDX-License-Identifier: Apache-2.0
// input_activation: what holds for every activation whose slope needs the input: values and slopes
// beside PyTorch's, derivatives wherever it stands, and the same on the CPU as on the reference.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>

#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/collab.hpp>
#include <collab/test/gradient.hpp>

#include "beside.hpp"
#include "run.hpp"

namespace collab::trial {

/// Rows of x, the value and the slope.
template <std::size_t N>
using Beside = std::array<std::array<double, 3>, N>;

template <class A, std::size_t N>
void compare_with(const Beside<N>& theirs) {
    const auto f = A::function();
    for (const auto& [x, y, slope] : theirs) {
        INFO(x);
        CHECK(f(x) == doctest::Approx(y).epsilon(1e-14).scale(0.01));
        CHECK(f.slope_at(x) == doctest::Approx(slope).epsilon(1e-14).scale(0.01));
        CHECK(std::abs(double(f(float(x))) - y) <= 2e-7 * (1 + std::abs(x)));
        CHECK(std::abs(double(f.slope_at(float(x))) - slope) <= 2e-7 * (1 + std::abs(x)));
    }
    CHECK(f(1e30f) == 1e30f);
    CHECK(std::isnan(f(std::nanf(""))));
    CHECK(run<A, Shape<1, 1, 3>>({-1.5, 0, 3}) == Numbers{f(-1.5), 0, f(3.0)});
}

template <class A>
void gradients_agree() {
    using Block = Residual<Layers<Conv2d<3, 3>, BatchNorm>>;
    using List = Layers<Conv2d<3, 3>, A, Dropout<1, 5>, BatchNorm, A, Conv2d<3, 1>, Block, A,
                        Residual<Layers<A, Conv2d<3, 1>, A>>, Relu>;
    for (const GradientReport& report :
         {check_gradients<A, Shape<3, 4, 3>>(), check_gradients<List, Shape<3, 4, 3>>()})
        CHECK_MESSAGE(report.passed(), report.describe());
}

template <class A>
void same_on_the_cpu() {
    using In = Shape<16, 4, 4>;
    using Conv = Conv2d<16, 3>;
    using List = Layers<Conv, BatchNorm, A, Conv, A, Residual<Layers<Conv, BatchNorm>>, A,
                        Residual<Layers<Conv, BatchNorm, A, Conv, BatchNorm>>, A, BatchNorm>;
    Reference<double> plain;
    Cpu<double> fusing(1);
    CHECK(first_difference(written(plain, std::vector{passes_of<List, In, Reference<double>>()}),
                           written(fusing, passes_of<List, In, Cpu<double>>())) == "");
}

}  // namespace collab::trial
