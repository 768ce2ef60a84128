// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/color_jitter.hpp>
#include <collab/data/transforms.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {

Bytes changed(Bytes pixels, Dims dims, const ColorJitter& jitter, Random random) {
    std::vector<float> scratch(pixels.size());
    detail::change_colors(pixels.data(), dims, jitter, random, scratch.data());
    return pixels;
}
double luma(const std::uint8_t* p) {
    return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}
const Dims dims{3, 1, 2};
const Bytes some{200, 100, 50, 40, 80, 60};

}  // namespace

TEST_CASE("brightness multiplies all values by a factor within its spread") {
    double least = 10;
    double most = 0;
    for (int i = 0; i < 500; ++i) {
        const Bytes got =
            changed({100, 50, 20}, {3, 1, 1}, {.brightness = 0.5}, sample_random(1, 0, i));
        const double factor = got[0] / 100.0;
        CHECK(std::abs(got[1] - 50 * factor) < 1);
        CHECK(std::abs(got[2] - 20 * factor) < 1);
        least = std::min(least, factor);
        most = std::max(most, factor);
    }
    CHECK((least > 0.495 && least < 0.52));
    CHECK((most < 1.505 && most > 1.48));
    // factors of 0 to 3
    for (int i = 0; i < 100; ++i)
        CHECK(changed({255}, {1, 1, 1}, {.brightness = 2}, sample_random(1, 0, i))[0] <= 255);
}

TEST_CASE("contrast keeps the mean gray, saturation the gray of each pixel") {
    std::set<int> contrasts, saturations;
    for (int i = 0; i < 200; ++i) {
        const Bytes c = changed(some, dims, {.contrast = 0.3}, sample_random(1, 0, i));
        CHECK(std::abs(luma(c.data()) + luma(c.data() + 3) - luma(some.data()) -
                       luma(some.data() + 3)) < 1.5);
        contrasts.insert(c[0] - c[3]);
        const Bytes s = changed(some, dims, {.saturation = 0.3}, sample_random(1, 0, i));
        CHECK(std::abs(luma(s.data()) - luma(some.data())) < 0.8);
        CHECK(std::abs(luma(s.data() + 3) - luma(some.data() + 3)) < 0.8);
        saturations.insert(s[0] - s[2]);
    }
    // 160 +- 30 %
    CHECK((*contrasts.begin() < 125 && *contrasts.begin() >= 111 && *contrasts.rbegin() > 195 &&
           *contrasts.rbegin() <= 209));
    // 150 +- 30 %
    CHECK((*saturations.begin() < 115 && *saturations.begin() >= 104 &&
           *saturations.rbegin() > 185 && *saturations.rbegin() <= 196));
}

TEST_CASE("a turn of the hue by a third exchanges the channels, a small one keeps the largest and "
          "the smallest value") {
    float p[3] = {0.8f, 0.4f, 0.2f};
    detail::turn_hue(p, 1 / 3.f);
    CHECK(p[0] == doctest::Approx(0.2));
    CHECK(p[1] == doctest::Approx(0.8));
    CHECK(p[2] == doctest::Approx(0.4));
    detail::turn_hue(p, -1 / 3.f);
    CHECK(p[0] == doctest::Approx(0.8));
    CHECK(p[1] == doctest::Approx(0.4));
    detail::turn_hue(p, 0.5f);  // the complement
    CHECK(p[0] == doctest::Approx(0.2));
    CHECK(p[1] == doctest::Approx(0.6));
    CHECK(p[2] == doctest::Approx(0.8));
    float gray[3] = {0.5f, 0.5f, 0.5f};
    detail::turn_hue(gray, 0.3f);
    CHECK((gray[0] == 0.5f && gray[1] == 0.5f && gray[2] == 0.5f));
    for (int i = 0; i < 100; ++i) {
        const Bytes h = changed(some, dims, {.hue = 0.2}, sample_random(1, 0, i));
        CHECK(std::max({h[0], h[1], h[2]}) == 200);
        CHECK(std::min({h[0], h[1], h[2]}) == 50);
    }
}

TEST_CASE("a transform changes colors in training only, the same way for the same generator") {
    const Images images = synthetic_images({3, 8, 8}, 2, 4, 1);
    const Transform plain{};
    const Transform colorful{
        .color = {.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1}};
    const auto applied = [&](const Transform& t, int epoch, bool training) {
        std::vector<float> out(192);
        t.apply(images, 1, sample_random(1, epoch, 1), training, out.data());
        return out;
    };
    CHECK(applied(colorful, 0, false) == applied(plain, 0, false));
    CHECK(applied(colorful, 0, true) == applied(colorful, 0, true));
    CHECK(applied(colorful, 0, true) != applied(colorful, 1, true));
    CHECK(applied(colorful, 0, true) != applied(plain, 0, true));
    // Where nothing is to be seen of it, the way through bytes gives what the direct one does.
    CHECK(
        applied({.crop_padding = 1,
                 .flip = true,
                 .color = {.brightness = 1e-9},
                 .normalize = {{0.5, 0.4, 0.3}, {0.2, 0.3, 0.4}}},
                3, true) ==
        applied({.crop_padding = 1, .flip = true, .normalize = {{0.5, 0.4, 0.3}, {0.2, 0.3, 0.4}}},
                3, true));
    const auto error = [](const Transform& t, Dims d = {3, 8, 8}) {
        return error_of([&] { t.dims(d); });
    };
    CHECK(has(error({.color = {.hue = 0.6}}), "color.hue = 0.6; expected 0 to 0.5"));
    CHECK(has(error({.color = {.contrast = -1}}), "color has a spread of -1"));
    CHECK(has(error({.color = {.saturation = 0.5}}, {1, 8, 8}),
              "need pictures of 3 channels, not of 1"));
    CHECK(error({.color = {.brightness = 0.5, .contrast = 0.5}}, {1, 8, 8}).empty());
}

TEST_CASE(
    "a cut-out is a square of zeros around a pixel that the generator gives, in training only") {
    const Images images = synthetic_images({2, 9, 9}, 2, 1, 1);
    // so that no pixel is 0 by itself
    const Transform transform{.normalize = {{2, 2}, {1, 1}}, .cutout = 4};
    std::set<int> sizes;
    for (int i = 0; i < 300; ++i) {
        const Random random = sample_random(4, 0, i);
        std::vector<float> out(162);
        transform.apply(images, 0, random, true, out.data());
        const int top = int(below(random(1).w[0], 9)) - 2;
        const int left = int(below(random(1).w[1], 9)) - 2;
        int wrong = 0;
        int zeros = 0;
        for (int y = 0; y < 9; ++y)
            for (int x = 0; x < 9; ++x)
                for (int c = 0; c < 2; ++c) {
                    const bool zero = out[static_cast<std::size_t>((y * 9 + x) * 2 + c)] == 0;
                    wrong += zero != (y >= top && y < top + 4 && x >= left && x < left + 4);
                    zeros += zero;
                }
        CHECK(wrong == 0);
        sizes.insert(zeros);
        transform.apply(images, 0, random, false, out.data());
        CHECK(std::count(out.begin(), out.end(), 0.0f) == 0);
    }
    CHECK(*sizes.begin() == 8);  // 2 x 2 pixels in a corner
    CHECK(*sizes.rbegin() == 32);
    CHECK(has(error_of([] { Transform{.cutout = -1}.dims({1, 4, 4}); }),
              "cutout = -1; expected 0 to 65536"));
}
