// SPDX-License-Identifier: Apache-2.0
// cifar-inl: the bodies of cifar.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include <collab/core/error.hpp>
#include <collab/data/cifar.hpp>
#include <collab/data/file.hpp>

namespace collab::detail {
COLLAB_COMPILED int append_cifar(Images& images, const Path& path, std::size_t labels,
                                 std::size_t which) {
    InputFile file(path.text);
    const std::size_t bytes = labels + 3 * cifar_area;
    const std::uint64_t count = file.size() / bytes;
    const std::uint64_t rest = file.size() % bytes;
    if (rest != 0)
        fail(file.name(), ": ", file.size(), " bytes are ", count, " records of ", bytes,
             " bytes and ", rest, " more; expected whole records (truncated?)");
    if (count > 10'000'000)
        fail(file.name(), ": ", count, " records; expected at most 10000000");
    std::array<std::uint8_t, 2 + 3 * cifar_area> record;
    std::size_t at = images.pixels.size();
    // no more than the file's own size
    images.pixels.resize(at + static_cast<std::size_t>(count) * (bytes - labels));
    for (std::uint64_t i = 0; i < count; ++i) {
        if (file.read(record.data(), bytes) != bytes)
            fail(file.name(), ": ends within record ", i, " of ", count);
        if (record[which] >= images.classes)
            fail(file.name(), ": label ", i, " is ", record[which], "; expected 0 to ",
                 images.classes - 1);
        images.labels.push_back(record[which]);
        for (std::size_t p = 0; p < cifar_area; ++p)
            for (std::size_t c = 0; c < 3; ++c)
                images.pixels[at++] = record[labels + c * cifar_area + p];
    }
    return static_cast<int>(count);
}
COLLAB_COMPILED COLLAB_COLD std::vector<std::string> read_names(const Path& path, int expected) {
    InputFile file(path.text);
    if (file.size() > 65536)
        fail(file.name(), ": ", file.size(), " bytes; expected a short list of class names");
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    text.resize(file.read(text.data(), text.size()));
    std::vector<std::string> names(1);
    for (const char c : text) {
        if (c == '\n' && !names.back().empty())
            names.emplace_back();
        else if (c != '\n' && c != '\r')
            names.back() += c;
    }
    if (names.back().empty())
        names.pop_back();
    if (names.size() != static_cast<std::size_t>(expected))
        fail(file.name(), ": ", names.size(), " class names; expected ", expected,
             ", one on each line");
    return names;
}
}  // namespace collab::detail

namespace collab {
COLLAB_COMPILED COLLAB_COLD Images read_cifar10(const Path& path) {
    Images images{
        Dims{3, detail::cifar_side, detail::cifar_side},
        10,
        {},
        {},
        "CIFAR-10",
        {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}};
    detail::append_cifar(images, path);
    return images;
}
COLLAB_COMPILED COLLAB_COLD Splits cifar10(const Path& in) {
    const std::filesystem::path folder(in.text);
    detail::check_folder(folder, "the binary version of CIFAR-10");
    std::error_code error;
    const auto below_it = folder / "cifar-10-batches-bin";
    const bool below = !std::filesystem::exists(folder / "data_batch_1.bin", error) &&
                       std::filesystem::is_directory(below_it, error);
    const auto place = below ? below_it : folder;
    if (!below && !std::filesystem::exists(folder / "data_batch_1.bin", error))
        fail(folder.string(),
             ": no file of CIFAR-10; tried data_batch_1.bin and "
             "cifar-10-batches-bin/data_batch_1.bin",
             detail::instead_of("the binary version, cifar-10-binary.tar.gz,", folder,
                                {"cifar-10-batches-py", "cifar-10-batches-mat", "data_batch_1",
                                 "data_batch_1.mat"}));
    const auto first = place / "data_batch_1.bin";
    Splits set;
    set.train = read_cifar10(first);
    const int each = set.train.size();
    const auto as_long = [&](int count, const std::filesystem::path& path) {
        if (count != each)
            fail(path.string(), ": ", count, " images, but ", first.string(), " has ", each,
                 "; expected as many in each file");
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
    set.train.name += " train";
    set.test.name += " test";
    return set;
}
COLLAB_COMPILED COLLAB_COLD Images read_cifar100(const Path& path, Cifar100Labels labels) {
    const bool fine = labels == Cifar100Labels::fine;
    Images images{Dims{3, detail::cifar_side, detail::cifar_side},
                  fine ? 100 : 20,
                  {},
                  {},
                  fine ? "CIFAR-100" : "CIFAR-100 (20 groups)",
                  {}};
    // a record: coarse label, fine label, pixels
    detail::append_cifar(images, path, 2, fine ? 1 : 0);
    return images;
}
COLLAB_COMPILED COLLAB_COLD Splits cifar100(const Path& in, Cifar100Labels labels) {
    const std::filesystem::path folder(in.text);
    detail::check_folder(folder, "the binary version of CIFAR-100");
    std::error_code error;
    const auto below = folder / "cifar-100-binary";
    const bool here = std::filesystem::exists(folder / "train.bin", error);
    if (!here && !std::filesystem::is_directory(below, error))
        fail(folder.string(),
             ": no file of CIFAR-100; tried train.bin and cifar-100-binary/train.bin",
             detail::instead_of("the binary version, cifar-100-binary.tar.gz,", folder,
                                {"cifar-100-python", "cifar-100-matlab", "train", "train.mat"}));
    const auto place = here ? folder : below;
    const auto train = place / "train.bin";
    const auto test = place / "test.bin";
    Splits set{read_cifar100(train, labels), read_cifar100(test, labels)};
    if (set.train.size() != 5 * static_cast<std::int64_t>(set.test.size()))
        fail(train.string(), ": ", set.train.size(), " images, but ", test.string(), " has ",
             set.test.size(), "; expected five times as many for training");
    if (const auto names = place / (labels == Cifar100Labels::fine ? "fine_label_names.txt"
                                                                   : "coarse_label_names.txt");
        std::filesystem::exists(names, error))
        set.train.class_names = set.test.class_names = detail::read_names(names, set.train.classes);
    set.train.name += " train";
    set.test.name += " test";
    return set;
}
}  // namespace collab
