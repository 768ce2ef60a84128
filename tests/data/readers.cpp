// SPDX-License-Identifier: Apache-2.0
// readers: what every reader of files owes its caller, whatever the format.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>

#include <collab/data/cifar.hpp>
#include <collab/data/idx.hpp>
#include <collab/data/image_folder.hpp>
#include <collab/data/npy.hpp>
#include <collab/data/stl10.hpp>

#include "temporary.hpp"

namespace fs = std::filesystem;
using namespace collab;

TEST_CASE("every reader refuses, by name, a file that is missing, empty, a folder, or neither "
          "begun nor ended as it should be") {
    const Folder folder;
    const std::pair<std::string, std::function<void(const fs::path&)>> readers[] = {
        {"read_idx", [](const fs::path& p) { read_idx(p, p, "set", 10); }},
        {"read_cifar10", [](const fs::path& p) { read_cifar10(p); }},
        {"read_cifar100", [](const fs::path& p) { read_cifar100(p); }},
        {"read_stl10", [](const fs::path& p) { read_stl10(p, p); }},
        {"read_folds", [](const fs::path& p) { read_folds(p, 1000); }},
        {"read_npy", [](const fs::path& p) { read_npy(p); }},
        {"read_npy_images", [](const fs::path& p) { read_npy_images(p, p, "set"); }},
        {"read_picture", [](const fs::path& p) { read_picture(p); }},
    };
    const fs::path missing = folder.path / "missing";
    const fs::path empty = folder.write("empty", {});
    const fs::path text = folder.write("text", {'h', 'e', 'l', 'l', 'o'});
    const fs::path below = folder.path / "below";
    fs::create_directories(below);
    // no names for its parts: clang below 16 has none for them in a lambda
    for (const auto& reader : readers) {
        CAPTURE(reader.first);
        const auto& read = reader.second;
        CHECK(error_of([&] { read(missing); }) == missing.string() + ": no such file");
        CHECK(error_of([&] { read(empty); }) == empty.string() + ": is empty");
        CHECK(error_of([&] { read(below); }) == below.string() + ": is a folder; expected a file");
        CHECK(has(error_of([&] { read(text); }), text.string() + ": "));
    }
}

TEST_CASE("every folder of a known set refuses, by name, to be missing, empty or a file") {
    const Folder folder;
    const std::pair<std::string, std::function<void(const fs::path&)>> sets[] = {
        {"mnist", [](const fs::path& p) { mnist(p); }},
        {"fashion_mnist", [](const fs::path& p) { fashion_mnist(p); }},
        {"cifar10", [](const fs::path& p) { cifar10(p); }},
        {"cifar100", [](const fs::path& p) { cifar100(p); }},
        {"stl10", [](const fs::path& p) { stl10(p); }},
        {"npy_set", [](const fs::path& p) { npy_set(p); }},
        {"image_folder", [](const fs::path& p) { image_folder(p); }},
        {"image_folders", [](const fs::path& p) { image_folders(p); }},
    };
    const fs::path missing = folder.path / "missing";
    const fs::path file = folder.write("file", {1, 2, 3});
    const fs::path empty = folder.path / "nothing";
    fs::create_directories(empty);
    for (const auto& set : sets) {
        CAPTURE(set.first);
        const auto& open = set.second;
        for (const fs::path& path : {missing, file, empty})
            CHECK(has(error_of([&] { open(path); }), path.string()));
    }
}
