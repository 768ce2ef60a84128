// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/sampler.hpp>

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

TEST_CASE("a subset takes the same number from each class as far as they go") {
    std::vector<int> labels;
    for (int i = 0; i < 100; ++i)
        labels.push_back(i < 70 ? 0 : i < 97 ? 1 : 2);
    const Images all = numbered(labels, 4);  // 70, 27, 3, 0
    const auto taken = [&](int n) {
        std::vector<int> c = counts(subset(all, n, 5));
        return c;
    };
    CHECK(taken(9) == std::vector<int>{3, 3, 3, 0});
    CHECK(taken(43) == std::vector<int>{20, 20, 3, 0});
    CHECK(taken(100) == std::vector<int>{70, 27, 3, 0});
    const std::vector<int> uneven = taken(10);
    CHECK(uneven[0] + uneven[1] == 7);
    CHECK(std::abs(uneven[0] - uneven[1]) == 1);
}

TEST_CASE("a subset keeps the order, holds no picture twice and depends on the seed alone") {
    std::vector<int> labels;
    for (int i = 0; i < 200; ++i)
        labels.push_back(i % 5);
    const Images all = numbered(labels, 5);
    const Images a = subset(all, 50, 1);
    const Images b = subset(all, 50, 1);
    const Images c = subset(all, 50, 2);
    CHECK(a.pixels == b.pixels);
    CHECK(a.labels == b.labels);
    CHECK(a.pixels != c.pixels);
    CHECK(std::adjacent_find(a.pixels.begin(), a.pixels.end(), std::greater_equal<>()) ==
          a.pixels.end());
    for (int i = 0; i < a.size(); ++i)
        CHECK(a.labels[static_cast<std::size_t>(i)] == a.pixels[static_cast<std::size_t>(i)] % 5);
    CHECK(error_of([&] { subset(all, 0, 1); }) ==
          "numbered: a subset of 0 images was asked for; expected 1 to 200");
    CHECK(error_of([&] { subset(all, 201, 1); }) ==
          "numbered: a subset of 201 images was asked for; expected 1 to 200");
}

TEST_CASE("a split keeps every picture once and the proportions of the classes") {
    std::vector<int> labels;
    for (int i = 0; i < 100; ++i)
        labels.push_back(i < 60 ? 0 : i < 90 ? 1 : 2);
    const Images all = numbered(labels, 3);
    for (const int n : {1, 10, 37, 99}) {
        const auto [rest, held] = split(all, n, 3);
        CHECK(held.size() == n);
        std::vector<std::uint8_t> both = rest.pixels;
        both.insert(both.end(), held.pixels.begin(), held.pixels.end());
        std::sort(both.begin(), both.end());
        CHECK(both == all.pixels);
        const std::vector<int> c = counts(held);
        CHECK(std::abs(c[0] - 0.6 * n) < 1);
        CHECK(std::abs(c[1] - 0.3 * n) < 1);
        CHECK(std::abs(c[2] - 0.1 * n) < 1);
        CHECK(split(all, n, 3).second.pixels == held.pixels);
    }
    CHECK(counts(split(all, 37, 3).second) == std::vector<int>{22, 11, 4});  // 22.2, 11.1, 3.7
    CHECK(split(all, 10, 3).second.pixels != split(all, 10, 4).second.pixels);
    CHECK(error_of([&] { split(all, 100, 1); }) ==
          "numbered: a second part of 100 images was asked for; expected 1 to 99, so that neither "
          "part is empty");
    CHECK(!error_of([&] { split(all, 0, 1); }).empty());
}

TEST_CASE("indices and pictures are chosen alike") {
    std::vector<int> labels;
    for (int i = 0; i < 90; ++i)
        labels.push_back(i * i % 4);
    const Images all = numbered(labels, 4);
    CHECK(pick(all, subset_indices(labels, 4, 20, 9)).pixels == subset(all, 20, 9).pixels);
    CHECK(pick(all, split_indices(labels, 4, 20, 9).second).pixels ==
          split(all, 20, 9).second.pixels);
    CHECK(pick(all, split_indices(labels, 4, 20, 9).first).pixels ==
          split(all, 20, 9).first.pixels);
    CHECK(pick(all, fold_indices(labels, 4, 3, 9)[1]).pixels == fold(all, 3, 1, 9).test.pixels);
    CHECK(error_of([&] { subset_indices(labels, 3, 20, 9); }).empty());  // 0 and 1 only: squares
    CHECK(error_of([&] { subset_indices({0, 3}, 3, 1, 9); }) == "label 1 is 3; expected 0 to 2");
    CHECK(others(5, {3, 0}) == std::vector<int>{1, 2, 4});
    CHECK(error_of([&] { others(5, {5}); }) == "index 5; expected 0 to 4");
}

TEST_CASE("folds hold every picture once, are of one size, and have the same share of each class") {
    std::vector<int> labels;
    for (int i = 0; i < 103; ++i)
        labels.push_back(i < 60 ? 0 : i < 90 ? 1 : 2);
    const Images all = numbered(labels, 3);
    for (const int k : {2, 5, 10, 103}) {
        std::vector<std::uint8_t> tested;
        for (int f = 0; f < k; ++f) {
            const Splits set = fold(all, k, f, 7);
            CHECK(set.train.size() + set.test.size() == 103);
            CHECK((set.test.size() == 103 / k || set.test.size() == 103 / k + 1));
            const std::vector<int> c = counts(set.test);
            CHECK(std::abs(c[0] - 60.0 / k) < 1);
            CHECK(std::abs(c[1] - 30.0 / k) < 1);
            CHECK(std::abs(c[2] - 13.0 / k) < 1);
            std::vector<std::uint8_t> both = set.train.pixels;
            both.insert(both.end(), set.test.pixels.begin(), set.test.pixels.end());
            std::sort(both.begin(), both.end());
            CHECK(both == all.pixels);
            tested.insert(tested.end(), set.test.pixels.begin(), set.test.pixels.end());
        }
        std::sort(tested.begin(), tested.end());
        CHECK(tested == all.pixels);
    }
    CHECK(fold_indices(labels, 3, 5, 1) == fold_indices(labels, 3, 5, 1));
    CHECK(fold_indices(labels, 3, 5, 1) != fold_indices(labels, 3, 5, 2));
    CHECK(error_of([&] { fold(all, 1, 0, 1); }) ==
          "numbered: 1 folds were asked for; expected 2 to the number of images, 103");
    CHECK(error_of([&] { fold(all, 5, 5, 1); }) ==
          "numbered: fold 5 was asked for; expected 0 to 4");
    CHECK(error_of([&] { fold_indices(labels, 3, 104, 1); }) ==
          "104 folds were asked for; expected 2 to the number of images, 103");
}
