// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/stl10.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {

std::uint8_t value(int image, int channel, int row, int column) {
    return static_cast<std::uint8_t>(image * 31 + channel * 77 + row * 5 + column * 3 + row / 50);
}

/// Planes of red, green and blue, each column by column.
Bytes pictures(int count) {
    Bytes bytes;
    for (int i = 0; i < count; ++i)
        for (int c = 0; c < 3; ++c)
            for (int x = 0; x < 96; ++x)
                for (int y = 0; y < 96; ++y)
                    bytes.push_back(value(i, c, y, x));
    return bytes;
}
Bytes text(std::string_view s) {
    return Bytes(s.begin(), s.end());
}
std::string folds_of(const Folder& folder, std::string_view content, int images = 10) {
    const auto path = folder.write("folds.txt", text(content));
    const std::string error = error_of([&] { read_folds(path, images); });
    return error.empty() ? error : error.substr(path.string().size());
}

}  // namespace

TEST_CASE("columns of red, green and blue become rows of three channels, and labels count from 0") {
    const Folder folder;
    const Images images = read_stl10(folder.write("x", pictures(2)), folder.write("y", {10, 1}));
    check(images);
    CHECK(images.dims == Dims{3, 96, 96});
    CHECK(images.labels == std::vector<int>{9, 0});
    int wrong = 0;
    for (int i = 0; i < 2; ++i)
        for (int y = 0; y < 96; ++y)
            for (int x = 0; x < 96; ++x)
                for (int c = 0; c < 3; ++c)
                    wrong += images.image(i)[(y * 96 + x) * 3 + c] != value(i, c, y, x);
    CHECK(wrong == 0);
}

TEST_CASE("STL-10 is read from the folder and from the folder below it") {
    for (const std::string below : {"", "stl10_binary/"}) {
        const Folder folder;
        CHECK(has(error_of([&] { stl10(folder.path); }),
                  ": no file of STL-10; tried train_X.bin and stl10_binary/train_X.bin"));
        const auto other = folder.write("train.mat", {1});
        CHECK(
            has(error_of([&] { stl10(folder.path); }),
                "; train.mat is of the version for Python or Matlab, and only the binary version, "
                "stl10_binary.tar.gz, is read"));
        std::filesystem::remove(other);
        folder.write(below + "train_X.bin", pictures(3));
        folder.write(below + "train_y.bin", {1, 2, 3});
        CHECK(has(error_of([&] { stl10(folder.path); }), "test_y.bin: no such file"));
        folder.write(below + "test_X.bin", pictures(1));
        folder.write(below + "test_y.bin", {4});
        const Splits set = stl10(folder.path);
        CHECK(set.train.labels == std::vector<int>{0, 1, 2});
        CHECK(set.test.labels == std::vector<int>{3});
        CHECK(set.test.class_names[3] == "cat");
        CHECK(set.test.name == "STL-10 test");
        folder.write(below + "class_names.txt", text("a\nb\n"));
        CHECK(has(error_of([&] { stl10(folder.path); }),
                  "class_names.txt: 2 class names; expected 10"));
    }
}

TEST_CASE(
    "STL-10 files that are cut, or whose labels are wrong or of another number, are refused") {
    const Folder folder;
    const auto reading = [&](const Bytes& x, const Bytes& y) {
        const auto px = folder.write("x", x);
        const auto py = folder.write("y", y);
        return error_of([&] { read_stl10(px, py); });
    };
    const Bytes two = pictures(2);
    CHECK(reading(two, {1, 2}).empty());
    CHECK(has(
        reading(first(two, 1), {1, 2}),
        "x: 1 bytes are 0 images of 27648 bytes and 1 more; expected whole images (truncated?)"));
    CHECK(has(reading(first(two, 27647), {1, 2}), "27647 bytes are 0 images"));
    CHECK(has(reading(first(two, 55295), {1, 2}),
              "55295 bytes are 1 images of 27648 bytes and 27647 more"));
    CHECK(has(reading(first(two, 27648), {1, 2}), "x: has 1 images, but "));
    CHECK(has(reading(two, {1}), "y has 1 labels; expected as many of both"));
    CHECK(has(reading(two, {1, 0}), "y: label 1 is 0; expected 1 to 10"));
    CHECK(has(reading(two, {11, 1}), "y: label 0 is 11; expected 1 to 10"));
    CHECK(has(reading({}, {1}), "x: is empty"));
    CHECK(has(error_of([&] { read_stl10(folder.path, folder.path / "y"); }),
              ": is a folder; expected a file"));
}

TEST_CASE("folds are lines of indices") {
    const Folder folder;
    const auto path = folder.write("folds.txt", text("0 2 9\r\n\n  1\t3 \n4"));
    CHECK(read_folds(path, 10) == std::vector<std::vector<int>>{{0, 2, 9}, {1, 3}, {4}});
    CHECK(folds_of(folder, "0 10") == ": \"10\" in line 1; expected indices of images, 0 to 9");
    CHECK(folds_of(folder, "0\n-1") == ": \"-1\" in line 2; expected indices of images, 0 to 9");
    CHECK(folds_of(folder, "1.5e2") == ": \"1.5e2\" in line 1; expected indices of images, 0 to 9");
    CHECK(folds_of(folder, "99999999999999") ==
          ": \"99999999999999\" in line 1; expected indices of images, 0 to 9");
    CHECK(folds_of(folder, "3 4 3") == ": index 3 stands twice in line 1");
    CHECK(folds_of(folder, "3\n3").empty());
    CHECK(folds_of(folder, " \n\n") == ": no numbers; expected a fold on each line");
    CHECK(folds_of(folder, "") == ": is empty");
    folder.write("train_X.bin", {1});
    folder.write("fold_indices.txt", text("1\n2\n"));
    CHECK(
        has(error_of([&] { stl10_folds(folder.path); }), "fold_indices.txt: 2 folds; expected 10"));
    folder.write("fold_indices.txt", text("1\n2\n3\n4\n5\n6\n7\n8\n9\n4999\n"));
    CHECK(stl10_folds(folder.path)[9] == std::vector<int>{4999});
}
