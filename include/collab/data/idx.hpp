// SPDX-License-Identifier: Apache-2.0
// idx: the files of MNIST and of the sets made in its image, plain or gzipped. Needs zlib.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/gzip.hpp>
#include <collab/data/images.hpp>

namespace collab {
namespace detail {

/// The content of one IDX file of bytes: 1 extent for labels, 3 (count, rows, columns) for images.
struct IdxFile {
    std::array<std::uint32_t, 3> extents{1, 1, 1};
    std::vector<std::uint8_t> bytes;
};

inline std::string hexadecimal(std::uint32_t v) {
    std::string s = "0x";
    for (int shift = 28; shift >= 0; shift -= 4)
        s += "0123456789abcdef"[v >> shift & 15];
    return s;
}

inline IdxFile read_idx_file(const std::filesystem::path& path, int rank) {
    ByteReader reader(path);
    const std::string& name = reader.name();
    const std::string_view what = rank == 1 ? "labels" : "images";
    const auto header = static_cast<std::size_t>(4 + 4 * rank);
    std::uint8_t head[16];
    const std::size_t got = reader.read(head, header);
    const auto word = [&](int i) {
        return std::uint32_t(head[4 * i]) << 24 | std::uint32_t(head[4 * i + 1]) << 16 |
               std::uint32_t(head[4 * i + 2]) << 8 | head[4 * i + 3];
    };
    const std::uint32_t magic = 0x0800u + static_cast<std::uint32_t>(rank);  // 8: unsigned bytes
    if (got >= 4 && word(0) != magic)
        fail(name, ": starts with ", hexadecimal(word(0)),
             word(0) == 0x0803u   ? " (a file of images)"
             : word(0) == 0x0801u ? " (a file of labels)"
                                  : "",
             "; expected ", hexadecimal(magic), ", an IDX file of ", what);
    if (got < header)
        fail(name, ": ends after ", got, " bytes; the header of an IDX file of ", what, " takes ",
             header, " (truncated?)");

    IdxFile file;
    for (int i = 0; i < rank; ++i)
        file.extents[static_cast<std::size_t>(i)] = word(i + 1);
    const auto [count, rows, columns] = file.extents;
    if (count < 1 || count > 0x7fffffffu)
        fail(name, ": the header says ", count, " ", what, "; expected 1 to 2147483647");
    if (rows < 1 || rows > 32768 || columns < 1 || columns > 32768)
        fail(name, ": the header says images of ", rows, " x ", columns,
             "; expected 1 to 32768 on each side");
    const std::uint64_t promised = std::uint64_t(count) * rows * columns;  // below 2^61
    const std::string claim = rank == 1 ? sentence("the header says ", count, " labels")
                                        : sentence("the header says ", count, " images of ", rows,
                                                   " x ", columns, ", ", promised, " bytes");
    // Nothing is allocated on the word of the header alone: a plain file shows its size, an
    // inflated one is held as it arrives.
    if (!reader.gzip() && promised != reader.most() - header)
        fail(name, ": ", claim, ", but ", reader.most() - header, " bytes follow it",
             promised > reader.most() - header ? " (truncated?)" : " (trailing bytes?)");
    if (promised > reader.most())
        fail(name, ": ", claim, "; so small a gzip file holds at most ", reader.most());
    while (file.bytes.size() < promised) {
        const std::size_t at = file.bytes.size();
        const std::uint64_t step = reader.gzip() ? std::max<std::uint64_t>(at, 1u << 20) : promised;
        file.bytes.resize(static_cast<std::size_t>(std::min(promised, at + step)));
        const std::size_t read = reader.read(file.bytes.data() + at, file.bytes.size() - at);
        if (read < file.bytes.size() - at)
            fail(name, ": ", claim, ", but only ", at + read, " bytes follow it (truncated?)");
    }
    std::uint8_t beyond;
    if (reader.read(&beyond, 1) != 0)
        fail(name, ": ", claim, ", but more bytes follow (trailing bytes?)");
    return file;
}

}  // namespace detail

/// Images and labels from two IDX files, each plain or gzipped: the content tells, not the name.
/// One channel.
inline Images read_idx(const std::filesystem::path& images_path,
                       const std::filesystem::path& labels_path, std::string name, int classes) {
    if (classes < 1)
        fail(name, ": ", classes, " classes; expected at least 1");
    detail::IdxFile labels = detail::read_idx_file(labels_path, 1);
    detail::IdxFile images = detail::read_idx_file(images_path, 3);
    if (images.extents[0] != labels.extents[0])
        fail(images_path.string(), ": has ", images.extents[0], " images, but ",
             labels_path.string(), " has ", labels.extents[0], " labels; expected as many of both");
    for (std::size_t i = 0; i < labels.bytes.size(); ++i)
        if (labels.bytes[i] >= classes)
            fail(labels_path.string(), ": label ", i, " is ", labels.bytes[i], "; expected 0 to ",
                 classes - 1);
    return {Dims{1, static_cast<int>(images.extents[1]), static_cast<int>(images.extents[2])},
            classes,
            std::move(images.bytes),
            std::vector<int>(labels.bytes.begin(), labels.bytes.end()),
            std::move(name),
            {}};
}

namespace detail {

/// One part of a folder of MNIST's layout: `prefix` is "train" or "t10k".
inline Images read_idx_part(const std::filesystem::path& folder, std::string_view name,
                            const std::vector<std::string>& class_names, std::string_view label,
                            std::string_view prefix) {
    const auto find = [&](std::string_view what, std::string_view kind) {
        const std::string dash = sentence(prefix, "-", what, "-", kind);
        const std::string dot = sentence(prefix, "-", what, ".", kind);
        return find_file(folder, sentence(name, " ", label, " ", what),
                         {dash, dot, dash + ".gz", dot + ".gz"});
    };
    const auto path = find("images", "idx3-ubyte");
    Images images = read_idx(path, find("labels", "idx1-ubyte"), sentence(name, " ", label),
                             static_cast<int>(class_names.size()));
    if (images.dims != Dims{1, 28, 28})
        fail(path.string(), ": images of ", images.dims.height, " x ", images.dims.width,
             "; those of ", name, " are 28 x 28");
    images.class_names = class_names;
    return images;
}
/// Where the files lie: in the folder, or below it as torchvision lays them out, whose name for the
/// set is given.
inline std::filesystem::path idx_place(const std::filesystem::path& folder,
                                       std::string_view torchvision) {
    std::error_code error;
    std::filesystem::directory_iterator it(folder, error);
    for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error))
        if (it->path().filename().string().find("-ubyte") != std::string::npos)
            return folder;
    for (const auto& below : {folder / "raw", folder / torchvision / "raw"})
        if (std::filesystem::is_directory(below, error))
            return below;
    return folder;
}
/// MNIST, or a set of its layout.
struct IdxSet {
    std::string_view name;
    std::string_view torchvision;  ///< what that library calls its folder of the set
    std::vector<std::string> class_names;

    Images train(const std::filesystem::path& folder) const {
        return read_idx_part(idx_place(folder, torchvision), name, class_names, "train", "train");
    }
    Images test(const std::filesystem::path& folder) const {
        return read_idx_part(idx_place(folder, torchvision), name, class_names, "test", "t10k");
    }
};
inline IdxSet mnist_set() {
    return {"MNIST", "MNIST", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
}
inline IdxSet fashion_mnist_set() {
    return {"Fashion-MNIST",
            "FashionMNIST",
            {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
             "Bag", "Ankle boot"}};
}

}  // namespace detail

/// MNIST: 28 x 28, ten digits. `folder` holds train-images-idx3-ubyte and its three companions, or
/// a folder `raw` or `MNIST/raw` does, as torchvision lays them out; a dot in place of the last
/// dash and a final .gz are accepted.
inline Splits mnist(const std::filesystem::path& folder) {
    const detail::IdxSet set = detail::mnist_set();
    return {set.train(folder), set.test(folder)};
}

/// Fashion-MNIST: files, sizes and number of classes of MNIST; below `raw` or `FashionMNIST/raw`,
/// too.
inline Splits fashion_mnist(const std::filesystem::path& folder) {
    const detail::IdxSet set = detail::fashion_mnist_set();
    return {set.train(folder), set.test(folder)};
}

}  // namespace collab
