// SPDX-License-Identifier: Apache-2.0
// resnet: the parameters, shapes and work of residual networks for small images.
#include <doctest/doctest.h>

#include <concepts>

#include <collab/model/concepts.hpp>
#include <collab/zoo/resnet.hpp>

using namespace collab;

namespace {
using Image = Shape<3, 32, 32>;
template <int Depth, int Classes, class Shortcuts>
constexpr int parameters =
    bound<zoo::ResNet<Depth, Image, Classes, Shortcuts>>::footprint.parameters;
using zoo::OptionA;
using zoo::OptionB;

static_assert(parameters<20, 10, OptionA> == 269722);
static_assert(parameters<20, 10, OptionB> == 272474);
static_assert(parameters<20, 100, OptionA> == 275572);
static_assert(parameters<20, 100, OptionB> == 278324);
static_assert(parameters<32, 10, OptionA> == 464154);
static_assert(parameters<32, 10, OptionB> == 466906);
static_assert(parameters<32, 100, OptionA> == 470004);
static_assert(parameters<32, 100, OptionB> == 472756);
static_assert(parameters<56, 10, OptionA> == 853018);
static_assert(parameters<56, 10, OptionB> == 855770);
static_assert(parameters<56, 100, OptionA> == 858868);
static_assert(parameters<56, 100, OptionB> == 861620);
static_assert(parameters<110, 10, OptionA> == 1727962);
static_assert(parameters<110, 10, OptionB> == 1730714);
static_assert(parameters<110, 100, OptionA> == 1733812);
static_assert(parameters<110, 100, OptionB> == 1736564);
}  // namespace

TEST_CASE("residual networks can be cut after each stage") {
    using N = zoo::ResNet<32>;
    CHECK(std::same_as<feature_at<N, zoo::conv1_x>, Shape<16, 32, 32>>);
    CHECK(std::same_as<feature_at<N, mutual>, Shape<32, 16, 16>>);
    CHECK(std::same_as<feature_at<N, zoo::conv3_x>, Shape<64, 8, 8>>);
    CHECK(std::same_as<bound<N>::Output, Shape<10>>);
}

TEST_CASE("the work of ResNet-20 is the known one") {
    // 40.55 million multiplications with additions, option A: 3x3 convolutions 442,368 + 14,155,776
    // + 12,976,128 + 12,976,128, and 640.
    CHECK(bound<zoo::ResNet<20>>::table.multiply_adds ==
          442368 + 14155776 + 12976128 + 12976128 + 640);
}
