// SPDX-License-Identifier: Apache-2.0
// mobilenet: the parameters and cuts of MobileNet v1.
#include <doctest/doctest.h>

#include <collab/model/concepts.hpp>
#include <collab/zoo/mobilenet.hpp>

using namespace collab;

namespace {
template <class N>
constexpr int parameters = bound<N>::footprint.parameters;

static_assert(parameters<zoo::MobileNet<>> == 3217226);
static_assert(parameters<zoo::MobileNet<Shape<3, 32, 32>, 100>> == 3309476);
static_assert(parameters<zoo::ImageNetMobileNet<>> == 4231976);

template <class N, class Tag, int C, int H>
constexpr bool cut_at = std::same_as<feature_at<N, Tag>, Shape<C, H, H>>;
}  // namespace

TEST_CASE("MobileNet for small images can be cut after each stage") {
    using N = zoo::MobileNet<>;
    CHECK(cut_at<N, zoo::conv1_x, 64, 32>);
    CHECK(cut_at<N, mutual, 128, 16>);
    CHECK(cut_at<N, zoo::conv3_x, 256, 8>);
    CHECK(cut_at<N, zoo::conv4_x, 512, 4>);
    CHECK(cut_at<N, zoo::conv5_x, 1024, 2>);
    CHECK(std::same_as<bound<N>::Output, Shape<10>>);
}

TEST_CASE("MobileNet for large images can be cut after each stage") {
    using N = zoo::ImageNetMobileNet<>;
    CHECK(cut_at<N, zoo::conv1_x, 64, 112>);
    CHECK(cut_at<N, zoo::conv2_x, 128, 56>);
    CHECK(cut_at<N, zoo::conv3_x, 256, 28>);
    CHECK(cut_at<N, mutual, 512, 14>);
    CHECK(cut_at<N, zoo::conv5_x, 1024, 7>);
    CHECK(std::same_as<bound<N>::Output, Shape<1000>>);
}

TEST_CASE("the work of MobileNet for large images is the published one") {
    // Table 8 of the paper: 569 million
    CHECK(bound<zoo::ImageNetMobileNet<>>::table.multiply_adds == 568740352);
}
