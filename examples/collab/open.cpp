// SPDX-License-Identifier: Apache-2.0
// open: words of the command line, with folders of pictures where the program was built with the
// readers for them.
#include "open.hpp"

#include <algorithm>
#include <filesystem>

#ifdef PROGRAM_WITH_IMAGES
#include <collab/data/image_folder.hpp>
#endif
#include <collab/data/registry.hpp>

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
#ifndef PROGRAM_WITH_IMAGES
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
    const collab::Transform squares{.resize = side, .crop = side};
    return {collab::load(folders.train, squares), collab::load(folders.test, squares)};
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
        return collab::load(collab::test_folder(folder), {.resize = side, .crop = side});
#endif
    return open(word, side).test;
}

}  // namespace program
