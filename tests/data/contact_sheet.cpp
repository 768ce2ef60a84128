// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/contact_sheet.hpp>

#include "temporary.hpp"

using namespace collab;

TEST_CASE("pictures are counted class by class") {
    CHECK(class_counts({2, 0, 2, 2}, 4) == std::vector<int>{1, 0, 3, 0});
    CHECK(error_of([] { class_counts({0, 4}, 4); }) == "label 1 is 4; expected 0 to 3");
    CHECK(error_of([] { class_counts({-1}, 4); }) == "label 0 is -1; expected 0 to 3");
}

TEST_CASE("a contact sheet has a row for each class, with pictures of that class and gray where "
          "there are none") {
    Images images{Dims{3, 24, 32}, 3, {}, {}, "some", {}};  // enlarged twice
    for (int i = 0; i < 9; ++i) {
        images.labels.push_back(i % 3 == 2 ? 0 : i % 3);  // 6, 3, 0
        for (int p = 0; p < 24 * 32; ++p)
            for (int c = 0; c < 3; ++c)
                images.pixels.push_back(static_cast<std::uint8_t>(c == 0   ? i + 1
                                                                  : c == 1 ? p / 32
                                                                           : p % 32));
    }
    const Picture sheet = contact_sheet(images, 4, 20, 1);
    CHECK(sheet.dims == Dims{3, 3 * 50 + 2, 4 * 66 + 2});
    REQUIRE(sheet.pixels.size() == static_cast<std::size_t>(sheet.dims.size()));
    const auto at = [&](int y, int x, int c) {
        return int(sheet.pixels[static_cast<std::size_t>((y * sheet.dims.width + x) * 3 + c)]);
    };
    std::set<int> seen;
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 4; ++column) {
            const int top = 2 + 50 * row;
            const int left = 2 + 66 * column;
            const int members = row == 0 ? 6 : row == 1 ? 3 : 0;
            if (column >= members) {
                CHECK(at(top, left, 0) == 128);
                continue;
            }
            const int picture = at(top, left, 0) - 1;
            CHECK(seen.insert(picture).second);
            CHECK(images.labels[static_cast<std::size_t>(picture)] == row);
            int wrong = 0;
            for (int y = 0; y < 48; ++y)
                for (int x = 0; x < 64; ++x)
                    wrong += at(top + y, left + x, 0) != picture + 1 ||
                             at(top + y, left + x, 1) != y / 2 || at(top + y, left + x, 2) != x / 2;
            CHECK(wrong == 0);
            CHECK(at(top - 1, left, 0) == 128);
            CHECK(at(top, left + 64, 0) == 128);
        }
    CHECK(contact_sheet(images, 4, 2, 1).dims.height == 2 * 50 + 2);
    CHECK(contact_sheet(images, 4, 20, 2).pixels != sheet.pixels);
    CHECK(contact_sheet(synthetic_images({2, 8, 8}, 2, 4, 1)).dims.channels == 1);
    CHECK(has(error_of([&] { contact_sheet(images, 0); }), "expected 1 to 1000 of both"));
    CHECK(has(error_of([] { contact_sheet(synthetic_images({3, 800, 800}, 2, 2, 1), 1000); }),
              "ask for fewer"));
}
