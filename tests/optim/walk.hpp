// SPDX-License-Identifier: Apache-2.0
// walk: what an optimizer makes of three weights and given gradients.
#pragma once
#include <doctest/doctest.h>

#include <array>
#include <cstddef>

#include <collab/optim/optimizer.hpp>

namespace collab::trial {

/// Three weights after three steps with rate 0.1.
template <class O>
std::array<double, 3> walk(const O& optimizer) {
    std::array<double, 3> w{1, -2, 0.5};
    std::array<double, 3> m{};
    std::array<double, 3> v{};
    std::array<double, 3> slow{};
    const double gradients[3][3] = {{0.5, -1, 2}, {1.5, 0.25, -0.5}, {0, 1, -3}};
    for (int step = 0; step < 3; ++step) {
        double scalars[4] = {};
        if constexpr (O::scalars > 0)
            optimizer.write_scalars(step, scalars);
        const WeightRange<double> range{
            w.data(), gradients[step], {m.data(), v.data(), slow.data()}, scalars, 0.1};
        const auto update = optimizer.update(range);
        for (std::size_t i = 0; i < 3; ++i)
            update(i);
    }
    return w;
}
inline void verify(const std::array<double, 3>& w, const std::array<double, 3>& expected) {
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(w[i] == doctest::Approx(expected[i]).epsilon(1e-13));
}

}  // namespace collab::trial
