// SPDX-License-Identifier: Apache-2.0
// stl10-inl: the bodies of stl10.
#pragma once
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <collab/core/error.hpp>
#include <collab/data/cifar.hpp>
#include <collab/data/file.hpp>
#include <collab/data/stl10.hpp>

namespace collab {
namespace detail {
inline std::filesystem::path stl10_folder(const std::filesystem::path& folder) {
    check_folder(folder, "the binary version of STL-10");
    std::error_code error;
    if (std::filesystem::exists(folder / "train_X.bin", error))
        return folder;
    if (const auto below = folder / "stl10_binary"; std::filesystem::is_directory(below, error))
        return below;
    fail(folder.string(), ": no file of STL-10; tried train_X.bin and stl10_binary/train_X.bin",
         instead_of("the binary version, stl10_binary.tar.gz,", folder,
                    {"stl10_matlab", "train.mat"}));
}
}  // namespace detail
COLLAB_COMPILED Images read_stl10(const Path& images_path, const Path& labels_path) {
    using namespace detail;
    Images images{
        Dims{3, stl10_side, stl10_side},
        10,
        {},
        {},
        "STL-10",
        {"airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"}};
    InputFile labels(labels_path.text);
    InputFile pixels(images_path.text);
    const std::uint64_t count = pixels.size() / stl10_record;
    const std::uint64_t rest = pixels.size() % stl10_record;
    if (rest != 0)
        fail(pixels.name(), ": ", pixels.size(), " bytes are ", count, " images of ", stl10_record,
             " bytes and ", rest, " more; expected whole images (truncated?)");
    if (count > 10'000'000)
        fail(pixels.name(), ": ", count, " images; expected at most 10000000");
    if (labels.size() != count)
        fail(pixels.name(), ": has ", count, " images, but ", labels.name(), " has ", labels.size(),
             " labels; expected as many of both");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
    if (labels.read(bytes.data(), bytes.size()) != bytes.size())
        fail(labels.name(), ": ends before its ", count, " labels");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] < 1 || bytes[i] > images.classes)
            fail(labels.name(), ": label ", i, " is ", bytes[i], "; expected 1 to ",
                 images.classes);
        images.labels.push_back(bytes[i] - 1);
    }
    images.pixels.resize(bytes.size() * stl10_record);  // the file's own size
    std::vector<std::uint8_t> record(stl10_record);
    std::uint8_t* out = images.pixels.data();
    for (std::uint64_t i = 0; i < count; ++i) {
        if (pixels.read(record.data(), record.size()) != record.size())
            fail(pixels.name(), ": ends within image ", i, " of ", count);
        for (std::size_t y = 0; y < stl10_side; ++y)
            for (std::size_t x = 0; x < stl10_side; ++x)
                for (std::size_t c = 0; c < 3; ++c)
                    *out++ = record[c * stl10_area + x * stl10_side + y];
    }
    return images;
}
COLLAB_COMPILED COLLAB_COLD Splits stl10(const Path& folder) {
    const auto place = detail::stl10_folder(folder.text);
    Splits set{read_stl10(place / "train_X.bin", place / "train_y.bin"),
               read_stl10(place / "test_X.bin", place / "test_y.bin")};
    std::error_code error;
    if (const auto names = place / "class_names.txt"; std::filesystem::exists(names, error))
        set.train.class_names = set.test.class_names = detail::read_names(names, set.train.classes);
    set.train.name += " train";
    set.test.name += " test";
    return set;
}
COLLAB_COMPILED COLLAB_COLD std::vector<std::vector<int>> read_folds(const Path& path, int images) {
    detail::InputFile file(path.text);
    if (file.size() > 64u << 20)
        fail(file.name(), ": ", file.size(),
             " bytes; expected a list of numbers of at most 64 MiB");
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    text.resize(file.read(text.data(), text.size()));
    std::vector<std::vector<int>> folds;
    std::vector<bool> seen;
    int line = 0;
    for (std::string_view rest = text; !rest.empty();) {
        std::string_view row = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), row.size() + 1));
        ++line;
        std::vector<int> fold;
        seen.assign(static_cast<std::size_t>(images), false);
        for (;;) {
            const std::size_t at = row.find_first_not_of(" \t\r");
            if (at == std::string_view::npos)
                break;
            row.remove_prefix(at);
            const std::string_view word = row.substr(0, row.find_first_of(" \t\r"));
            int index = -1;
            const auto [end, error] =
                std::from_chars(word.data(), word.data() + word.size(), index);
            if (error != std::errc() || end != word.data() + word.size() || index < 0 ||
                index >= images)
                fail(file.name(), ": \"", word.substr(0, 40), "\" in line ", line,
                     "; expected indices of images, 0 to ", images - 1);
            if (seen[static_cast<std::size_t>(index)])
                fail(file.name(), ": index ", index, " stands twice in line ", line);
            seen[static_cast<std::size_t>(index)] = true;
            fold.push_back(index);
            row.remove_prefix(word.size());
        }
        if (!fold.empty())
            folds.push_back(std::move(fold));
    }
    if (folds.empty())
        fail(file.name(), ": no numbers; expected a fold on each line");
    return folds;
}
COLLAB_COMPILED COLLAB_COLD std::vector<std::vector<int>> stl10_folds(const Path& folder,
                                                                      int images) {
    const auto path = detail::stl10_folder(folder.text) / "fold_indices.txt";
    auto folds = read_folds(path, images);
    if (folds.size() != 10)
        fail(path.string(), ": ", folds.size(), " folds; expected 10");
    return folds;
}
}  // namespace collab
