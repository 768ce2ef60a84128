// SPDX-License-Identifier: Apache-2.0
// choose: the bits of one number or the other.
#include <collab/backend/choose.hpp>

#include <bit>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

using collab::detail::choose;

TEST_CASE("choose gives the bits of its first number where the condition holds, else its second") {
    CHECK(choose<float>(true, 1.5f, 2.f) == 1.5f);
    CHECK(choose<float>(false, 1.5f, 2.f) == 2.f);
    CHECK(choose<double>(true, 1.5, 2.) == 1.5);
    CHECK(choose<double>(false, 1.5, 2.) == 2.);
    CHECK(choose<int>(true, 3, 4) == 3);
    const float nan = std::bit_cast<float>(0x7fc12345u);
    CHECK(std::bit_cast<std::uint32_t>(choose<float>(true, nan, 1.f)) == 0x7fc12345u);
    CHECK(std::bit_cast<std::uint32_t>(choose<float>(false, 1.f, -0.f)) == 0x80000000u);
    CHECK(choose<float>(false, nan, std::numeric_limits<float>::infinity()) ==
          std::numeric_limits<float>::infinity());
    static_assert(choose<float>(2.f > 1.f, 1.f, 0.f) == 1.f);
}
