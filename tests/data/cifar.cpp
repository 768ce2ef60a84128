// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/cifar.hpp>

#include "temporary.hpp"

using namespace collab;
namespace fs = std::filesystem;

namespace {

std::uint8_t value(int record, int channel, int pixel) {
    return static_cast<std::uint8_t>(record * 7 + channel * 85 + pixel * 3 + pixel / 256);
}

/// Records whose labels count up from `label`; those of CIFAR-100 have a coarse one before.
Bytes records(int count, int label, bool hundred = false) {
    Bytes bytes;
    for (int r = 0; r < count; ++r) {
        if (hundred)
            bytes.push_back(static_cast<std::uint8_t>((label + r) % 100 / 5));
        bytes.push_back(static_cast<std::uint8_t>((label + r) % (hundred ? 100 : 10)));
        for (int c = 0; c < 3; ++c)
            for (int p = 0; p < 1024; ++p)
                bytes.push_back(value(r, c, p));
    }
    return bytes;
}
void write_set(const Folder& folder, const std::string& below, int each) {
    for (int b = 1; b <= 5; ++b)
        folder.write(sentence(below, "data_batch_", b, ".bin"), records(each, b));
    folder.write(below + "test_batch.bin", records(each, 7));
}
std::string loading(const Folder& folder) {
    return error_of([&] { cifar10(folder.path); });
}

}  // namespace

TEST_CASE("planes of red, green and blue become pixels of three channels") {
    const Folder folder;
    const Images images = read_cifar10(folder.write("some.bin", records(3, 4)));
    check(images);
    CHECK(images.dims == Dims{3, 32, 32});
    CHECK(images.labels == std::vector<int>{4, 5, 6});
    CHECK(images.class_names[3] == "cat");
    int wrong = 0;
    for (int r = 0; r < 3; ++r)
        for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 32; ++x)
                for (int c = 0; c < 3; ++c)
                    wrong += images.image(r)[(y * 32 + x) * 3 + c] != value(r, c, y * 32 + x);
    CHECK(wrong == 0);
}

TEST_CASE("CIFAR-10 is read from the folder and from the folder below it") {
    for (const std::string below : {"", "cifar-10-batches-bin/"}) {
        const Folder folder;
        write_set(folder, below, 2);
        const Splits set = cifar10(folder.path);
        check(set.train);
        CHECK(set.train.labels == std::vector<int>{1, 2, 2, 3, 3, 4, 4, 5, 5, 6});
        CHECK(set.test.labels == std::vector<int>{7, 8});
        CHECK(set.train.image(9)[2] == value(1, 2, 0));
        CHECK(set.train.class_names.back() == "truck");
        const std::string_view names = "a\nb\r\nc\nd\ne\nf\ng\nh\ni\nj\n\n";
        folder.write(below + "batches.meta.txt", Bytes(names.begin(), names.end()));
        CHECK(cifar10(folder.path).test.class_names ==
              std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
        folder.write(below + "batches.meta.txt", {'a', '\n', 'b'});
        CHECK(
            has(loading(folder), "batches.meta.txt: 2 class names; expected 10, one on each line"));
    }
}

TEST_CASE("a CIFAR file cut or lengthened within a record is refused") {
    const Folder folder;
    const Bytes whole = records(2, 0);
    for (const std::size_t n : {1u, 2u, 1024u, 3072u, 3074u, 6145u}) {
        const auto path = folder.write("cut.bin", first(whole, n));
        CHECK(error_of([&] { read_cifar10(path); }) ==
              sentence(path.string(), ": ", n, " bytes are ", n / 3073,
                       " records of 3073 bytes and ", n % 3073,
                       " more; expected whole records (truncated?)"));
    }
    const auto path = folder.write("long.bin", joined(whole, {1}));
    CHECK(has(error_of([&] { read_cifar10(path); }),
              "6147 bytes are 2 records of 3073 bytes and 1 more"));
}

TEST_CASE("a CIFAR label out of range is named with its place") {
    const Folder folder;
    Bytes bytes = records(3, 0);
    bytes[2 * 3073] = 10;
    const auto path = folder.write("bad.bin", bytes);
    CHECK(error_of([&] { read_cifar10(path); }) ==
          path.string() + ": label 2 is 10; expected 0 to 9");
}

TEST_CASE("CIFAR-10 with a file missing, empty, a folder or of another length is refused") {
    Folder folder;
    CHECK(loading(folder) == folder.path.string() + ": no file of CIFAR-10; tried data_batch_1.bin "
                                                    "and cifar-10-batches-bin/data_batch_1.bin");
    write_set(folder, "", 2);
    CHECK(loading(folder).empty());
    const auto third = folder.path / "data_batch_3.bin";
    folder.write("data_batch_3.bin", records(1, 0));
    CHECK(loading(folder) == third.string() + ": 1 images, but " +
                                 (folder.path / "data_batch_1.bin").string() +
                                 " has 2; expected as many in each file");
    folder.write("data_batch_3.bin", {});
    CHECK(loading(folder) == third.string() + ": is empty");
    fs::remove(third);
    CHECK(loading(folder) == third.string() + ": no such file");
    fs::create_directory(third);
    CHECK(loading(folder) == third.string() + ": is a folder; expected a file");
    fs::remove(third);
    folder.write("data_batch_3.bin", records(2, 0));
    folder.write("test_batch.bin", records(3, 0));
    CHECK(has(loading(folder), "test_batch.bin: 3 images, but "));
    CHECK(has(error_of([&] { cifar10(folder.path / "none"); }),
              "none: no such folder; expected one with the binary version of CIFAR-10"));
    CHECK(has(error_of([&] { cifar10(third); }),
              "data_batch_3.bin: is not a folder; expected one with"));
}

TEST_CASE("where another version of CIFAR lies, or a packed one, the error says so") {
    const auto told = [](auto&& read, const std::string& name, std::string_view words) {
        const Folder folder;
        folder.write(name, {1});
        const std::string error = error_of([&] { read(folder.path); });
        CHECK_MESSAGE(has(error, words), error);
    };
    const auto ten = [](const fs::path& folder) { cifar10(folder); };
    const auto hundred = [](const fs::path& folder) { cifar100(folder); };
    told(ten, "cifar-10-batches-py/data_batch_1",
         "; cifar-10-batches-py is of the version for Python or Matlab, and only the binary "
         "version, cifar-10-binary.tar.gz, is read");
    told(ten, "data_batch_1", "; data_batch_1 is of the version for Python");
    told(ten, "cifar-10-binary.tar.gz", "; cifar-10-binary.tar.gz is there, an archive: unpack it");
    told(hundred, "cifar-100-python/train", "; cifar-100-python is of the version for Python");
    told(hundred, "train", "; train is of the version for Python");
    told(hundred, "cifar.zip", "; cifar.zip is there, an archive: unpack it");
    const Folder folder;
    const auto archive = folder.write("cifar-10-binary.tar.gz", {1});
    CHECK(error_of([&] { cifar10(archive); }) ==
          archive.string() + ": is not a folder; expected one with the binary version of CIFAR-10; "
                             "unpack this archive");
}

TEST_CASE("CIFAR-100 has fine and coarse labels") {
    const Folder folder;
    const auto path = folder.write("some.bin", records(3, 58, true));
    const Images fine = read_cifar100(path);
    const Images coarse = read_cifar100(path, Cifar100Labels::coarse);
    check(fine);
    check(coarse);
    CHECK(fine.classes == 100);
    CHECK(coarse.classes == 20);
    CHECK(fine.labels == std::vector<int>{58, 59, 60});
    CHECK(coarse.labels == std::vector<int>{11, 11, 12});
    CHECK(fine.pixels == coarse.pixels);
    int wrong = 0;
    for (int r = 0; r < 3; ++r)
        for (int p = 0; p < 1024; ++p)
            for (int c = 0; c < 3; ++c)
                wrong += fine.image(r)[p * 3 + c] != value(r, c, p);
    CHECK(wrong == 0);
}

TEST_CASE("CIFAR-100 is read from the folder and from the folder below it, with its names") {
    for (const std::string below : {"", "cifar-100-binary/"}) {
        const Folder folder;
        CHECK(has(error_of([&] { cifar100(folder.path); }),
                  ": no file of CIFAR-100; tried train.bin and cifar-100-binary/train.bin"));
        folder.write(below + "train.bin", records(10, 5, true));
        folder.write(below + "test.bin", records(2, 90, true));
        CHECK(cifar100(folder.path).train.name == "CIFAR-100 train");
        CHECK(cifar100(folder.path).test.labels == std::vector<int>{90, 91});
        CHECK(cifar100(folder.path, Cifar100Labels::coarse).test.labels ==
              std::vector<int>{18, 18});
        Bytes names;
        for (int i = 0; i < 20; ++i)
            names = joined(names, {static_cast<std::uint8_t>('a' + i), '\n'});
        folder.write(below + "coarse_label_names.txt", names);
        CHECK(cifar100(folder.path, Cifar100Labels::coarse).train.class_names[19] == "t");
        CHECK(cifar100(folder.path).train.class_names.empty());
        folder.write(below + "fine_label_names.txt", names);
        CHECK(has(error_of([&] { cifar100(folder.path); }),
                  "fine_label_names.txt: 20 class names; expected 100"));
        folder.write(below + "test.bin", records(3, 90, true));
        CHECK(has(error_of([&] { cifar100(folder.path); }), "train.bin: 10 images, but "));
    }
}

TEST_CASE("a CIFAR-100 file that is cut, or has a label out of range, is refused") {
    const Folder folder;
    Bytes bytes = records(2, 0, true);
    for (const std::size_t n : {1u, 2u, 3073u, 3075u}) {
        const auto path = folder.write("cut.bin", first(bytes, n));
        CHECK(has(error_of([&] { read_cifar100(path); }),
                  sentence("cut.bin: ", n, " bytes are ", n / 3074, " records of 3074 bytes and ",
                           n % 3074, " more")));
    }
    bytes[3074] = 20;
    bytes[3075] = 100;
    const auto path = folder.write("bad.bin", bytes);
    CHECK(error_of([&] { read_cifar100(path); }) ==
          path.string() + ": label 1 is 100; expected 0 to 99");
    CHECK(error_of([&] { read_cifar100(path, Cifar100Labels::coarse); }) ==
          path.string() + ": label 1 is 20; expected 0 to 19");
}
