// SPDX-License-Identifier: Apache-2.0
// sums: sums that stay with the backend.
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/cuda/thrust_host.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/backend/sum_to.hpp>
#include <collab/core/random.hpp>

using namespace collab;

namespace {
/// As its base, but nobody may wait for a sum.
template <class T>
struct Impatient : ThrustHost<T> {
    double sum(std::size_t, const T*) {
        FAIL("somebody waits for a sum");
        return 0;
    }
};
/// Where sum_to leaves the sum of `values`, between two other numbers.
template <class B, class T>
std::vector<T> left(B&& backend, const std::vector<T>& values) {
    std::vector<T> place{1, 2, 3};
    sum_to(backend, values.size(), values.data(), place.data() + 1);
    return place;
}
}  // namespace

TEST_CASE_TEMPLATE("a sum that stays with the backend has the bits of one that the host waits for, "
                   "and nobody waits",
                   T, float, double) {
    for (const std::size_t n : {std::size_t(1), std::size_t(7), std::size_t(4096),
                                std::size_t(4097), std::size_t(100'000)}) {
        CAPTURE(n);
        std::vector<T> values(n);
        for (std::size_t i = 0; i < n; ++i)
            values[i] = T(uniform(Random{7}.word(i)) - 0.3f);
        CHECK(left(Impatient<T>(), values) ==
              std::vector<T>{1, T(ThrustHost<T>().sum(n, values.data())), 3});
        // it has no way but to wait
        CHECK(left(Reference<T>(), values) ==
              std::vector<T>{1, T(Reference<T>().sum(n, values.data())), 3});
    }
}
