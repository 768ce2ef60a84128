// SPDX-License-Identifier: Apache-2.0
// path: the name of a file or folder, from whatever holds one. <filesystem> costs compilers as much
// as the rest of the library's declarations.
#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace collab {

/// What the functions that read files take: text, or a std::filesystem::path.
struct Path {
    std::string text;

    Path(const char* name) : text(name) {}
    Path(std::string name) : text(std::move(name)) {}
    Path(std::string_view name) : text(name) {}
    template <class P>
        requires requires(const P& path) {
            { path.string() } -> std::convertible_to<std::string>;
        }
    Path(const P& path) : text(path.string()) {}
};

}  // namespace collab
