// SPDX-License-Identifier: Apache-2.0
// cifar: the binary version of CIFAR-10.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/file.hpp>
#include <collab/data/images.hpp>

namespace collab {
namespace detail {

inline constexpr int cifar_side = 32, cifar_area = cifar_side * cifar_side, cifar_record = 1 + 3 * cifar_area;

/// Adds the records of one file: a label, then the planes of red, green and blue. Returns how many there were.
inline int append_cifar(Images& images, const std::filesystem::path& path) {
    InputFile file(path);
    const std::uint64_t count = file.size() / cifar_record, rest = file.size() % cifar_record;
    if (rest != 0)
        fail(file.name(), ": ", file.size(), " bytes are ", count, " records of ", cifar_record, " bytes and ", rest,
             " more; expected whole records (truncated?)");
    if (count > 10'000'000) fail(file.name(), ": ", count, " records; expected at most 10000000");
    std::array<std::uint8_t, cifar_record> record;
    std::size_t at = images.pixels.size();
    images.pixels.resize(at + static_cast<std::size_t>(count) * (cifar_record - 1));   // no more than the file's own size
    for (std::uint64_t i = 0; i < count; ++i) {
        if (file.read(record.data(), record.size()) != record.size()) fail(file.name(), ": ends within record ", i, " of ", count);
        if (record[0] >= images.classes) fail(file.name(), ": label ", i, " is ", record[0], "; expected 0 to ", images.classes - 1);
        images.labels.push_back(record[0]);
        for (std::size_t p = 0; p < cifar_area; ++p)
            for (std::size_t c = 0; c < 3; ++c) images.pixels[at++] = record[1 + c * cifar_area + p];
    }
    return static_cast<int>(count);
}

/// One name a line; blank lines do not count.
inline std::vector<std::string> read_names(const std::filesystem::path& path, int expected) {
    InputFile file(path);
    if (file.size() > 65536) fail(file.name(), ": ", file.size(), " bytes; expected a short list of class names");
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    text.resize(file.read(text.data(), text.size()));
    std::vector<std::string> names(1);
    for (const char c : text) {
        if (c == '\n' && !names.back().empty()) names.emplace_back();
        else if (c != '\n' && c != '\r') names.back() += c;
    }
    if (names.back().empty()) names.pop_back();
    if (names.size() != static_cast<std::size_t>(expected))
        fail(file.name(), ": ", names.size(), " class names; expected ", expected, ", one on each line");
    return names;
}

}  // namespace detail

/// The records of one file of the binary version of CIFAR-10.
inline Images read_cifar10(const std::filesystem::path& path) {
    Images images{Dims{3, detail::cifar_side, detail::cifar_side}, 10, {}, {}, "CIFAR-10",
                  {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}};
    detail::append_cifar(images, path);
    return images;
}

/// CIFAR-10: data_batch_1.bin to data_batch_5.bin and test_batch.bin, in `folder` or in its cifar-10-batches-bin; class names from
/// batches.meta.txt if it is there. The six files must be of one length, since a file cut after a whole record shows no other sign.
inline DataSet cifar10(const std::filesystem::path& folder) {
    detail::check_folder(folder, "the binary version of CIFAR-10");
    std::error_code error;
    const auto below_it = folder / "cifar-10-batches-bin";
    const bool below = !std::filesystem::exists(folder / "data_batch_1.bin", error) && std::filesystem::is_directory(below_it, error);
    const auto place = below ? below_it : folder;
    if (!below && !std::filesystem::exists(folder / "data_batch_1.bin", error))
        fail(folder.string(), ": no file of CIFAR-10; tried data_batch_1.bin and cifar-10-batches-bin/data_batch_1.bin");
    const auto first = place / "data_batch_1.bin";
    DataSet set;
    set.train = read_cifar10(first);
    const int each = set.train.size();
    const auto as_long = [&](int count, const std::filesystem::path& path) {
        if (count != each) fail(path.string(), ": ", count, " images, but ", first.string(), " has ", each, "; expected as many in each file");
    };
    set.train.pixels.reserve(5 * set.train.pixels.size());
    for (int batch = 2; batch <= 5; ++batch) {
        const auto path = place / sentence("data_batch_", batch, ".bin");
        as_long(detail::append_cifar(set.train, path), path);
    }
    const auto test = place / "test_batch.bin";
    set.test = read_cifar10(test);
    as_long(set.test.size(), test);
    if (const auto names = place / "batches.meta.txt"; std::filesystem::exists(names, error))
        set.train.class_names = set.test.class_names = detail::read_names(names, set.train.classes);
    set.train.name += " train", set.test.name += " test";
    return set;
}

}  // namespace collab
