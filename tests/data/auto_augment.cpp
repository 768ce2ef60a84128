// SPDX-License-Identifier: Apache-2.0
// auto_augment: operations beside those of Pillow 9.4, rules by their choices, and a set whose
// pictures they change.
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <collab/data/auto_augment.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {
using Operation = PictureOperation;
constexpr int height = 36;
constexpr int width = 40;

std::vector<std::uint8_t> made(int channels) {
    std::vector<std::uint8_t> p;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int k = 0; k < channels; ++k) {
                const int c = channels == 1 ? 1 : k;
                p.push_back(std::uint8_t(
                    (37 * (y * width + x) + 61 * c + y * x * 13) % (200 - 30 * c) + 20));
            }
    return p;
}
long checksum(const std::vector<std::uint8_t>& p) {
    long sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i)
        sum += long(p[i]) * long(i % 251 + 1);
    return sum;
}
const std::vector<std::pair<Operation, double>> all{
    {Operation::brightness, 0.3}, {Operation::brightness, 1.4},  {Operation::contrast, 0.6},
    {Operation::contrast, 1.7},   {Operation::color, 0.5},       {Operation::color, 1.5},
    {Operation::sharpness, 0.2},  {Operation::sharpness, 1.8},   {Operation::posterize, 3},
    {Operation::solarize, 120},   {Operation::auto_contrast, 0}, {Operation::equalize, 0},
    {Operation::shear_x, 0.3},    {Operation::shear_y, -0.3},    {Operation::translate_x, 7},
    {Operation::translate_y, -5}, {Operation::rotate, 20}};
void verify(int channels, const std::vector<long>& expected) {
    REQUIRE(expected.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto p = made(channels);
        apply_operation(all[i].first, all[i].second, {channels, height, width}, p.data());
        CHECK_MESSAGE(checksum(p) == expected[i], "operation ", i, ", channels ", channels);
    }
}
}  // namespace

// (Turned by numpy in float64: Pillow turns in fixed point, and takes some neighboring pixels.)
TEST_CASE("operations on pictures are Pillow's") {
    verify(3, {16419047, 76731308, 56142245, 55117396, 56245345, 54888615, 55354426, 55795467,
               46776096, 43422552, 67271813, 75409671, 48150023, 46882838, 45536563, 47811148,
               49334806});
    verify(1,
           {5439772, 25648120, 18328354, 18793279, 18401213, 18401213, 18317402, 18506619, 15610912,
            14325680, 22377856, 24604214, 15876861, 15549095, 15277207, 16112168, 16303074});
}

TEST_CASE("operations that change nothing leave a picture as it is") {
    for (const auto& o : {std::pair{Operation::identity, 5.0},
                          {Operation::shear_x, 0.0},
                          {Operation::translate_y, 0.0},
                          {Operation::rotate, 0.0},
                          {Operation::brightness, 1.0},
                          {Operation::contrast, 1.0},
                          {Operation::color, 1.0},
                          {Operation::sharpness, 1.0},
                          {Operation::posterize, 8.0},
                          {Operation::solarize, 256.0}}) {
        auto p = made(3);
        apply_operation(o.first, o.second, {3, height, width}, p.data());
        CHECK_MESSAGE(p == made(3), "operation ", int(o.first));
    }
    std::vector<std::uint8_t> flat(12, 77);
    apply_operation(Operation::auto_contrast, 0, {3, 2, 2}, flat.data());
    apply_operation(Operation::equalize, 0, {3, 2, 2}, flat.data());
    CHECK(flat == std::vector<std::uint8_t>(12, 77));
}

TEST_CASE("rules choose by the random numbers that they are given") {
    std::set<long> trivial, rand;
    int same = 0;
    for (std::uint64_t i = 0; i < 300; ++i) {
        auto p = made(3);
        auto q = made(3);
        auto r = made(3);
        const Random random = Random{1, 2}.child(i);
        TrivialAugment{}(random, {3, height, width}, p.data());
        TrivialAugment{}(random, {3, height, width}, q.data());
        RandAugment{}(random, {3, height, width}, r.data());
        CHECK(p == q);
        same += p == made(3);
        trivial.insert(checksum(p));
        rand.insert(checksum(r));
    }
    // 14 operations, most of 31 magnitudes; two of 14, most of two directions
    CHECK(trivial.size() > 100);
    CHECK(rand.size() > 60);
    CHECK(rand.size() < 290);
    CHECK(same > 10);  // identity, among others
    CHECK(same < 80);
    auto p = made(3);
    RandAugment{.operations = 1, .magnitude = 0}({5, 5}, {3, height, width}, p.data());
    CHECK(error_of([] { RandAugment{.magnitude = 31}.check(); }) ==
          "RandAugment: magnitude is 31; expected a number from 0 to 30");
    CHECK(error_of([] { RandAugment{.operations = 0}.check(); }) ==
          "RandAugment: operations is 0; expected a finite number of at least 1");
}

TEST_CASE("a set under a rule is changed when training, alike on any number of threads") {
    const Images images = synthetic_images({3, 16, 16}, 4, 40, 1);
    const Augmented source(images, RandAugment{});
    static_assert(PictureSource<Augmented<>>);
    CHECK(source.name == "synthetic with RandAugment 2 9");
    const auto epoch = [&](const auto& set, LoaderOptions options) {
        Loader loader(set, {.crop_padding = 2}, options);
        std::vector<float> pixels;
        loader.start(1);
        while (const Batch* b = loader.next()) {
            pixels.insert(pixels.end(), b->images, b->images + b->size * loader.dims().size());
            for (int i = 0; i < b->size; ++i)
                CHECK(b->labels[i] == images.labels[std::size_t(b->indices[i])]);
        }
        return pixels;
    };
    const auto a = epoch(source, {.batch = 20, .seed = 3});
    CHECK(a == epoch(source, {.batch = 8, .seed = 3, .threads = 3}));
    CHECK(a != epoch(images, {.batch = 20, .seed = 3}));
    CHECK(epoch(source, {.batch = 20, .training = false}) ==
          epoch(images, {.batch = 20, .training = false}));
    const Images values = one_hot(images);
    const Augmented both(values);
    Loader loader(both, {}, {.batch = 10, .mix = CutMix{}});
    loader.start(0);
    const Batch* b = loader.next();
    CHECK(double(b->targets[0] + b->targets[1] + b->targets[2] + b->targets[3]) ==
          doctest::Approx(1));
    const Images two = synthetic_images({2, 8, 8}, 2, 4, 1);
    CHECK(error_of([&] { Augmented{two, TrivialAugment{}}; }) ==
          "synthetic: pictures of 2 channels; rules of operations change those of 1 or 3");
}
