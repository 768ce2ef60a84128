// SPDX-License-Identifier: Apache-2.0
// image_folder: JPEG and PNG files in a folder for each class, decoded when they are asked for.
// Needs libjpeg and libpng.
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
#include <collab/data/file.hpp>
#include <collab/data/images.hpp>
#include <collab/data/jpeg.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/picture.hpp>
#include <collab/data/png.hpp>
#include <collab/data/transforms.hpp>

namespace collab {

/// The picture of bytes that are a JPEG or a PNG file, which is told from the first of them. `name`
/// is for messages.
inline Picture decode_picture(const std::uint8_t* data, std::size_t size, std::string_view name,
                              int channels = 3) {
    if (size >= 2 && data[0] == 0xff && data[1] == 0xd8)
        return decode_jpeg(data, size, name, channels);
    if (size >= 4 && data[0] == 0x89 && data[1] == 'P' && data[2] == 'N' && data[3] == 'G')
        return decode_png(data, size, name, channels);
    fail(name, ": neither a JPEG nor a PNG file");
}

/// The picture of a JPEG or PNG file, whatever its name, in gray (1) or color (3).
inline Picture read_picture(const std::filesystem::path& path, int channels = 3) {
    detail::InputFile file(path);
    if (file.size() > 1u << 28)
        fail(file.name(), ": ", file.size(), " bytes; expected a picture of at most 268435456");
    thread_local std::vector<std::uint8_t> bytes;  // as large as the largest file of the thread
    bytes.resize(static_cast<std::size_t>(file.size()));
    const std::size_t got = file.read(bytes.data(), bytes.size());
    return decode_picture(bytes.data(), got, file.name(), channels);
}

/// The pictures below a folder, which has a folder for each class. A PictureSource: train on it
/// with `fit(training, train, test, options)` or with a Loader. Nothing but names is held in
/// memory.
struct ImageFolder {
    std::string name;
    std::filesystem::path root;
    /// the names of the folders, in the order of their bytes
    std::vector<std::string> class_names;
    std::vector<int> labels;
    std::vector<std::string> files;  ///< below the folder of their class
    int channels = 3;                ///< 1 to see everything in gray
    /// what lies among the pictures and is none by its name, below `root`: nothing reads it
    std::vector<std::string> left_out{};

    int size() const { return static_cast<int>(labels.size()); }
    int classes() const { return static_cast<int>(class_names.size()); }
    std::filesystem::path path(int index) const {
        if (index < 0 || index >= size())
            fail(name, ": there is no image ", index, " among ", size());
        return root /
               class_names[static_cast<std::size_t>(labels[static_cast<std::size_t>(index)])] /
               files[static_cast<std::size_t>(index)];
    }
    Picture picture(int index) const { return read_picture(path(index), channels); }
    Dims output(const Transform& transform) const { return transform.dims_of_any(channels); }
    /// What a Loader reads with; this folder must outlive it.
    PictureReader reader(const Transform& transform) const {
        return [this, augmenter = Augmenter::of_any_size(transform, channels)](
                   int index, Random random, bool training, float* out) {
            const auto file = path(index);
            const Picture p = read_picture(file, channels);
            augmenter.apply(p.pixels.data(), p.dims, file.string(), random, training, out);
            return labels[static_cast<std::size_t>(index)];
        };
    }
};

namespace detail {

/// Whether a name is one of those that unpacking, file servers and systems leave behind.
inline bool is_leftover(std::string_view name) {
    constexpr std::array<std::string_view, 8> known{
        "__MACOSX",   "@eaDir",    "#recycle",   "$RECYCLE.BIN", "System Volume Information",
        "lost+found", "Thumbs.db", "desktop.ini"};
    return std::find(known.begin(), known.end(), name) != known.end();
}

/// The names in a folder, sorted, without leftovers and those that begin with a dot.
inline std::vector<std::string> names_in(const std::filesystem::path& folder, bool folders) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        std::string name = it->path().filename().string();
        std::error_code ignored;
        if (!name.starts_with('.') && !is_leftover(name) && (!folders || it->is_directory(ignored)))
            names.push_back(std::move(name));
    }
    if (error)
        fail(folder.string(), ": cannot be listed (", error.message(), ")");
    std::sort(names.begin(), names.end());
    return names;
}

inline bool names_picture(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    std::string extension = dot == std::string::npos ? std::string() : name.substr(dot + 1);
    for (char& c : extension)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return extension == "jpg" || extension == "jpeg" || extension == "jpe" || extension == "jfif" ||
           extension == "png";
}
inline constexpr std::string_view picture_endings = ".jpg, .jpeg, .jpe, .jfif or .png";

/// Adds the pictures of one class; `folder` is its own.
inline void add_class(ImageFolder& images, const std::filesystem::path& folder, int label) {
    const std::size_t before = images.files.size();
    const std::size_t before_others = images.left_out.size();
    for (std::string& file : names_in(folder, false)) {
        if (names_picture(file)) {
            images.labels.push_back(label);
            images.files.push_back(std::move(file));
        } else {
            images.left_out.push_back(folder.filename().string() + "/" + file);
        }
    }
    const std::size_t others = images.left_out.size() - before_others;
    if (images.files.size() == before)
        fail(folder.string(), ": holds no picture (", picture_endings, ")",
             others > 0 ? sentence(", but ", others, others == 1 ? " other: " : " others, as ",
                                   images.left_out[before_others])
                        : std::string());
}

}  // namespace detail

/// Finds the files FOLDER/CLASS/NAME.jpg (.jpeg, .jpe, .jfif, .png, in letters of any case); others
/// are listed in `left_out`. Classes are numbered in the order of `class_names`, which must hold
/// every folder there is, or, where that is empty, in the order of the folders' names. Folders that
/// others leave behind, such as __MACOSX and lost+found, are no classes.
inline ImageFolder image_folder(const std::filesystem::path& folder,
                                std::vector<std::string> class_names = {}, int channels = 3) {
    detail::check_folder(folder, "a folder of pictures for each class");
    if (channels != 1 && channels != 3)
        fail(folder.string(), ": ", channels, " channels were asked for; expected 1 or 3");
    const std::vector<std::string> found = detail::names_in(folder, true);
    if (found.empty())
        fail(folder.string(), ": holds no folder; expected one for each class, with its pictures",
             detail::packed_in(folder));
    ImageFolder images{
        folder.string(), folder, class_names.empty() ? found : std::move(class_names), {}, {},
        channels};
    for (const std::string& name : found) {
        const auto at = std::find(images.class_names.begin(), images.class_names.end(), name);
        if (at == images.class_names.end())
            fail((folder / name).string(),
                 ": a class that is not among those of the training images");
        detail::add_class(images, folder / name, static_cast<int>(at - images.class_names.begin()));
    }
    // a picture beside the folders has no class
    for (std::string& name : detail::names_in(folder, false))
        if (detail::names_picture(name) &&
            std::find(found.begin(), found.end(), name) == found.end())
            images.left_out.push_back(std::move(name));
    return images;
}

/// Training and test images of files.
struct ImageFolders {
    ImageFolder train, test;
};

/// The layout of ImageNet: FOLDER/train/CLASS/NAME.JPEG and FOLDER/val/CLASS/NAME.JPEG (or
/// FOLDER/test).
inline ImageFolders image_folders(const std::filesystem::path& folder, int channels = 3) {
    detail::check_folder(folder, "the folders train and val");
    std::error_code error;
    if (!std::filesystem::is_directory(folder / "train", error))
        fail(folder.string(),
             ": holds no folder train; expected train and val, each with a folder for each class",
             detail::packed_in(folder));
    const bool val = std::filesystem::is_directory(folder / "val", error);
    if (!val && !std::filesystem::is_directory(folder / "test", error))
        fail(folder.string(), ": holds neither a folder val nor a folder test");
    ImageFolder train = image_folder(folder / "train", {}, channels);
    ImageFolder test = image_folder(folder / (val ? "val" : "test"), train.class_names, channels);
    return {std::move(train), std::move(test)};
}

/// The pictures to test with of that layout, FOLDER/val or FOLDER/test; FOLDER/train need not be
/// there.
inline ImageFolder test_folder(const std::filesystem::path& folder, int channels = 3) {
    detail::check_folder(folder, "the folder val or test");
    std::error_code error;
    for (const char* name : {"val", "test"})
        if (std::filesystem::is_directory(folder / name, error))
            return image_folder(folder / name, {}, channels);
    fail(folder.string(), ": holds neither a folder val nor a folder test");
}

/// All pictures of a folder in memory, made equal by the transform as outside training (without its
/// normalization): for small pictures, or a look at some. Decoded on `threads` threads, 0: one per
/// core.
inline Images load(const ImageFolder& folder, Transform transform, int threads = 0) {
    transform.normalize = {};
    Images images{folder.output(transform), folder.classes(), {}, folder.labels, folder.name,
                  folder.class_names};
    const auto bytes = static_cast<std::size_t>(images.dims.size());
    images.pixels.resize(static_cast<std::size_t>(folder.size()) * bytes);
    Loader loader(folder, transform,
                  {.batch = 32, .shuffle = false, .training = false, .threads = threads});
    loader.start(0);
    std::size_t at = 0;
    while (const Batch* batch = loader.next())
        for (std::size_t i = 0; i < static_cast<std::size_t>(batch->size) * bytes; ++i)
            images.pixels[at++] = static_cast<std::uint8_t>(255 * batch->images[i] + 0.5f);
    check(images);
    return images;
}

}  // namespace collab
