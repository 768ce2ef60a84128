// SPDX-License-Identifier: Apache-2.0
// temporary: a folder that goes away with the test, small files in it, and the sentence of an
// error.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/error.hpp>

using Bytes = std::vector<std::uint8_t>;

/// A new, empty folder.
struct Folder {
    std::filesystem::path path;

    Folder() {
        static std::atomic<int> count = 0;
        const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
        path = std::filesystem::temp_directory_path() /
               collab::sentence("collab-test-", now, "-", ++count);
        std::filesystem::create_directories(path);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path write(std::string_view name, const Bytes& bytes) const {
        const auto where = path / name;
        std::filesystem::create_directories(where.parent_path());
        std::FILE* f = std::fopen(where.string().c_str(), "wb");
        if (!f)
            throw std::runtime_error("the test cannot write " + where.string());
        const std::size_t written =
            bytes.empty() ? 0 : std::fwrite(bytes.data(), 1, bytes.size(), f);
        if (std::fclose(f) != 0 || written != bytes.size())
            throw std::runtime_error("the test cannot write " + where.string());
        return where;
    }
};

/// What the error thrown by f says; nothing when none is thrown.
template <class F>
std::string error_of(F&& f) {
    try {
        f();
    } catch (const collab::Error& e) {
        return e.what();
    }
    return {};
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline Bytes first(const Bytes& bytes, std::size_t n) {
    return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
}

inline Bytes joined(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
