// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {

/// One byte each: picture i is the byte i.
Images numbered(const std::vector<int>& labels, int classes) {
    Images images{Dims{1, 1, 1}, classes, {}, labels, "numbered", {}};
    for (int i = 0; i < images.size(); ++i)
        images.pixels.push_back(static_cast<std::uint8_t>(i));
    return images;
}
std::vector<int> counts(const Images& images) {
    std::vector<int> n(static_cast<std::size_t>(images.classes));
    for (const int label : images.labels)
        ++n[static_cast<std::size_t>(label)];
    return n;
}

}  // namespace

TEST_CASE("images whose parts disagree are refused") {
    const auto error = [](auto change) {
        Images images = numbered({0, 1, 1}, 2);
        change(images);
        return error_of([&] { check(images); });
    };
    CHECK(error([](Images&) {}).empty());
    CHECK(error([](Images& i) { i.pixels.pop_back(); }) ==
          "numbered: 2 bytes of pixels; expected 3 for 3 images of 1 bytes");
    CHECK(error([](Images& i) { i.labels[1] = 2; }) == "numbered: label 1 is 2; expected 0 to 1");
    CHECK(error([](Images& i) { i.labels[2] = -1; }) == "numbered: label 2 is -1; expected 0 to 1");
    CHECK(error([](Images& i) { i.classes = 0; }) == "numbered: 0 classes; expected at least 1");
    CHECK(has(error([](Images& i) { i.dims.height = 0; }), "expected positive extents"));
    CHECK(error([](Images& i) {
              i.labels.clear();
              i.pixels.clear();
          }) == "numbered: holds no images; expected at least 1");
    CHECK(error([](Images& i) { i.class_names = {"one"}; }) ==
          "numbered: 1 class names for 2 classes");
}

TEST_CASE("mean and stddev of each channel, by hand") {
    const Images images{Dims{2, 1, 2}, 1,         {0, 255, 51, 255, 102, 255, 51, 255},
                        {0, 0},        "by hand", {}};
    const Statistics s = statistics(images);
    CHECK(s.mean[0] == doctest::Approx(0.2));  // 0, 0.2, 0.4, 0.2
    CHECK(s.stddev[0] == doctest::Approx(std::sqrt(0.02)));
    CHECK(s.mean[1] == doctest::Approx(1.0));
    CHECK(s.stddev[1] == 1);  // never changes: nothing can be divided by 0
}

TEST_CASE("a channel that never changes is only centered, whatever its value") {
    for (const int v : {0, 1, 77, 254, 255}) {
        Images images{Dims{1, 16, 16}, 1, {}, std::vector<int>(7), "constant", {}};
        images.pixels.assign(7 * 256, static_cast<std::uint8_t>(v));
        const Statistics s = statistics(images);
        CHECK(s.mean[0] == doctest::Approx(v / 255.0));
        CHECK(s.stddev[0] == 1);
        std::vector<float> out(256);
        Transform{.normalize = s}.apply(images, 0, {}, false, out.data());
        CHECK(out[0] == doctest::Approx(0).epsilon(1e-6));
    }
}

TEST_CASE("made-up images are the same for a seed, differ between seeds, and are balanced") {
    const Images a = synthetic_images({3, 16, 12}, 4, 41, 1);
    const Images b = synthetic_images({3, 16, 12}, 4, 41, 1);
    const Images c = synthetic_images({3, 16, 12}, 4, 41, 2);
    check(a);
    CHECK(a.pixels == b.pixels);
    CHECK(a.pixels != c.pixels);
    CHECK(counts(a) == std::vector<int>{11, 10, 10, 10});
    const Images longer = synthetic_images({3, 16, 12}, 4, 80, 1);
    // a picture does not depend on how many there are
    CHECK(std::equal(a.pixels.begin(), a.pixels.end(), longer.pixels.begin()));
    CHECK(synthetic_images({5, 1, 1}, 2, 3, 1).pixels.size() == 15);
    CHECK(!error_of([] { synthetic_images({3, 0, 4}, 4, 41, 1); }).empty());
    CHECK(!error_of([] { synthetic_images({3, 4, 4}, 0, 41, 1); }).empty());
    const Statistics s = statistics(synthetic_images({3, 32, 32}, 10, 500, 1));
    for (const double mean : s.mean)
        CHECK(mean == doctest::Approx(0.5).epsilon(0.15));
    for (const double stddev : s.stddev)
        CHECK(stddev > 0.1);
}

namespace {
/// The strength of a wave of each class's direction and width in picture i, whatever its phase:
/// what a first layer and a pooling can compute.
std::vector<double> stripes(const Images& images, int i) {
    std::vector<double> out;
    for (int c = 0; c < images.classes; ++c) {
        const detail::SyntheticClass look(c, images.classes, images.dims);
        double energy = 0;
        for (int block = 0; block < 16; ++block) {
            double sine = 0;
            double cosine = 0;
            for (int p = 0; p < 64; ++p) {
                const int y = block / 4 * 8 + p / 8;
                const int x = block % 4 * 8 + p % 8;
                const double at =
                    look.frequency * (std::cos(look.angle) * x + std::sin(look.angle) * y);
                const double v = images.image(i)[y * 32 + x] / 255.0 - 0.5;
                sine += std::sin(at) * v;
                cosine += std::cos(at) * v;
            }
            energy += sine * sine + cosine * cosine;
        }
        out.push_back(std::log(energy));
    }
    return out;
}
std::vector<double> raw_pixels(const Images& images, int i) {
    return std::vector<double>(images.image(i), images.image(i) + images.dims.area());
}
using Features = std::vector<double> (*)(const Images&, int);

/// The mean features of each of ten classes, which follow one another.
std::vector<std::vector<double>> class_means(Features features, const Images& images) {
    const std::size_t n = features(images, 0).size();
    std::vector<std::vector<double>> mean(10, std::vector<double>(n));
    for (int i = 0; i < images.size(); ++i) {
        const auto f = features(images, i);
        for (std::size_t k = 0; k < n; ++k)
            mean[static_cast<std::size_t>(i % 10)][k] += f[k] / 60;
    }
    return mean;
}
std::size_t nearest(const std::vector<std::vector<double>>& mean, const std::vector<double>& f) {
    std::size_t best = 0;
    double least = 1e300;
    for (std::size_t c = 0; c < mean.size(); ++c) {
        double d = 0;
        for (std::size_t k = 0; k < f.size(); ++k)
            d += (f[k] - mean[c][k]) * (f[k] - mean[c][k]);
        if (d < least) {
            least = d;
            best = c;
        }
    }
    return best;
}
/// Of 300 test images, by the nearest of the means of 600 training images.
double accuracy_of(Features features) {
    const Images train = synthetic_images({1, 32, 32}, 10, 600, 1);
    const Images test = synthetic_images({1, 32, 32}, 10, 300, 2);
    const auto mean = class_means(features, train);
    int right = 0;
    for (int i = 0; i < test.size(); ++i)
        right += nearest(mean, features(test, i)) == static_cast<std::size_t>(i % 10);
    return right / 300.0;
}
}  // namespace

TEST_CASE("made-up classes are hard for a mean picture and easy for what sees stripes") {
    const double by_pixels = accuracy_of(raw_pixels);
    const double by_stripes = accuracy_of(stripes);
    MESSAGE("nearest mean: pixels ", by_pixels, ", stripes ", by_stripes);
    CHECK(by_pixels < 0.4);
    CHECK(by_stripes > 0.8);
}
