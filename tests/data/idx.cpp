// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <collab/data/idx.hpp>

#include "gzipped.hpp"
#include "temporary.hpp"

using namespace collab;
namespace fs = std::filesystem;

namespace {

Bytes word(std::uint32_t v) {
    return {static_cast<std::uint8_t>(v >> 24), static_cast<std::uint8_t>(v >> 16),
            static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
}
Bytes image_file(std::uint32_t count, std::uint32_t rows, std::uint32_t columns, std::size_t body) {
    Bytes bytes = joined(joined(word(0x803), word(count)), joined(word(rows), word(columns)));
    for (std::size_t i = 0; i < body; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i * 37 + 5));
    return bytes;
}
Bytes label_file(std::uint32_t count, const Bytes& labels) {
    return joined(joined(word(0x801), word(count)), labels);
}

/// A pair of files that is in order: 5 images of 4 x 3.
struct Pair {
    Folder folder;
    Bytes images = image_file(5, 4, 3, 60);
    Bytes labels = label_file(5, {0, 2, 1, 2, 0});

    std::string error(bool gz = false) const {
        const auto i = folder.write("images", gz ? gzipped(images) : images);
        const auto l = folder.write("labels", gz ? gzipped(labels) : labels);
        return error_of([&] { read_idx(i, l, "small", 3); });
    }
    std::string images_name() const { return (folder.path / "images").string(); }
    std::string labels_name() const { return (folder.path / "labels").string(); }
};

}  // namespace

TEST_CASE("an IDX pair is read back as written, plain and gzipped and mixed") {
    const Pair pair;
    for (const bool gz_images : {false, true})
        for (const bool gz_labels : {false, true}) {
            const auto i = pair.folder.write("i", gz_images ? gzipped(pair.images) : pair.images);
            const auto l = pair.folder.write("l", gz_labels ? gzipped(pair.labels) : pair.labels);
            const Images images = read_idx(i, l, "small", 3);
            CHECK(images.dims == Dims{1, 4, 3});
            CHECK(images.size() == 5);
            CHECK(images.classes == 3);
            CHECK(images.name == "small");
            CHECK(images.labels == std::vector<int>{0, 2, 1, 2, 0});
            CHECK(images.pixels == Bytes(pair.images.begin() + 16, pair.images.end()));
            CHECK(images.image(2)[0] == pair.images[16 + 24]);
            check(images);
        }
}

TEST_CASE("an IDX file cut anywhere is refused, plain and gzipped") {
    for (const bool gz : {false, true}) {
        Pair pair;
        const Bytes images = pair.images;
        const Bytes labels = pair.labels;
        for (std::size_t n = gz ? 0 : 1; n < images.size(); ++n) {
            pair.images = first(images, n);
            const std::string e = pair.error(gz);
            CHECK_MESSAGE(has(e, pair.images_name() + ": "), n);
            CHECK_MESSAGE(
                has(e, n < 4 || n >= 16
                           ? "(truncated?)"
                           : sentence("ends after ", n,
                                      " bytes; the header of an IDX file of images takes 16")),
                n);
        }
        pair.images = images;
        for (std::size_t n = gz ? 0 : 1; n < labels.size(); ++n) {
            pair.labels = first(labels, n);
            const std::string e = pair.error(gz);
            CHECK_MESSAGE(has(e, pair.labels_name() + ": "), n);
            CHECK_MESSAGE(has(e, "(truncated?)"), n);
        }
        pair.labels = labels;
        CHECK(pair.error(gz).empty());
    }
}

TEST_CASE("an IDX file that is compressed and then cut is refused at every length") {
    const Pair pair;
    const Bytes packed = gzipped(pair.images);
    const auto l = pair.folder.write("labels", pair.labels);
    for (std::size_t n = 1; n < packed.size(); ++n) {
        const auto i = pair.folder.write("images", first(packed, n));
        CHECK_MESSAGE(has(error_of([&] { read_idx(i, l, "small", 3); }), pair.images_name() + ": "),
                      n);
    }
}

TEST_CASE("a sentence of a truncated IDX file gives both numbers") {
    Pair pair;
    pair.images.pop_back();
    CHECK(pair.error() ==
          pair.images_name() +
              ": the header says 5 images of 4 x 3, 60 bytes, but 59 bytes follow it (truncated?)");
    CHECK(pair.error(true) == pair.images_name() + ": the header says 5 images of 4 x 3, 60 bytes, "
                                                   "but only 59 bytes follow it (truncated?)");
}

TEST_CASE("trailing bytes are refused, plain and gzipped") {
    Pair pair;
    pair.images.push_back(1);
    CHECK(pair.error() == pair.images_name() + ": the header says 5 images of 4 x 3, 60 bytes, but "
                                               "61 bytes follow it (trailing bytes?)");
    CHECK(pair.error(true) == pair.images_name() + ": the header says 5 images of 4 x 3, 60 bytes, "
                                                   "but more bytes follow (trailing bytes?)");
    pair.images.pop_back();
    pair.labels.push_back(1);
    CHECK(pair.error() ==
          pair.labels_name() +
              ": the header says 5 labels, but 6 bytes follow it (trailing bytes?)");
}

TEST_CASE("a wrong magic number is refused, and exchanged files are recognized") {
    Pair pair;
    for (const std::size_t byte : {0u, 1u, 2u, 3u}) {
        Pair bad;
        bad.images[byte] ^= 0x40;
        CHECK(has(bad.error(), bad.images_name() + ": starts with 0x"));
        CHECK(has(bad.error(), "; expected 0x00000803, an IDX file of images"));
    }
    std::swap(pair.images, pair.labels);
    CHECK(pair.error() == pair.labels_name() + ": starts with 0x00000803 (a file of images); "
                                               "expected 0x00000801, an IDX file of labels");
}

TEST_CASE("counts that cannot be true are refused before anything is allocated") {
    const struct {
        std::uint32_t count, rows, columns;
        const char* says;
    } cases[] = {
        {0, 4, 3, "the header says 0 images; expected 1 to 2147483647"},
        {0xffffffffu, 4, 3, "the header says 4294967295 images; expected 1 to 2147483647"},
        {0x7fffffffu, 4, 3, "bytes, but 60 bytes follow it (truncated?)"},
        {5, 0, 3, "the header says images of 0 x 3; expected 1 to 32768 on each side"},
        {5, 4, 0x80000000u,
         "the header says images of 4 x 2147483648; expected 1 to 32768 on each side"},
        {5, 32769, 1, "the header says images of 32769 x 1; expected 1 to 32768 on each side"},
        {5, 1, 32769, "the header says images of 1 x 32769; expected 1 to 32768 on each side"},
        {0x7fffffffu, 32768, 32768, "bytes, but 60 bytes follow it (truncated?)"},
    };
    for (const auto& c : cases) {
        Pair pair;
        pair.images = image_file(c.count, c.rows, c.columns, 60);
        CHECK_MESSAGE(has(pair.error(), pair.images_name() + ": "), c.says);
        CHECK_MESSAGE(has(pair.error(), c.says), c.says);
        const std::string packed = pair.error(true);
        CHECK_MESSAGE(has(packed, pair.images_name() + ": the header says"), c.says);
        if (has(c.says, "truncated"))
            CHECK_MESSAGE(has(packed, "; so small a gzip file holds at most"), packed);
    }
    Pair pair;
    pair.labels = label_file(0, {});
    CHECK(has(pair.error(), "the header says 0 labels; expected 1 to 2147483647"));
}

TEST_CASE("counts of images and labels must agree") {
    Pair pair;
    pair.labels = label_file(4, {0, 1, 2, 0});
    CHECK(pair.error() == pair.images_name() + ": has 5 images, but " + pair.labels_name() +
                              " has 4 labels; expected as many of both");
}

TEST_CASE("a label out of range is named with its place") {
    Pair pair;
    pair.labels[8 + 3] = 3;
    CHECK(pair.error() == pair.labels_name() + ": label 3 is 3; expected 0 to 2");
    pair.labels[8 + 3] = 255;
    CHECK(pair.error(true) == pair.labels_name() + ": label 3 is 255; expected 0 to 2");
}

TEST_CASE("MNIST is found under each of its names") {
    const Bytes images = image_file(2, 28, 28, 2 * 784);
    const Bytes labels = label_file(2, {9, 4});
    for (const std::string separator : {"-", "."})
        for (const bool gz : {false, true}) {
            const Folder folder;
            for (const std::string part : {"train", "t10k"}) {
                folder.write(part + "-images" + separator + "idx3-ubyte" + (gz ? ".gz" : ""),
                             gz ? gzipped(images) : images);
                folder.write(part + "-labels" + separator + "idx1-ubyte" + (gz ? ".gz" : ""),
                             gz ? gzipped(labels) : labels);
            }
            const Splits digits = mnist(folder.path);
            const Splits clothes = fashion_mnist(folder.path);
            CHECK(digits.train.name == "MNIST train");
            CHECK(digits.train.class_names[9] == "9");
            CHECK(digits.test.labels == std::vector<int>{9, 4});
            CHECK(clothes.test.class_names[9] == "Ankle boot");
            CHECK(clothes.train.pixels == digits.test.pixels);
        }
}

TEST_CASE("MNIST is found where torchvision keeps it") {
    const Bytes images = image_file(2, 28, 28, 2 * 784);
    const Bytes labels = label_file(2, {9, 4});
    for (const std::string below : {"raw/", "MNIST/raw/", "FashionMNIST/raw/"}) {
        const Folder folder;
        for (const std::string part : {"train", "t10k"}) {
            folder.write(below + part + "-images-idx3-ubyte", images);
            folder.write(below + part + "-labels-idx1-ubyte", labels);
        }
        const bool fashion = has(below, "Fashion");
        const Splits set = fashion ? fashion_mnist(folder.path) : mnist(folder.path);
        CHECK(set.test.labels == std::vector<int>{9, 4});
        // files in the folder itself come first
        folder.write("train-images-idx3-ubyte", {1});
        CHECK(has(error_of([&] { fashion ? fashion_mnist(folder.path) : mnist(folder.path); }),
                  (folder.path / "train-images-idx3-ubyte").string()) == false);
        CHECK(has(error_of([&] { fashion ? fashion_mnist(folder.path) : mnist(folder.path); }),
                  "no file of " + std::string(fashion ? "Fashion-MNIST" : "MNIST") +
                      " train labels"));
    }
}

TEST_CASE("MNIST that is missing or of another size is refused") {
    const Folder folder;
    const auto loading = [&] { return error_of([&] { mnist(folder.path); }); };
    CHECK(loading() == folder.path.string() +
                           ": no file of MNIST train images; tried train-images-idx3-ubyte, "
                           "train-images.idx3-ubyte, "
                           "train-images-idx3-ubyte.gz, train-images.idx3-ubyte.gz");
    fs::create_directories(folder.path / "train-images-idx3-ubyte");
    CHECK(has(loading(), "tried train-images-idx3-ubyte (a folder), train-images.idx3-ubyte"));
    const auto images = folder.write("train-images.idx3-ubyte", image_file(2, 27, 28, 2 * 27 * 28));
    CHECK(has(loading(), "no file of MNIST train labels; tried train-labels-idx1-ubyte, "));
    folder.write("train-labels.idx1-ubyte", label_file(2, {9, 4}));
    CHECK(loading() == images.string() + ": images of 27 x 28; those of MNIST are 28 x 28");
    folder.write("train-images.idx3-ubyte", image_file(2, 28, 28, 2 * 784));
    CHECK(has(loading(), "no file of MNIST test images; tried t10k-images-idx3-ubyte, "));
}

TEST_CASE("the real Fashion-MNIST, where this machine has it" *
          doctest::skip(!fs::is_directory("/usr/share/datasets/fashion-mnist"))) {
    const Splits set = fashion_mnist("/usr/share/datasets/fashion-mnist");
    CHECK(set.train.size() == 60000);
    CHECK(set.test.size() == 10000);
    CHECK(set.train.dims == Dims{1, 28, 28});
    CHECK(std::vector<int>(set.train.labels.begin(), set.train.labels.begin() + 5) ==
          std::vector<int>{9, 0, 0, 3, 0});
    const Statistics s = statistics(set.train);
    CHECK(s.mean[0] == doctest::Approx(0.2860).epsilon(1e-3));
    CHECK(s.stddev[0] == doctest::Approx(0.3530).epsilon(1e-3));
}
