// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <collab/data/file.hpp>

#include "temporary.hpp"

using collab::detail::InputFile;
namespace fs = std::filesystem;

static std::string opening(const fs::path& path) {
    return error_of([&] { InputFile file(path); });
}

TEST_CASE("a file is read whole and again from its start") {
    const Folder folder;
    InputFile file(folder.write("some", {1, 2, 3}));
    CHECK(file.size() == 3);
    Bytes got(5);
    CHECK(file.read(got.data(), 5) == 3);
    CHECK(first(got, 3) == Bytes{1, 2, 3});
    CHECK(file.read(got.data(), 5) == 0);
    file.rewind();
    CHECK(file.read(got.data(), 2) == 2);
    CHECK(got[0] == 1);
}

TEST_CASE(
    "a file that is missing, empty, a folder, a device or a circle of links is refused by name") {
    const Folder folder;
    CHECK(opening(folder.path / "none") == (folder.path / "none").string() + ": no such file");
    CHECK(opening(folder.path) == folder.path.string() + ": is a folder; expected a file");
    const auto empty = folder.write("empty", {});
    CHECK(opening(empty) == empty.string() + ": is empty");
    if (fs::exists("/dev/null"))
        CHECK(opening("/dev/null") == "/dev/null: is not a regular file");
    fs::create_symlink(folder.path / "a", folder.path / "b");
    fs::create_symlink(folder.path / "b", folder.path / "a");
    CHECK(has(opening(folder.path / "a"), (folder.path / "a").string() + ": cannot be examined ("));
    CHECK(has(opening(folder.path / std::string(5000, 'x')), "xxx: cannot be examined ("));
}

TEST_CASE("a file without permission to read is refused") {
    const Folder folder;
    const auto path = folder.write("secret", {1});
    fs::permissions(path, fs::perms::none);
    // the superuser may read anything
    if (std::FILE* f = std::fopen(path.string().c_str(), "rb"))
        std::fclose(f);
    else
        CHECK(has(opening(path), path.string() + ": cannot be opened ("));
}

TEST_CASE("a file is found under any of its names, else all names are said") {
    const Folder folder;
    const auto find = [](const fs::path& where) {
        return collab::detail::find_file(where, "pears", {"one", "two", "three"});
    };
    fs::create_directories(folder.path / "two");
    CHECK(error_of([&] { find(folder.path); }) ==
          folder.path.string() + ": no file of pears; tried one, two (a folder), three");
    const auto path = folder.write("three", {1});
    CHECK(find(folder.path) == path);
    CHECK(error_of([&] { find(folder.path / "none"); }) ==
          (folder.path / "none").string() + ": no such folder; expected one with pears");
    CHECK(error_of([&] { find(path); }) ==
          path.string() + ": is not a folder; expected one with pears");
}
