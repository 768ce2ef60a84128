// SPDX-License-Identifier: Apache-2.0
// pack: lists of types and loops over constants.
#include <collab/core/pack.hpp>

#include <concepts>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace collab;

using Three = Pack<char, int, double>;
static_assert(Three::size == 3 && Pack<>::size == 0);
static_assert(std::same_as<Three::at<0>, char> && std::same_as<Three::at<1>, int> &&
              std::same_as<Three::at<2>, double>);
static_assert(Three::find<double> == 2 && Three::find<float> == -1 && Pack<>::find<int> == -1);

// The same type may occur twice; the first place counts.
static_assert(Pack<int, char, int>::find<int> == 0);
static_assert(std::same_as<Pack<int, char, int>::at<2>, int>);

struct Incomplete;
// elements need not be complete, nor constructible
static_assert(std::same_as<Pack<int, Incomplete>::at<1>, Incomplete>);

static_assert(std::same_as<joined<>, Pack<>>);
static_assert(std::same_as<joined<Three>, Three>);
static_assert(std::same_as<joined<Pack<char>, Pack<>>, Pack<char>>);
static_assert(std::same_as<joined<Pack<char>, Pack<int, float>, Pack<double>>,
                           Pack<char, int, float, double>>);
static_assert(std::same_as<joined<Pack<char>, Pack<int>, Pack<>, Pack<float>, Pack<double, char>>,
                           Pack<char, int, float, double, char>>);
static_assert(
    std::same_as<joined<Pack<>, Pack<>, Pack<>, Pack<>, Pack<>, Pack<>, Pack<int>>, Pack<int>>);

template <int N>
using Long = decltype([]<int... I>(std::integer_sequence<int, I...>) {
    return Pack<Index<I>...>{};
}(std::make_integer_sequence<int, N>{}));
static_assert(std::same_as<Long<500>::at<499>, Index<499>>);
static_assert(Long<200>::find<Index<150>> == 150);
static_assert(std::same_as<joined<Long<200>, Long<100>>::at<299>, Index<99>>);

constexpr int sum_of_squares(int) {
    int sum = 0;
    static_for<5>([&](auto i) { sum += i * i; });
    return sum;
}
static_assert(sum_of_squares(0) == 30);

}  // namespace

TEST_CASE("static_for calls with each constant, in order") {
    std::vector<int> seen;
    static_for<4>([&](auto i) {
        static_assert(decltype(i)::value >= 0);  // a constant inside the call
        seen.push_back(i);
    });
    CHECK(seen == std::vector<int>{0, 1, 2, 3});
    seen.clear();
    static_for<0>([&](auto i) { seen.push_back(i); });
    CHECK(seen.empty());
}
