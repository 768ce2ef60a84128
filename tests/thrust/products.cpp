// SPDX-License-Identifier: Apache-2.0
// products: products of matrices on the host.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/cuda/thrust_host.hpp>
#include <collab/core/random.hpp>

using namespace collab;

namespace {

template <class T>
std::vector<T> drawn(long n, std::uint64_t seed) {
    std::vector<T> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = T(uniform(Random{seed}.word(i)) - 0.5f);
    return values;
}
/// A product whose result begins `offset` numbers behind an aligned place.
template <class T>
std::vector<T> product(long m, long n, long k, bool b_transposed, bool add, std::size_t offset) {
    const std::vector<T> a = drawn<T>(m * k, 1);
    const std::vector<T> b = drawn<T>(k * n, 2);
    const std::vector<T> before = drawn<T>(m * n, 3);
    alignas(64) T room[1024] = {};
    std::copy(before.begin(), before.end(), room + offset);
    backend::device::HostSystem system;
    system.multiply(backend::device::MatrixProduct<T>{m, n, k, a.data(), k, false, b.data(),
                                                      b_transposed ? k : n, b_transposed,
                                                      room + offset, n, add});
    return {room + offset, room + offset + m * n};
}

}  // namespace

TEST_CASE_TEMPLATE("a product has the same bits wherever its result lies", T, float, double) {
    const auto check = [](long m, long n, long k) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        for (const bool transposed : {false, true})
            for (const bool add : {false, true}) {
                const auto first = product<T>(m, n, k, transposed, add, 0);
                for (std::size_t offset = 1; offset < 16; ++offset) {
                    CAPTURE(offset);
                    REQUIRE(first == product<T>(m, n, k, transposed, add, offset));
                }
            }
    };
    for (const long m : {1, 2, 5, 17})
        for (const long n : {1, 3, 5, 17})
            for (const long k : {1, 3, 7, 20})
                check(m, n, k);
}
