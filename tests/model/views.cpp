// SPDX-License-Identifier: Apache-2.0
// views: pictures mirrored and moved by hand, and means of what a network says of them.
#include <doctest/doctest.h>

#include <collab/backend/reference/reference.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/sequential.hpp>
#include <collab/model/views.hpp>

#include "data/temporary.hpp"

using namespace collab;

namespace {
struct Lines : Sequential<Shape<1, 4, 4>, Flatten, Linear<3>> {};
Images counting() {
    Images images = synthetic_images({1, 4, 4}, 3, 9, 1);
    for (std::size_t i = 0; i < 16; ++i)
        images.pixels[i] = std::uint8_t(10 * (i / 4) + i % 4);
    return images;
}
std::vector<int> first(const Images& images, int row) {
    return {images.pixels.begin() + 4 * row, images.pixels.begin() + 4 * row + 4};
}
}  // namespace

TEST_CASE("a view is mirrored, and moved with its edge reflected") {
    const Images images = counting();
    CHECK(viewed(images, {}).pixels == images.pixels);
    CHECK(first(viewed(images, {.mirrored = true}), 1) == std::vector<int>{13, 12, 11, 10});
    CHECK(first(viewed(images, {.right = 1}), 0) == std::vector<int>{1, 0, 1, 2});
    CHECK(first(viewed(images, {.right = -2}), 0) == std::vector<int>{2, 3, 2, 1});
    CHECK(first(viewed(images, {.down = 1}), 0) == std::vector<int>{10, 11, 12, 13});
    CHECK(first(viewed(images, {.down = 1}), 1) == std::vector<int>{0, 1, 2, 3});
    CHECK(first(viewed(images, {.mirrored = true, .right = 1}), 0) == std::vector<int>{2, 3, 2, 1});
}

TEST_CASE("predictions over views are the mean of those of each") {
    const Images images = counting();
    Model<Lines, Reference<double>> model(4);
    const auto a = model.predict(images);
    const auto b = model.predict(viewed(images, {.mirrored = true}));
    const auto c = model.predict(viewed(images, {.down = 1, .right = -1}));
    const auto two = predict_views(model, images);
    const auto three =
        predict_views(model, images, {{}, {.mirrored = true}, {.down = 1, .right = -1}});
    REQUIRE(two.size() == 27);
    for (std::size_t i = 0; i < 27; ++i) {
        CHECK(two[i] == doctest::Approx((a[i] + b[i]) / 2));
        CHECK(three[i] == doctest::Approx((a[i] + b[i] + c[i]) / 3));
    }
    CHECK(a != b);
    CHECK(accuracy_views(model, images, {{}}) == doctest::Approx(model.accuracy(images)));
    int right = 0;
    for (int i = 0; i < 9; ++i) {
        const auto z = two.begin() + 3 * i;
        right += std::max_element(z, z + 3) - z == images.labels[std::size_t(i)];
    }
    CHECK(accuracy_views(model, images) == doctest::Approx(right / 9.0));
    CHECK(error_of([&] { predict_views(model, images, {}); }) ==
          "predictions over views: there are none; expected at least one");
    CHECK(error_of([&] { accuracy_views(model, one_hot(images)); }) ==
          "synthetic: its targets are values; an accuracy needs class numbers");
}
