// SPDX-License-Identifier: Apache-2.0
// view: where elements lie, with and without gaps.
#include <collab/memory/view.hpp>

#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace collab;

static_assert(std::is_convertible_v<View<float>, View<const float>>);
static_assert(!std::is_convertible_v<View<const float>, View<float>>);
static_assert(!std::is_convertible_v<View<float>, View<const double>>);
static_assert(!std::is_convertible_v<View<float>, bool>);  // only where a condition is asked for
static_assert(std::is_trivially_copyable_v<View<float>>);  // it goes to GPU kernels by value

}  // namespace

TEST_CASE("a view of nothing is false and one of something is true") {
    float x = 0;
    CHECK(!View<float>{});
    CHECK(!View<const float>{});
    CHECK(static_cast<bool>(View<float>{&x, 1}));
}

TEST_CASE("a slice of channels keeps the distance between pixels") {
    std::vector<int> map(3 * 10);  // three pixels of ten channels
    for (int i = 0; i < 30; ++i)
        map[static_cast<std::size_t>(i)] = i;
    const View<int> whole{map.data(), 10};
    const View<int> slice = whole.from_channel(4);
    CHECK(slice.pixel == 10);
    CHECK(slice.data[0] == 4);
    CHECK(slice.data[2 * slice.pixel + 1] == 25);
    CHECK(slice.from_channel(3).data[slice.pixel] == 17);
    const View<const int> constant = slice;
    CHECK(constant.data == slice.data);
    CHECK(constant.pixel == 10);
    CHECK(constant.from_channel(1).data[0] == 5);
}
