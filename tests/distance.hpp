// SPDX-License-Identifier: Apache-2.0
// distance: how far apart two vectors are, relative to the first: the length of the difference over
// its length.
#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

template <class U, class V>
double distance(const std::vector<U>& a, const std::vector<V>& b) {
    REQUIRE(a.size() == b.size());
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(double(a[i]) - double(b[i]), 2);
        size += double(a[i]) * double(a[i]);
    }
    return std::sqrt(difference / size);
}
