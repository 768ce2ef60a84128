// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/transforms.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {

/// Pictures of height x width; the first counts 1, 2, 3, ... pixel by pixel and channel by channel.
Images counting(int channels, int height, int width, int n = 1) {
    Images images{Dims{channels, height, width},
                  1,
                  {},
                  std::vector<int>(static_cast<std::size_t>(n)),
                  "counting",
                  {}};
    for (int i = 0; i < n * images.dims.size(); ++i)
        images.pixels.push_back(static_cast<std::uint8_t>(i + 1));
    return images;
}
/// The result as bytes, where nothing was normalized.
std::vector<int> applied(const Transform& transform, const Images& images, Random random = {},
                         bool training = false, int index = 0) {
    std::vector<float> out(static_cast<std::size_t>(transform.dims(images.dims).size()), -1.0f);
    transform.apply(images, index, random, training, out.data());
    std::vector<int> bytes;
    for (const float v : out)
        bytes.push_back(static_cast<int>(v * 255 + 0.5f));
    return bytes;
}

}  // namespace

TEST_CASE("without options a picture is scaled to between 0 and 1") {
    const Images images = counting(2, 2, 2, 2);
    std::vector<float> out(8);
    Transform{}.apply(images, 1, {}, true, out.data());
    for (std::size_t i = 0; i < 8; ++i)
        CHECK(out[i] == static_cast<float>((static_cast<double>(i) + 9) / 255));
}

TEST_CASE("padding puts black around a picture") {
    CHECK(Transform{.pad = 2}.dims({1, 28, 28}) == Dims{1, 32, 32});
    CHECK(applied({.pad = 1}, counting(1, 2, 2)) ==
          std::vector<int>{0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0});
    CHECK(applied({.pad = 1}, counting(2, 1, 2), {}, true) ==
          std::vector<int>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("normalization is (value - mean) / stddev in each channel, and added black is "
          "normalized too") {
    const Images images{Dims{2, 1, 1}, 1, {51, 255}, {0}, "two channels", {}};
    const Transform transform{.pad = 1, .normalize = {{0.1, 0.5}, {0.5, 0.25}}};
    std::vector<float> out(18);
    transform.apply(images, 0, {}, false, out.data());
    for (std::size_t p = 0; p < 9; ++p) {
        CHECK(out[2 * p] == doctest::Approx(p == 4 ? 0.2 : -0.2));
        CHECK(out[2 * p + 1] == doctest::Approx(p == 4 ? 2.0 : -2.0));
    }
}

TEST_CASE("outside training a crop is central and nothing is flipped") {
    const Images images = counting(1, 4, 4);
    CHECK(applied({.crop = 2, .flip = true}, images) == std::vector<int>{6, 7, 10, 11});
    CHECK(applied({.crop_padding = 3, .flip = true}, images) == applied({}, images));
    CHECK(applied({.pad = 1, .crop_padding = 2}, images) == applied({.pad = 1}, images));
    CHECK(applied({.crop_padding = 1, .crop = 6}, images) == applied({.pad = 1}, images));
}

TEST_CASE(
    "random crops are windows of the padded picture at the offsets that the generator gives") {
    const Images images = counting(1, 3, 3);
    const std::vector<int> padded = applied({.pad = 1}, images);  // 5 x 5
    std::map<std::pair<int, int>, int> seen;
    for (int i = 0; i < 900; ++i) {
        const Random random = sample_random(1, 0, i);
        const int top = static_cast<int>(below(random(0).w[0], 3));
        const int left = static_cast<int>(below(random(0).w[1], 3));
        std::vector<int> window;
        for (int y = 0; y < 3; ++y)
            for (int x = 0; x < 3; ++x)
                window.push_back(padded[static_cast<std::size_t>((top + y) * 5 + left + x)]);
        CHECK(applied({.crop_padding = 1}, images, random, true) == window);
        ++seen[{top, left}];
    }
    CHECK(seen.size() == 9);
    // 100 expected, stddev 9.4
    for (const auto& [offset, times] : seen)
        CHECK((times > 60 && times < 145));
}

TEST_CASE("a flip exchanges left and right, keeps channels, and happens half the time") {
    const Images images = counting(2, 2, 3);
    const std::vector<int> straight = applied({}, images);
    const std::vector<int> mirrored{5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8};
    int flips = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::vector<int> got = applied({.flip = true}, images, sample_random(1, 0, i), true);
        CHECK((got == straight || got == mirrored));
        flips += got == mirrored;
    }
    CHECK((flips > 420 && flips < 580));
}

namespace {
/// The mirror image of a picture of `size` by `size` pixels.
std::vector<int> mirrored_picture(const std::vector<int>& picture, int size, int channels) {
    std::vector<int> turned;
    for (int y = 0; y < size; ++y)
        for (int x = size - 1; x >= 0; --x)
            for (int c = 0; c < channels; ++c)
                turned.push_back(picture[static_cast<std::size_t>((y * size + x) * channels + c)]);
    return turned;
}
}  // namespace

TEST_CASE("a flipped crop is the mirror image of the crop") {
    for (const int channels : {1, 2, 3}) {
        const Images images = counting(channels, 5, 4);
        int mirrored = 0;
        for (int i = 0; i < 200; ++i) {
            const Random random = sample_random(3, 1, i);
            const Transform crop{.crop_padding = 2, .crop = 3};
            const Transform both{.crop_padding = 2, .crop = 3, .flip = true};
            const std::vector<int> plain = applied(crop, images, random, true);
            const std::vector<int> turned = mirrored_picture(plain, 3, channels);
            const bool flipped = random(0).w[2] >> 31;
            CHECK(applied(both, images, random, true) == (flipped ? turned : plain));
            mirrored += flipped;
        }
        CHECK(mirrored > 50);
    }
}

TEST_CASE("a window that lies wholly outside of the picture is black") {
    const Images images = counting(1, 2, 2);
    int black = 0;
    for (int i = 0; i < 100; ++i)
        black += applied({.crop_padding = 3, .crop = 1}, images, sample_random(1, 0, i), true) ==
                 std::vector<int>{0};
    CHECK(black > 80);  // 60 of the 64 places
}

TEST_CASE("choices depend on seed, epoch and picture") {
    const auto choice = [](Random random) { return random(0).w[0]; };
    CHECK(choice(sample_random(1, 2, 3)) == choice(sample_random(1, 2, 3)));
    CHECK(choice(sample_random(1, 2, 3)) != choice(sample_random(2, 2, 3)));
    CHECK(choice(sample_random(1, 2, 3)) != choice(sample_random(1, 3, 3)));
    CHECK(choice(sample_random(1, 2, 3)) != choice(sample_random(1, 2, 4)));
    CHECK(choice(sample_random(1, 2, 3)) != choice(sample_random(1, 3, 2)));
}

TEST_CASE("options that make no sense are refused with a sentence") {
    const auto error = [](const Transform& transform, Dims dims = {3, 32, 32}) {
        return error_of([&] { transform.dims(dims); });
    };
    CHECK(error({}).empty());
    CHECK(error({.pad = -1}) == "transform: pad = -1; expected 0 to 65536");
    CHECK(error({.crop_padding = -4}) == "transform: crop_padding = -4; expected 0 to 65536");
    CHECK(error({.crop = -1}) == "transform: crop = -1; expected 0 to 65536");
    CHECK(error({.crop_padding = 2, .crop = 36}).empty());
    CHECK(error({.crop_padding = 2, .crop = 37}) ==
          "transform: crop = 37 is larger than the padded picture of 36 x 36");
    CHECK(has(error({.crop = 29}, {1, 28, 32}),
              "crop = 29 is larger than the padded picture of 28 x 32"));
    CHECK(error({.normalize = {{0.5, 0.5, 0.5}, {1, 0, 1}}}) ==
          "transform: the stddev of channel 1 is 0; expected a positive number");
    CHECK(
        has(error({.normalize = {{0.5, 0.5, 0.5}, {1, 1, -1}}}), "the stddev of channel 2 is -1"));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(has(error({.normalize = {{0.5, 0.5, 0.5}, {1, 1, nan}}}), "the stddev of channel 2 is"));
    CHECK(has(error({.normalize = {{0.5, 0.5, 0.5}, {infinity, 1, 1}}}),
              "the stddev of channel 0 is"));
    CHECK(has(error({.normalize = {{nan, 0.5, 0.5}, {1, 1, 1}}}),
              "the mean of channel 0 is not a finite number"));
    CHECK(error({.normalize = {{0.5}, {1}}}) ==
          "transform: normalize has 1 means and 1 stddevs; expected 3 of each, one for each "
          "channel, or none");
    CHECK(!error({.normalize = {{0.5, 0.5, 0.5}, {}}}).empty());
    CHECK(!error({.normalize = {{}, {1, 1, 1}}}).empty());
    CHECK(has(error({}, {3, 0, 32}), "expected positive extents"));
}

TEST_CASE("a transform made for other pictures and a picture that is not there are refused") {
    const Images images = counting(1, 2, 2, 3);
    float out[64];
    CHECK(has(error_of([&] { Augmenter({}, {1, 3, 2}).apply(images, 0, {}, false, out); }),
              "counting: pictures of 1 x 2 x 2; the transform was made for 1 x 3 x 2"));
    CHECK(error_of([&] { Transform{}.apply(images, 3, {}, false, out); }) ==
          "counting: there is no image 3 among 3");
    CHECK(error_of([&] { Transform{}.apply(images, -1, {}, false, out); }) ==
          "counting: there is no image -1 among 3");
}
