// SPDX-License-Identifier: Apache-2.0
// balance: weights by hand, and batches in which classes of any size come equally often.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include <collab/data/balance.hpp>
#include <collab/data/loader.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {
/// 60 pictures of class 0, 10 of class 1, 5 of class 3, none of class 2.
Images unequal() {
    Images images = synthetic_images({1, 4, 4}, 4, 75, 1);
    for (int i = 0; i < 75; ++i)
        images.labels[std::size_t(i)] = i < 60 ? 0 : i < 70 ? 1 : 3;
    return images;
}
struct Epoch {
    std::vector<int> indices, labels;
    std::vector<float> pixels;
};
Epoch epoch(const Images& images, const LoaderOptions& options, int number = 0) {
    Loader loader(images, {.crop_padding = 2}, options);
    Epoch e;
    loader.start(number);
    while (const Batch* b = loader.next()) {
        e.indices.insert(e.indices.end(), b->indices, b->indices + b->size);
        e.labels.insert(e.labels.end(), b->labels, b->labels + b->size);
        e.pixels.insert(e.pixels.end(), b->images, b->images + b->size * 16);
    }
    return e;
}
}  // namespace

TEST_CASE("class weights are the inverse counts, with mean 1 over the pictures") {
    const std::vector<double> w = class_weights({0, 0, 0, 1, 0, 0, 2, 1}, 4);
    // 8 / (3 classes * counts of 5, 2, 1)
    CHECK(w[0] == doctest::Approx(8 / 15.));
    CHECK(w[1] == doctest::Approx(8 / 6.));
    CHECK(w[2] == doctest::Approx(8 / 3.));
    CHECK(w[3] == 0);
    CHECK(class_weights({0, 0, 1}, 2, 0) == std::vector<double>{1, 1});
    // (1 - b) / (1 - b^n) for n = 2 and 1: 1 / 1.9 and 1, of mean (2 / 1.9 + 1) / 3
    const std::vector<double> e = class_weights({0, 0, 1}, 2, 0.9);
    const double mean = (2 / 1.9 + 1) / 3;
    CHECK(e[0] == doctest::Approx(1 / 1.9 / mean));
    CHECK(e[1] == doctest::Approx(1 / mean));
    const Images images = unequal();
    CHECK(class_weights<4>(images)[1] == doctest::Approx(75 / 30.));
    CHECK(
        error_of([&] { class_weights<3>(images); })
            .ends_with("weights of 3 classes were asked for; it has 4 classes, with class numbers "
                       "as targets"));
    CHECK(error_of([] { class_weights({0, 2}, 2); }) ==
          "class weights: label 1 is 2; expected 0 to 1");
    CHECK(error_of([] { class_weights({0}, 1, 1.5); }) ==
          "class weights: beta is 1.5; expected a number from 0 to 1");
}

TEST_CASE(
    "a balanced epoch has each class equally often, and repeats pictures with other choices") {
    const Images images = unequal();
    LoaderOptions options{.batch = 25, .seed = 3, .balance = images.labels};
    const Epoch e = epoch(images, options);
    REQUIRE(e.indices.size() == 75);
    std::map<int, int> of_class, of_picture;
    for (std::size_t i = 0; i < 75; ++i) {
        ++of_class[e.labels[i]];
        ++of_picture[e.indices[i]];
        CHECK(e.labels[i] == images.labels[std::size_t(e.indices[i])]);
    }
    CHECK(of_class == std::map<int, int>{{0, 25}, {1, 25}, {3, 25}});
    for (int i = 0; i < 60; ++i)
        CHECK(of_picture[i] <= 1);
    for (int i = 60; i < 70; ++i)
        CHECK((of_picture[i] == 2 || of_picture[i] == 3));
    for (int i = 70; i < 75; ++i)
        CHECK(of_picture[i] == 5);
    std::set<std::vector<float>> looks;  // of one picture, cropped at random
    for (std::size_t i = 0; i < 75; ++i)
        if (e.indices[i] == 72)
            looks.insert({e.pixels.begin() + std::ptrdiff_t(16 * i),
                          e.pixels.begin() + std::ptrdiff_t(16 * i + 16)});
    CHECK(looks.size() > 2);
    CHECK(!std::is_sorted(e.labels.begin(), e.labels.end()));
    CHECK(epoch(images, options, 1).indices != e.indices);
    options.threads = 3;
    const Epoch again = epoch(images, options);
    CHECK(again.indices == e.indices);
    CHECK(again.pixels == e.pixels);
}

TEST_CASE("a balanced loader sees the indices that it is given and no others") {
    const Images images = unequal();
    const Epoch e =
        epoch(images, {.batch = 7, .indices = {1, 2, 3, 4, 5, 61, 70}, .balance = images.labels});
    std::map<int, int> of_class;
    for (const int label : e.labels)
        ++of_class[label];
    REQUIRE(e.indices.size() == 7);
    for (const auto& [label, count] : of_class)
        CHECK((count == 2 || count == 3));
    CHECK(of_class.size() == 3);
    for (const int i : e.indices)
        CHECK((i <= 5 || i == 61 || i == 70));
    CHECK(error_of([&] { epoch(images, {.balance = {0, 1}}); }) ==
          "loader: balance has 2 class numbers; expected 75, one for each picture");
    std::vector<int> wrong(75, -1);
    CHECK(error_of([&] { epoch(images, {.balance = wrong}); }) ==
          "loader: a class number of balance is -1; expected 0 to 16777216");
}
