// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/resize.hpp>
#include <collab/data/transforms.hpp>

#include "temporary.hpp"

using namespace collab;
using detail::PictureWindow;

namespace {

Images noise(Dims dims, int n = 1) {
    return synthetic_images(dims, 1, n, 5);
}
Bytes resized(const Images& images, const PictureWindow& window, int height, int width) {
    Bytes out(static_cast<std::size_t>(height * width * images.dims.channels));
    detail::ResizeScratch scratch;
    detail::resize(images.image(0), images.dims, window, height, width, out.data(), scratch);
    return out;
}
PictureWindow whole(Dims d) {
    return {0, 0, double(d.height), double(d.width)};
}

/// The definition, pixel by pixel in double: every input pixel that the window touches, weighted by
/// a triangle in each direction.
double defined(const Images& images, const PictureWindow& w, int height, int width, int y, int x,
               int c) {
    const double sy = w.height / height;
    const double sx = w.width / width;
    const double ry = std::max(1.0, sy);
    const double rx = std::max(1.0, sx);
    const double cy = w.top + (y + 0.5) * sy - 0.5;
    const double cx = w.left + (x + 0.5) * sx - 0.5;
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < images.dims.height; ++i)
        for (int j = 0; j < images.dims.width; ++j) {
            if (i + 1 <= w.top || i >= w.top + w.height || j + 1 <= w.left || j >= w.left + w.width)
                continue;
            const double weight =
                std::max(0.0, 1 - std::abs(i - cy) / ry) * std::max(0.0, 1 - std::abs(j - cx) / rx);
            sum += weight * images.image(0)[(i * images.dims.width + j) * images.dims.channels + c];
            weights += weight;
        }
    return sum / weights;
}
void agrees(const Images& images, const PictureWindow& w, int height, int width) {
    const Bytes got = resized(images, w, height, width);
    double worst = 0;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < images.dims.channels; ++c)
                worst = std::max(
                    worst,
                    std::abs(
                        got[static_cast<std::size_t>((y * width + x) * images.dims.channels + c)] -
                        defined(images, w, height, width, y, x, c)));
    CHECK_MESSAGE(worst < 0.501, height, " x ", width, " of ", w.height, " x ", w.width);
}

}  // namespace

TEST_CASE("a picture resized to its own size is itself") {
    for (const Dims d : {Dims{3, 7, 5}, Dims{1, 4, 9}, Dims{2, 1, 1}}) {
        const Images images = noise(d);
        CHECK(resized(images, whole(d), d.height, d.width) == images.pixels);
    }
}

TEST_CASE(
    "half the size is made of triangles over four pixels, twice the size of lines between two") {
    const Images ramp{Dims{1, 1, 4}, 1, {0, 40, 80, 120}, {0}, "ramp", {}};
    CHECK(resized(ramp, whole(ramp.dims), 1, 8) == Bytes{0, 10, 30, 50, 70, 90, 110, 120});
    // Centers 0.5 and 2.5; weights 3/4 and 1/4 over 2, of which those outside of the picture are
    // left out: 3 3 1 of 7.
    CHECK(resized(ramp, whole(ramp.dims), 1, 2) == Bytes{29, 91});
}

TEST_CASE("windows of any place and extent agree with the definition") {
    for (const Dims d : {Dims{3, 40, 31}, Dims{1, 17, 50}, Dims{4, 9, 9}}) {
        const Images images = noise(d);
        for (const auto& [h, w] :
             {std::pair{16, 16}, std::pair{5, 60}, std::pair{1, 1}, std::pair{80, 3}}) {
            agrees(images, whole(d), h, w);
            agrees(images, {3, 2, 5, 7}, h, w);
            agrees(images, {2.25, 0.5, 6.5, 8}, h, w);
            agrees(images, {double(d.height) - 1, double(d.width) - 1, 1, 1}, h, w);
        }
    }
}

TEST_CASE("random parts lie in the picture, have areas and shapes within their bounds, and reach "
          "all of it") {
    for (const Dims d : {Dims{3, 300, 400}, Dims{3, 32, 32}, Dims{1, 500, 120}}) {
        double least = 1;
        double most = 0;
        double flattest = 10;
        double tallest = 0;
        double mean_area = 0;
        bool top = false;
        bool bottom = false;
        for (int i = 0; i < 2000; ++i) {
            const PictureWindow w = detail::random_window(d, 0.25, sample_random(1, 0, i));
            REQUIRE((w.top >= 0 && w.left >= 0 && w.height >= 1 && w.width >= 1 &&
                     w.top + w.height <= d.height && w.left + w.width <= d.width));
            CHECK(w.top == std::floor(w.top));
            const double area = w.height * w.width / d.area();
            const double ratio = w.width / w.height;
            least = std::min(least, area);
            most = std::max(most, area);
            flattest = std::min(flattest, ratio);
            tallest = std::max(tallest, ratio);
            mean_area += area / 2000;
            top = top || w.top == 0;
            bottom = bottom || w.top + w.height == d.height;
        }
        CHECK(flattest > 0.72);
        CHECK(tallest < 1.39);
        CHECK(most > (d.height == 500 ? 0.3 : 0.9));
        CHECK(least > 0.22);
        CHECK(least < 0.3);
        if (d.height != 500)
            CHECK((top && bottom));  // there, most do not fit and are central
        // even from 0.25 to 1, the largest a little rarer
        if (d.height != 500)
            CHECK((mean_area > 0.5 && mean_area < 0.65));
    }
    // nothing fits: 3 : 4 in the middle
    const PictureWindow narrow = detail::random_window({1, 100, 10}, 1, sample_random(1, 0, 0));
    CHECK((narrow.width == 10 && narrow.height == 13 && narrow.left == 0 && narrow.top == 43));
}

TEST_CASE("outside training the shorter side is scaled and the central square taken") {
    const detail::PictureWindow w = detail::central_window({3, 300, 400}, 224, 256);
    CHECK(w.height == doctest::Approx(262.5));
    CHECK(w.width == doctest::Approx(262.5));
    CHECK(w.top == doctest::Approx(18.75));
    CHECK(w.left == doctest::Approx(68.75));
}

TEST_CASE("a transform resizes pictures of one size and of any") {
    CHECK(Transform{.resize = 20}.dims({3, 40, 60}) == Dims{3, 20, 30});
    CHECK(Transform{.resize = 20}.dims({3, 61, 40}) == Dims{3, 31, 20});
    CHECK(Transform{.resize = 20, .crop = 16}.dims({3, 40, 60}) == Dims{3, 16, 16});
    CHECK(Transform{.resized_crop = 24, .pad = 4}.dims({3, 40, 60}) == Dims{3, 32, 32});
    CHECK(Transform{.resized_crop = 24, .pad = 4}.dims_of_any(3) == Dims{3, 32, 32});
    CHECK(Transform{.resize = 20, .crop = 16}.dims_of_any(3) == Dims{3, 16, 16});
    CHECK(has(error_of([] { Transform{.resize = 20}.dims_of_any(3); }),
              "pictures of different sizes come out in different sizes"));
    CHECK(has(error_of([] { Transform{.resize = 20, .crop = 24}.dims_of_any(3); }),
              "crop = 24 is larger than the padded picture of 20 x 20"));
    CHECK(has(error_of([] { Transform{.resize = 60000}.dims({1, 10, 100}); }),
              "pixels longer than 65536"));
    CHECK(has(error_of([] { Transform{.resize = 20, .resized_crop = 24}.dims({3, 40, 60}); }),
              "resize = 20 is smaller than resized_crop = 24"));
    CHECK(has(error_of([] { Transform{.min_area = 0}.dims({3, 40, 60}); }), "min_area = 0"));

    const Augmenter augmenter = Augmenter::of_any_size({.resized_crop = 12}, 3);
    for (const Dims d : {Dims{3, 40, 60}, Dims{3, 5, 90}, Dims{3, 12, 12}}) {
        const Images images = noise(d);
        std::vector<float> random(432);
        std::vector<float> again(432);
        std::vector<float> central(432);
        augmenter.apply(images, 0, sample_random(1, 0, 0), true, random.data());
        augmenter.apply(images, 0, sample_random(1, 0, 0), true, again.data());
        CHECK(random == again);
        const PictureWindow w = detail::random_window(d, 0.08, sample_random(1, 0, 0).child(1));
        const Bytes expected = resized(images, w, 12, 12);
        int wrong = 0;
        for (std::size_t i = 0; i < 432; ++i)
            wrong += int(255 * random[i] + 0.5f) != expected[i];
        CHECK(wrong == 0);
        augmenter.apply(images, 0, sample_random(1, 0, 0), false, central.data());
        // 12 * 8 / 7 = 13.7
        const Bytes middle = resized(images, detail::central_window(d, 12, 14), 12, 12);
        for (std::size_t i = 0; i < 432; ++i)
            wrong += int(255 * central[i] + 0.5f) != middle[i];
        CHECK(wrong == 0);
    }
    const Augmenter crops = Augmenter::of_any_size({.crop = 12}, 3);
    std::vector<float> out(432);
    const Images small = noise({3, 11, 40});
    CHECK(error_of([&] { crops.apply(small, 0, {}, true, out.data()); }) ==
          "synthetic: a picture of 11 x 40 is too small for a crop of 12 x 12; .resize makes it "
          "larger");
    CHECK(has(error_of([&] { crops.apply(noise({1, 20, 40}), 0, {}, true, out.data()); }),
              "the transform was made for 3 x "));
}
