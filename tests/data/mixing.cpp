// SPDX-License-Identifier: Apache-2.0
// mixing: mirrored edges, alternating flips, erased rectangles, and two pictures that become one:
// by their definitions, and the same in batches of any size and on any number of threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <collab/data/loader.hpp>
#include <collab/data/mixing.hpp>
#include <collab/data/preparation.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {
constexpr int side = 8;
constexpr std::size_t size = side * side * 2;

struct Epoch {
    std::vector<int> indices;
    std::vector<std::vector<float>> images, targets;
    const std::vector<float>& image(int index) const { return images[place(index)]; }
    const std::vector<float>& target(int index) const { return targets[place(index)]; }

private:
    std::size_t place(int index) const {
        return std::size_t(std::find(indices.begin(), indices.end(), index) - indices.begin());
    }
};
Epoch epoch(const Images& images, const Transform& transform, const LoaderOptions& options,
            int number = 0) {
    Loader loader(images, transform, options);
    Epoch e;
    loader.start(number);
    while (const Batch* b = loader.next())
        for (int i = 0; i < b->size; ++i) {
            const float* p = b->images + std::size_t(i) * std::size_t(loader.dims().size());
            e.indices.push_back(b->indices[i]);
            e.images.emplace_back(p, p + loader.dims().size());
            if (b->targets)
                e.targets.emplace_back(b->targets + i * images.target_size,
                                       b->targets + (i + 1) * images.target_size);
        }
    return e;
}
Images pictures(int n = 60) {
    return synthetic_images({2, side, side}, 3, n, 1);
}
std::vector<float> mirrored(const std::vector<float>& image) {
    std::vector<float> m(image.size());
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x)
            for (std::size_t c = 0; c < 2; ++c)
                m[(y * side + x) * 2 + c] = image[(y * side + side - 1 - x) * 2 + c];
    return m;
}
/// The same pictures and targets, whatever the size of the batches and the number of threads.
void verify_alike(const Images& images, const Transform& transform, LoaderOptions options) {
    const Epoch a = epoch(images, transform, options, 2);
    for (const auto& [batch, threads] : {std::pair{5, 1}, {20, 3}}) {
        options.batch = batch;
        options.threads = threads;
        const Epoch b = epoch(images, transform, options, 2);
        CHECK(a.indices == b.indices);
        CHECK(a.images == b.images);
        CHECK(a.targets == b.targets);
    }
}
}  // namespace

TEST_CASE("an edge is mirrored without coming twice") {
    // numpy.pad([0, 1, 2, 3], 2, mode="reflect")
    const std::vector<int> expected{2, 1, 0, 1, 2, 3, 2, 1};
    for (int i = 0; i < 8; ++i)
        CHECK(detail::reflected(i - 2, 4) == expected[std::size_t(i)]);
    CHECK(detail::reflected(-5, 3) == 1);
    CHECK(detail::reflected(7, 1) == 0);
    const Images images = pictures(3);
    const Transform t{.pad = 3, .reflect = true};
    std::vector<float> out(14 * 14 * 2);
    t.apply(images, 1, {}, false, out.data());
    for (int y = 0; y < 14; ++y)
        for (int x = 0; x < 14; ++x)
            for (int c = 0; c < 2; ++c) {
                const int from =
                    (detail::reflected(y - 3, 8) * 8 + detail::reflected(x - 3, 8)) * 2 + c;
                CHECK(out[std::size_t((y * 14 + x) * 2 + c)] ==
                      float(double(images.image(1)[from]) / 255));
            }
    CHECK(preparation_text(t) == "pad 3 reflect 1");
    CHECK(preparation_of("pad 3 reflect 1", "x").reflect);
    CHECK_THROWS_AS((Transform{.flip = true, .alternating_flip = true}.dims({1, 2, 2})), Error);
    // random crops: a mirrored one is the mirror image of the crop
    verify_alike(images, {.crop_padding = 3, .reflect = true, .flip = true},
                 {.batch = 3, .seed = 5});
}

TEST_CASE("alternating flips mirror each picture in every second epoch") {
    const Images images = pictures();
    const LoaderOptions options{.batch = 20, .seed = 7};
    const Epoch plain = epoch(images, {}, options);
    std::vector<Epoch> epochs;
    for (int e = 0; e < 4; ++e)
        epochs.push_back(epoch(images, {.alternating_flip = true}, options, e));
    int in_first = 0;
    for (int i = 0; i < 60; ++i) {
        const auto m = mirrored(plain.image(i));
        const bool first = epochs[0].image(i) == m;
        in_first += first;
        for (std::size_t e = 0; e < 4; ++e)
            CHECK(epochs[e].image(i) == ((e % 2 == 0) == first ? m : plain.image(i)));
    }
    CHECK(in_first > 15);
    CHECK(in_first < 45);
    LoaderOptions still = options;
    still.training = false;
    CHECK(epoch(images, {.alternating_flip = true}, still).image(3) == plain.image(3));
    verify_alike(images, {.alternating_flip = true}, options);
}

TEST_CASE("rectangles are erased as often, as large and as long as they may be") {
    const Images images = synthetic_images({1, 32, 32}, 2, 400, 3);
    const Transform transform{.normalize = {{-1}, {1}},  // values in [1, 2]: zeros stand out
                              .erase = {.probability = 0.5, .min_area = 0.05, .max_area = 0.2}};
    const Epoch e = epoch(images, transform, {.batch = 50, .seed = 1});
    int erased = 0;
    double smallest = 1;
    double largest = 0;
    std::set<int> tops;
    for (const auto& image : e.images) {
        int top = 32;
        int bottom = -1;
        int left = 32;
        int right = -1;
        int zeros = 0;
        for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 32; ++x)
                if (image[std::size_t(y * 32 + x)] == 0) {
                    ++zeros;
                    top = std::min(top, y);
                    bottom = std::max(bottom, y);
                    left = std::min(left, x);
                    right = std::max(right, x);
                }
        if (zeros == 0)
            continue;
        ++erased;
        tops.insert(top);
        CHECK(zeros == (bottom - top + 1) * (right - left + 1));
        smallest = std::min(smallest, zeros / 1024.0);
        largest = std::max(largest, zeros / 1024.0);
        const double ratio = double(bottom - top + 1) / (right - left + 1);
        CHECK(ratio > 0.3 * 0.8);
        CHECK(ratio < 1 / 0.3 / 0.8);
    }
    CHECK(erased > 160);
    CHECK(erased < 240);
    CHECK(smallest > 0.04);
    CHECK(smallest < 0.07);
    CHECK(largest < 0.22);
    CHECK(largest > 0.17);
    CHECK(tops.size() > 10);
}

TEST_CASE("rectangles are erased by random pixels, in the same places") {
    const Images images = synthetic_images({1, 32, 32}, 2, 400, 3);
    Transform noisy{.normalize = {{-1}, {1}}, .erase = {.probability = 0.5}};
    const Epoch e = epoch(images, noisy, {.batch = 50, .seed = 1});
    noisy.erase.noise = true;
    const Epoch n = epoch(images, noisy, {.batch = 50, .seed = 1});
    std::size_t others = 0;
    for (std::size_t i = 0; i < n.images.size(); ++i)
        for (std::size_t k = 0; k < 1024; ++k) {
            CHECK(n.images[i][k] >= 1);
            if (e.images[i][k] != 0)
                CHECK(n.images[i][k] == e.images[i][k]);
            else
                others += n.images[i][k] != n.images[i][(k + 1) % 1024];
        }
    CHECK(others > 1000);
    verify_alike(images, noisy, {.batch = 50, .seed = 1});
    CHECK(error_of([] { Transform{.erase = {.max_area = 0.01}}.dims({1, 8, 8}); }) ==
          "RandomErasing: min_area is 0.02 and max_area is 0.01; expected the smaller one first");
    CHECK(error_of([] { Transform{.erase = {.min_ratio = 0}}.dims({1, 8, 8}); }) ==
          "RandomErasing: min_ratio is 0; expected a number from 0.001 to 1");
}

TEST_CASE("shares have the moments of their distribution") {
    for (const double alpha : {0.2, 1.0, 4.0}) {
        double sum = 0;
        double squares = 0;
        constexpr int n = 20000;
        for (int i = 0; i < n; ++i) {
            const double b = detail::symmetric_beta(alpha, Random{1, 2}.child(std::uint64_t(i)));
            sum += b / n;
            squares += (b - 0.5) * (b - 0.5) / n;
        }
        CHECK(sum == doctest::Approx(0.5).epsilon(0.02));
        CHECK(squares == doctest::Approx(1 / (4 * (2 * alpha + 1))).epsilon(0.03));
    }
}

TEST_CASE("Mixup adds two pictures and their targets in the same shares") {
    const Images images = one_hot(pictures());
    const LoaderOptions plain{.batch = 20, .seed = 2};
    LoaderOptions options = plain;
    options.mix = Mixup{.alpha = 1};
    const Epoch before = epoch(images, {}, plain);
    const Epoch e = epoch(images, {}, options);
    CHECK(e.indices == before.indices);
    std::set<int> partners;
    for (int i = 0; i < 60; ++i) {
        const auto& a = before.image(i);
        const auto& x = e.image(i);
        // the partner is the one for which the same share explains picture and target
        int found = 0;
        for (int j = 0; j < 60; ++j) {
            const auto& b = before.image(j);
            double up = 0;
            double down = 0;
            for (std::size_t k = 0; k < size; ++k) {
                up += double(x[k] - b[k]) * double(a[k] - b[k]);
                down += double(a[k] - b[k]) * double(a[k] - b[k]);
            }
            const double share = j == i ? 1 : up / down;
            double worst = 0;
            for (std::size_t k = 0; k < size; ++k)
                worst = std::max(worst, std::abs(share * double(a[k]) + (1 - share) * double(b[k]) -
                                                 double(x[k])));
            if (worst > 1e-5)
                continue;
            ++found;
            partners.insert(j);
            for (std::size_t c = 0; c < 3; ++c)
                CHECK(double(e.target(i)[c]) ==
                      doctest::Approx(share * double(before.target(i)[c]) +
                                      (1 - share) * double(before.target(j)[c]))
                          .epsilon(1e-3));
        }
        CHECK(found >= 1);
    }
    CHECK(partners.size() > 20);
    verify_alike(images, {.crop_padding = 2, .alternating_flip = true}, options);
    options.training = false;
    CHECK(epoch(images, {}, options).image(5) == before.image(5));
}

TEST_CASE("CutMix puts a rectangle of another picture in its place, and counts its pixels") {
    std::set<double> shares;
    for (std::uint64_t i = 0; i < 200; ++i) {
        std::vector<float> image(10 * 6 * 2, 0.0f);
        const std::vector<float> other(10 * 6 * 2, 1.0f);
        const double share =
            CutMix{}(Random{3, 1}.child(i), Dims{2, 10, 6}, image.data(), other.data());
        int ones = 0;
        int top = 10;
        int bottom = -1;
        int left = 6;
        int right = -1;
        for (int y = 0; y < 10; ++y)
            for (int x = 0; x < 6; ++x) {
                const auto at = std::size_t((y * 6 + x) * 2);
                CHECK(image[at] == image[at + 1]);
                if (image[at] == 0)
                    continue;
                ++ones;
                top = std::min(top, y);
                bottom = std::max(bottom, y);
                left = std::min(left, x);
                right = std::max(right, x);
            }
        CHECK(share == 1 - ones / 60.0);
        shares.insert(share);
        if (ones > 0)
            CHECK(ones == (bottom - top + 1) * (right - left + 1));
    }
    CHECK(shares.size() > 10);
    const Images images = one_hot(pictures());
    LoaderOptions options{.batch = 20, .seed = 2, .mix = CutMix{}};
    const Epoch e = epoch(images, {}, options);
    for (const auto& t : e.targets)
        CHECK(double(t[0] + t[1] + t[2]) == doctest::Approx(1).epsilon(1e-6));
    verify_alike(images, {.crop_padding = 2, .flip = true}, options);
}

TEST_CASE("a mixer of one's own is told from others, and what makes no sense is refused") {
    CHECK(PictureMixer{}.words() == "none");
    CHECK(PictureMixer{CutMix{.alpha = 0.5}}.words() == "CutMix 0.5");
    const PictureMixer own{[](Random, Dims, float*, const float*) { return 2.0; }};
    CHECK(own.words() == "unnamed");
    const Images images = one_hot(pictures());
    CHECK(error_of([&] {
              epoch(images, {}, {.batch = 20, .mix = own});
          }).ends_with("2 is the share of the first; expected a number from 0 to 1"));
    CHECK(error_of([&] { epoch(pictures(), {}, {.mix = Mixup{}}); }) ==
          "loader: pictures are to be mixed, and their targets are class numbers; expected target "
          "values, such as one_hot(images) has");
    CHECK(error_of([] { PictureMixer{Mixup{.alpha = 0}}; }) ==
          "Mixup: alpha is 0; expected a number above 0");
}
