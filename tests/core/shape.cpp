// SPDX-License-Identifier: Apache-2.0
// shape: extents as values and as types.
#include <collab/core/shape.hpp>

#include <doctest/doctest.h>

namespace {

using namespace collab;

static_assert(Dims{3, 32, 16}.size() == 1536 && Dims{3, 32, 16}.area() == 512);
static_assert(Dims{}.size() == 1);
static_assert(Dims{10, 1, 1} == Dims{10});
static_assert(Dims{3, 4, 5} != Dims{3, 5, 4});
static_assert(Shape<3, 4, 5>::dims == Dims{3, 4, 5});
static_assert(Shape<7>::dims == Dims{7, 1, 1});

constexpr int channels(Dims d) {
    return d.channels;
}
static_assert(channels(Shape<9, 2, 2>{}) == 9);  // a shape is a value where one is asked for

static_assert(StaticShape<Shape<1>> && StaticShape<Shape<3, 32, 32>>);
static_assert(!StaticShape<Shape<0, 2, 2>> && !StaticShape<Shape<3, 0, 2>> &&
              !StaticShape<Shape<3, 2, -1>>);
static_assert(!StaticShape<Dims> && !StaticShape<int>);

struct Own {
    static constexpr Dims dims{3, 8, 8};
};
static_assert(StaticShape<Own> && SameShape<Own, Shape<3, 8, 8>>);  // any type with dims is one
static_assert(!SameShape<Own, Shape<3, 8, 9>> && !SameShape<Own, int>);

}  // namespace

TEST_CASE("a shape and its extents agree") {
    const Dims d = Shape<16, 8, 4>{};
    CHECK(d.channels == 16);
    CHECK(d.height == 8);
    CHECK(d.width == 4);
    CHECK(d.size() == 512);
    CHECK(d.area() == 32);
}
