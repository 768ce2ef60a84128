// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/cpu_features.hpp>

#include <doctest/doctest.h>

#include <string>

using collab::backend::detail::CpuFeature;
using collab::backend::detail::first_missing;

TEST_CASE("the first instructions that are compiled in and missing are named") {
    const CpuFeature fine[] = {{"A", true, true}, {"B", false, false}, {"C", false, true}};
    CHECK(first_missing(fine) == nullptr);
    const CpuFeature poor[] = {
        {"A", true, true}, {"B", false, false}, {"C", true, false}, {"D", true, false}};
    REQUIRE(first_missing(poor) != nullptr);
    CHECK(std::string(first_missing(poor)) == "C");
    // or this test would not have begun
    CHECK(collab::backend::detail::missing_instructions() == nullptr);
}
