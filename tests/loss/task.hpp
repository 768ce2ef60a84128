// SPDX-License-Identifier: Apache-2.0
// task: a loss of the task on three samples of four outputs, z_i = 2 sin(0.7 i + 0.1), with the
// targets cos(0.3 i), held against PyTorch 1.13 in float64.
#pragma once
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>

namespace task {

using Values = std::array<double, 12>;

inline Values outputs() {
    Values z{};
    for (std::size_t i = 0; i < z.size(); ++i)
        z[i] = 2 * std::sin(0.7 * double(i) + 0.1);
    return z;
}
inline Values targets() {
    Values t{};
    for (std::size_t i = 0; i < t.size(); ++i)
        t[i] = std::cos(0.3 * double(i));
    return t;
}

/// PyTorch's losses of the samples for a loss of class numbers, and the gradient of their sum; the
/// classes are 1, 3 and 0.
template <class L>
void compare_classes(const L& loss, const std::array<double, 3>& losses, const Values& gradient) {
    const Values z = outputs();
    const int classes[] = {1, 3, 0};
    Values dz{};
    for (std::size_t row = 0; row < 3; ++row) {
        CHECK(loss.value(4, z.data() + 4 * row, classes[row]) ==
              doctest::Approx(losses[row]).epsilon(1e-14));
        loss.gradient(4, z.data() + 4 * row, classes[row], 2.0, dz.data() + 4 * row);
    }
    for (std::size_t i = 0; i < z.size(); ++i)
        CHECK(dz[i] == doctest::Approx(2 * gradient[i]).epsilon(1e-13));
}

/// The same for a loss of target values.
template <class L>
void compare(const L& loss, const Values& t, const std::array<double, 3>& losses,
             const Values& gradient) {
    const Values z = outputs();
    Values dz{};
    for (std::size_t row = 0; row < 3; ++row) {
        const double* const target = t.data() + 4 * row;
        CHECK(loss.value(4, z.data() + 4 * row, target) ==
              doctest::Approx(losses[row]).epsilon(1e-14));
        loss.gradient(4, z.data() + 4 * row, target, 2.0, dz.data() + 4 * row);
    }
    for (std::size_t i = 0; i < z.size(); ++i)
        CHECK(dz[i] == doctest::Approx(2 * gradient[i]).epsilon(1e-13));
}

}  // namespace task
