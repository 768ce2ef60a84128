// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/npy.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {

/// A file as numpy.save writes it: version 1, the header padded with spaces so that the data begins
/// at a multiple of 64.
Bytes npy(std::string dictionary, const Bytes& data, int version = 1) {
    const std::size_t digits = version == 1 ? 2 : 4;
    while ((8 + digits + dictionary.size() + 1) % 64 != 0)
        dictionary += ' ';
    dictionary += '\n';
    Bytes bytes{0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(version), 0};
    for (std::size_t i = 0; i < digits; ++i)
        bytes.push_back(static_cast<std::uint8_t>(dictionary.size() >> (8 * i)));
    bytes.insert(bytes.end(), dictionary.begin(), dictionary.end());
    return joined(bytes, data);
}
std::string header(std::string_view type, std::string_view shape) {
    return sentence("{'descr': '", type, "', 'fortran_order': False, 'shape': ", shape, ", }");
}
Bytes counting(int n) {
    Bytes bytes;
    for (int i = 0; i < n; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i));
    return bytes;
}
/// What is wrong with a file of this content, without its name.
std::string reading(const Folder& folder, const Bytes& bytes) {
    const auto path = folder.write("array.npy", bytes);
    const std::string error = error_of([&] { read_npy(path); });
    if (error.empty())
        return error;
    CHECK(error.starts_with(path.string() + ": "));
    return error.substr(path.string().size() + 2);
}

}  // namespace

TEST_CASE("an array is read with its type and shape, in each version of the format") {
    const Folder folder;
    for (const int version : {1, 2, 3}) {
        const NpyArray a =
            read_npy(folder.write("a.npy", npy(header("|u1", "(2, 3)"), counting(6), version)));
        CHECK(a.shape == std::vector<std::uint64_t>{2, 3});
        CHECK(a.type_text() == "uint8");
        CHECK(a.bytes == counting(6));
        CHECK(a.shape_text() == "(2, 3)");
    }
    CHECK(read_npy(folder.write("a.npy",
                                npy("{\"shape\":(3,),\"fortran_order\":False,\"descr\":\"<f8\"}",
                                    counting(24))))
              .type_text() == "float64");
    CHECK(read_npy(folder.write("a.npy", npy(header("|b1", "()"), {1}))).shape.empty());
    // as NumPy wrote it under Python 2
    CHECK(read_npy(folder.write("a.npy", npy(header("|u1", "(2L, 3L)"), counting(6)))).shape ==
          std::vector<std::uint64_t>{2, 3});
    CHECK(read_npy(folder.write("a.npy", npy(header("<i4", "(0, 5)"), {}))).elements() == 0);
}

TEST_CASE("integers of every width, sign and order of bytes are understood") {
    const Folder folder;
    const auto second = [&](std::string_view type, const Bytes& data) {
        return read_npy(folder.write("a.npy", npy(header(type, "(2,)"), data))).integer(1);
    };
    CHECK(second("|u1", {1, 200}) == 200);
    CHECK(second("|i1", {1, 200}) == -56);
    CHECK(second("<i2", {1, 0, 2, 3}) == 770);
    CHECK(second(">i2", {1, 0, 2, 3}) == 515);
    CHECK(second("<i2", {1, 0, 0xfe, 0xff}) == -2);
    CHECK(second("<u2", {1, 0, 0xfe, 0xff}) == 65534);
    CHECK(second("<i4", {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}) == -1);
    CHECK(second("<i8", {0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1, 0, 0}) == 1099511627781);
    CHECK(second(">i8", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 5}) == 261);
}

TEST_CASE("an array cut at any byte is refused") {
    const Folder folder;
    const Bytes whole = npy(header("<i4", "(2,)"), counting(8));
    CHECK(reading(folder, whole).empty());
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const std::string error = reading(folder, first(whole, n));
        if (n == 0)
            CHECK(error == "is empty");
        else if (n < 10)
            CHECK(error == sentence("ends after ", n,
                                    " bytes, within the header of a NumPy array (truncated?)"));
        else if (n < 128)
            CHECK(error == sentence("ends after ", n, " bytes; its header takes 128 (truncated?)"));
        else
            CHECK(error == sentence("the header says int32 of shape (2), 8 bytes, but ", n - 128,
                                    " bytes follow it (truncated?)"));
    }
    CHECK(has(reading(folder, joined(whole, {1})), "but 9 bytes follow it (trailing bytes?)"));
}

TEST_CASE("an array with a header that means nothing is refused") {
    const Folder folder;
    const auto says = [&](std::string dictionary) {
        return reading(folder, npy(std::move(dictionary), {}));
    };
    CHECK(has(reading(folder, counting(200)), "does not start with \\x93NUMPY"));
    CHECK(has(reading(folder, npy(header("|u1", "(0,)"), {}, 4)),
              "version 4 of NumPy's format; expected 1, 2 or 3"));
    CHECK(has(says(header("<c8", "(0,)")), "an array of \"<c8\"; expected plain numbers"));
    CHECK(has(says(header("|O", "(0,)")), "an array of \"|O\"; expected plain numbers"));
    CHECK(has(says(header("<f1", "(0,)")), "expected plain numbers"));
    CHECK(has(says("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (0,)}"),
              "the header cannot be understood at \"[('a', '<i4')], 'fortran\"; expected a word in "
              "quotes"));
    CHECK(has(says("{'descr': '<i4', 'fortran_order': True, 'shape': (0,)}"),
              "save numpy.ascontiguousarray(array) instead"));
    CHECK(
        has(says("{'descr': '<i4', 'fortran_order': 0, 'shape': (0,)}"), "expected True or False"));
    CHECK(has(says("{'descr': '<i4', 'fortran_order': False}"),
              "expected descr, fortran_order and shape"));
    CHECK(has(says("{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (0,)}"),
              "expected a key that is known and new"));
    CHECK(has(says("{'color': '<i4'}"), "expected a key that is known and new"));
    CHECK(has(says(header("<i4", "(-1,)")), "at \"-1,), }"));
    CHECK(has(says(header("<i4", "(99999999999999999999,)")), "expected an extent"));
    CHECK(has(says(header("<i4", "(4611686018427387904, 4611686018427387904)")),
              "; no file is that large"));
    CHECK(has(says(header("<i4", "(4611686018427387904, 0, 4611686018427387904)")),
              "; no file is that large"));
    CHECK(has(says(header("<i4", "(4294967296,)")), "17179869184 bytes, but 0 bytes follow it"));
    CHECK(has(says(header("<i4", "(0,)") + "more"), "expected nothing behind the dictionary"));
    CHECK(has(says(""), "expected '{'"));
    Bytes long_header = npy(header("|u1", "(0,)"), {}, 2);
    long_header[11] = 0x7f;
    CHECK(has(reading(folder, long_header), "expected at most 65536"));
    CHECK(has(error_of([&] { read_npy(folder.path); }), "is a folder; expected a file"));
}

TEST_CASE("pictures and labels come from two arrays") {
    const Folder folder;
    const auto x = folder.write("x.npy", npy(header("|u1", "(3, 2, 2)"), counting(12)));
    const auto y =
        folder.write("y.npy", npy(header("<i8", "(3,)"), {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                          0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
    const Images images = read_npy_images(x, y, "mine");
    check(images);
    CHECK(images.dims == Dims{1, 2, 2});
    CHECK(images.labels == std::vector<int>{4, 0, 1});
    CHECK(images.classes == 5);
    CHECK(images.pixels == counting(12));
    CHECK(read_npy_images(x, y, "mine", 7).classes == 7);
    CHECK(error_of([&] { read_npy_images(x, y, "mine", 4); }) ==
          y.string() + ": label 0 is 4; expected 0 to 3");
    CHECK(read_npy_images(folder.write("c.npy", npy(header("|u1", "(3, 1, 2, 3)"), counting(18))),
                          y, "color")
              .dims == Dims{3, 1, 2});
    const auto with = [&](std::string_view type, std::string_view shape, int bytes) {
        const auto path = folder.write("other.npy", npy(header(type, shape), counting(bytes)));
        return error_of([&] { read_npy_images(path, y, "mine"); });
    };
    CHECK(has(with("<f4", "(3, 1, 1)", 12),
              "other.npy: holds float32; expected pictures as uint8, 0 to 255"));
    CHECK(has(with("|u1", "(3, 4)", 12), "other.npy: has shape (3, 4); expected (images, height, "
                                         "width) or (images, height, width, channels)"));
    CHECK(has(
        with("|u1", "(3, 3, 2, 5)", 90),
        "other.npy: has shape (3, 3, 2, 5), which looks like (images, channels, height, width)"));
    CHECK(has(with("|u1", "(4, 1, 1)", 4), "other.npy: has 4 images, but "));
    CHECK(has(with("|u1", "(3, 0, 1)", 0), "expected 1 to 32768 for height, width and channels"));
    CHECK(has(with("|u1", "(0, 1, 1)", 0), "expected 1 to 2147483647 images"));
    const auto labeled = [&](std::string_view type, std::string_view shape, const Bytes& bytes) {
        const auto path = folder.write("other.npy", npy(header(type, shape), bytes));
        return error_of([&] { read_npy_images(x, path, "mine"); });
    };
    CHECK(has(labeled("|u1", "()", counting(1)), "other.npy: has shape (); expected (images), one "
                                                 "label for each, or (images, ...)"));
    CHECK(has(labeled("<f4", "(2,)", counting(8)), "3 images, but"));
    CHECK(has(labeled("<f2", "(3,)", counting(6)), "holds float16; expected float32 or float64"));
    CHECK(has(labeled("<f4", "(3, 0)", {}), "expected 1 to 1000000 target values"));
    CHECK(has(labeled("<f4", "(3,)", Bytes(12, 0xff)), "target value 0 of image 0 is"));
    CHECK(
        has(labeled("|i1", "(3,)", {0, 255, 0}), "other.npy: label 1 is -1; expected 0 to 999999"));
}

TEST_CASE("floats, truth values and rows of numbers are target values") {
    const Folder folder;
    const auto x = folder.write("x.npy", npy(header("|u1", "(2, 1, 2)"), counting(4)));
    const auto read = [&](std::string_view type, std::string_view shape, const Bytes& bytes) {
        return read_npy_images(x, folder.write("y.npy", npy(header(type, shape), bytes)), "mine");
    };
    const Images floats = read("<f4", "(2,)", {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0});
    CHECK(floats.size() == 2);
    CHECK(floats.target_size == 1);
    CHECK(floats.labels.empty());
    CHECK(floats.targets == std::vector<float>{1, -2});
    const Images wide =
        read(">f8", "(2, 1)", {0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0});
    CHECK(wide.targets == std::vector<float>{0.5f, -1});
    const Images several = read("|i1", "(2, 3)", {0, 1, 2, 253, 254, 255});
    CHECK(several.target_size == 3);
    CHECK(several.targets == std::vector<float>{0, 1, 2, -3, -2, -1});
    CHECK(read("|b1", "(2, 2)", {1, 0, 0, 7}).targets == std::vector<float>{1, 0, 0, 1});
    CHECK(read("|b1", "(2, 1)", {1, 0}).targets == std::vector<float>{1, 0});
    // a column of integers, as Keras has them, is one class number for each image
    const Images column = read("<i8", "(2, 1)", {3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0});
    CHECK(column.target_size == 0);
    CHECK(column.labels == std::vector<int>{3, 1});
    CHECK(column.classes == 4);
    CHECK(has(error_of([&] {
                  read_npy_images(x, folder.write("y.npy", npy(header("<f4", "(2,)"), counting(8))),
                                  "mine", 3);
              }),
              "holds float32 of shape (2); expected labels as integers of shape (images)"));
}

TEST_CASE("a folder of four arrays is a data set") {
    const Folder folder;
    folder.write("x_train.npy", npy(header("|u1", "(2, 1, 2)"), counting(4)));
    folder.write("y_train.npy", npy(header("|u1", "(2,)"), {2, 0}));
    CHECK(has(error_of([&] { npy_set(folder.path); }), "x_test.npy: no such file"));
    folder.write("x_test.npy", npy(header("|u1", "(1, 1, 2)"), counting(2)));
    folder.write("y_test.npy", npy(header("|u1", "(1,)"), {1}));
    const Splits set = npy_set(folder.path);
    CHECK(set.train.classes == 3);
    CHECK(set.test.classes == 3);
    CHECK(set.train.name == folder.path.filename().string() + " train");
    folder.write("y_test.npy", npy(header("|u1", "(1,)"), {3}));
    CHECK(
        has(error_of([&] { npy_set(folder.path); }), "y_test.npy: label 0 is 3; expected 0 to 2"));
    folder.write("y_test.npy", npy(header("|u1", "(1,)"), {1}));
    folder.write("x_test.npy", npy(header("|u1", "(1, 2, 1)"), counting(2)));
    CHECK(
        has(error_of([&] { npy_set(folder.path); }), "x_test.npy: its pictures have another size"));
}
