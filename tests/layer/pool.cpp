// SPDX-License-Identifier: Apache-2.0
// pool: shapes and values of pools.
#include <doctest/doctest.h>

#include <collab/layer/pool.hpp>

#include "run.hpp"

using namespace collab;
using namespace collab::trial;

TEST_CASE("pools tile the map unless they are told otherwise") {
    CHECK(output_of<MaxPool<2>, Shape<5, 32, 31>> == Dims{5, 16, 15});
    CHECK(output_of<MaxPool<2, CeilMode>, Shape<5, 32, 31>> == Dims{5, 16, 16});
    CHECK(output_of<MaxPool<3, Stride<2>, Pad<1>>, Shape<5, 112, 112>> == Dims{5, 56, 56});
    CHECK(output_of<MaxPool<3, Stride<2>, CeilMode>, Shape<5, 112, 112>> == Dims{5, 56, 56});
    CHECK(output_of<MaxPool<3, Stride<1>, Pad<1>>, Shape<5, 7, 7>> == Dims{5, 7, 7});
    CHECK(output_of<AvgPool<0, Kernel<2, 3>>, Shape<5, 6, 6>> == Dims{5, 3, 2});
    // no window begins in the padding behind
    CHECK(output_of<AvgPool<2, Stride<3>, Pad<1>, CeilMode>, Shape<1, 4, 4>> == Dims{1, 2, 2});
    CHECK(output_of<AdaptiveAvgPool<4>, Shape<64, 8, 8>> == Dims{64, 4, 4});
    CHECK(output_of<AdaptiveAvgPool<2, 3>, Shape<64, 1, 1>> == Dims{64, 2, 3});
    CHECK(output_of<GlobalAvgPool, Shape<64, 8, 5>> == Dims{64, 1, 1});
    CHECK_FALSE(Accepts<MaxPool<3>, Shape<1, 2, 3>>);
    CHECK(Accepts<MaxPool<3, Pad<1>>, Shape<1, 1, 1>>);
}

TEST_CASE("pools take the largest or the mean value of each window") {
    const Numbers x{1, 2, 3, 4, 5, 6, 7, 8, 9};
    CHECK(run<MaxPool<2>, Shape<1, 3, 3>>(x) == Numbers{5});
    CHECK(run<MaxPool<2, CeilMode>, Shape<1, 3, 3>>(x) == Numbers{5, 6, 8, 9});
    CHECK(run<MaxPool<2, Stride<1>>, Shape<1, 3, 3>>(x) == Numbers{5, 6, 8, 9});
    CHECK(run<MaxPool<2>, Shape<2, 2, 2>>({1, -1, 2, -2, 3, -3, 4, -4}) == Numbers{4, -1});
    // padding is never the largest
    CHECK(run<MaxPool<3, Pad<1>, Stride<2>>, Shape<1, 3, 3>>(
              {-1, -2, -3, -4, -5, -6, -7, -8, -9}) == Numbers{-1, -2, -4, -5});
    CHECK(run<AvgPool<2, Stride<1>>, Shape<1, 3, 3>>(x) == Numbers{3, 4, 6, 7});
    CHECK(run<AvgPool<2, Pad<1>>, Shape<1, 3, 3>>(x) == Numbers{0.25, 1.25, 2.75, 7});
    CHECK(run<AvgPool<2, Pad<1>, ExcludePadding>, Shape<1, 3, 3>>(x) == Numbers{1, 2.5, 5.5, 7});
    CHECK(run<AdaptiveAvgPool<2>, Shape<1, 3, 3>>(x) == Numbers{3, 4, 6, 7});
    CHECK(run<AdaptiveAvgPool<1, 3>, Shape<1, 3, 3>>(x) == Numbers{4, 5, 6});
    CHECK(run<AdaptiveAvgPool<2>, Shape<1, 1, 1>>({7}) == Numbers{7, 7, 7, 7});
    CHECK(run<GlobalAvgPool, Shape<2, 1, 2>>({1, 10, 3, 30}) == Numbers{2, 20});
}

TEST_CASE("pools describe themselves as one would write them") {
    CHECK(MaxPool<2>::describe() == "MaxPool<2>");
    CHECK(MaxPool<3, Stride<2>, Pad<1>, CeilMode>::describe() ==
          "MaxPool<3, Stride<2>, Pad<1>, CeilMode>");
    CHECK(AvgPool<3, ExcludePadding>::describe() == "AvgPool<3, ExcludePadding>");
    CHECK(AdaptiveAvgPool<2, 3>::describe() == "AdaptiveAvgPool<2, 3>");
    CHECK(GlobalAvgPool::describe() == "GlobalAvgPool");
}
