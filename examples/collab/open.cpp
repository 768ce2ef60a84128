// SPDX-License-Identifier: Apache-2.0
// open: words of the command line, with folders of pictures where the program was built with the
// readers for them.
#include "open.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#ifdef PROGRAM_WITH_IMAGES
#include <collab/data/image_folder.hpp>
#endif
#include <collab/data/registry.hpp>
#include <collab/io/format.hpp>

namespace program {

namespace {
/// `kind:FOLDER` in two. A kind without a folder is an error.
bool is_kind(const std::string& word, const std::string& kind, std::string& folder) {
    if (word != kind && !word.starts_with(kind + ":"))
        return false;
    folder = word.substr(std::min(word.size(), kind.size() + 1));
    if (folder.empty())
        collab::fail("data \"", word, "\": names no folder; expected ", kind, ":FOLDER");
    return true;
}
#ifdef PROGRAM_WITH_IMAGES
/// Whoever has files among the pictures that nothing reads shall know.
void say_left_out(const collab::ImageFolder& folder) {
    const std::size_t n = folder.left_out.size();
    if (n == 0)
        return;
    std::string names;
    for (std::size_t k = 0; k < std::min<std::size_t>(n, 3); ++k)
        names += (k == 0 ? "" : ", ") + collab::one_line(folder.left_out[k], 60);
    std::fprintf(stderr, "collab: %s: %zu %s left out (%s%s); names of pictures end in %.*s\n",
                 folder.name.c_str(), n, n == 1 ? "file is" : "files are", names.c_str(),
                 n > 3 ? ", ..." : "", int(collab::detail::picture_endings.size()),
                 collab::detail::picture_endings.data());
}
collab::Images loaded(const collab::ImageFolder& folder, int side) {
    say_left_out(folder);
    return collab::load(folder, {.resize = side, .crop = side});
}
#else
[[noreturn]] void fail_without_pictures(const std::string& word) {
    collab::fail("data \"", word,
                 "\": this program was built without libjpeg and libpng, so it reads no folders of "
                 "pictures");
}
#endif
}  // namespace

collab::Splits open(const std::string& word, [[maybe_unused]] int side) {
    std::string folder;
    if (is_kind(word, "cifar100-coarse", folder))
        return collab::cifar100(folder, collab::Cifar100Labels::coarse);
    if (!is_kind(word, "folder", folder))
        return collab::open_data(word);
#ifdef PROGRAM_WITH_IMAGES
    const collab::ImageFolders folders = collab::image_folders(folder);
    return {loaded(folders.train, side), loaded(folders.test, side)};
#else
    fail_without_pictures(word);
#endif
}

collab::Images open_test(const std::string& word, [[maybe_unused]] int side) {
    std::string folder;
    if (is_kind(word, "mnist", folder))
        return collab::detail::mnist_set().test(folder);
    if (is_kind(word, "fashion", folder))
        return collab::detail::fashion_mnist_set().test(folder);
    if (is_kind(word, "npy", folder)) {
        const std::filesystem::path in(folder);
        return collab::read_npy_images(in / "x_test.npy", in / "y_test.npy",
                                       in.filename().string() + " test");
    }
#ifdef PROGRAM_WITH_IMAGES
    if (is_kind(word, "folder", folder))
        return loaded(collab::test_folder(folder), side);
#endif
    return open(word, side).test;
}

collab::Transform made_square(const collab::Dims& pictures, int side) {
    const int rest = side - pictures.height;
    if (pictures.height == pictures.width && rest >= 0 && rest % 2 == 0)
        return {.pad = rest / 2};
    return {.resize = side, .crop = side};
}

}  // namespace program
