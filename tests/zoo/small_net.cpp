// SPDX-License-Identifier: Apache-2.0
// small_net: the parameters and cuts of the paper's small network.
#include <doctest/doctest.h>

#include <concepts>

#include <collab/model/concepts.hpp>
#include <collab/zoo/small_net.hpp>

using namespace collab;

namespace {
template <class N>
constexpr int parameters = bound<N>::footprint.parameters;

static_assert(parameters<zoo::SmallNet<>> == 551018);
static_assert(parameters<zoo::SmallNet<Shape<3, 32, 32>, 100>> == 562628);
static_assert(parameters<zoo::SmallNet<Shape<3, 32, 32>, 10, 4>> == 938986);
static_assert(parameters<zoo::SmallNet<Shape<3, 32, 32>, 100, 4>> == 950596);
static_assert(parameters<zoo::SmallNet<Shape<1, 32, 32>>> == 551018 - 2 * 9 * 32);
}  // namespace

TEST_CASE("the small network can be cut after each stage") {
    CHECK(std::same_as<feature_at<zoo::SmallNet<>, zoo::conv1_x>, Shape<32, 16, 16>>);
    CHECK(std::same_as<feature_at<zoo::SmallNet<>, mutual>, Shape<64, 8, 8>>);
    CHECK(std::same_as<feature_at<zoo::SmallNet<>, zoo::conv3_x>, Shape<128, 4, 4>>);
    CHECK(std::same_as<feature_at<zoo::SmallNet<>, zoo::fc1>, Shape<128>>);
    CHECK(std::same_as<bound<zoo::SmallNet<>>::Output, Shape<10>>);
    CHECK(Network<zoo::SmallNet<Shape<3, 64, 64>>>);
    CHECK_FALSE(Network<zoo::SmallNet<Shape<3, 4, 4>>>);
}
