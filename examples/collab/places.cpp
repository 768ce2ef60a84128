// SPDX-License-Identifier: Apache-2.0
// places: see places.hpp.
#include "places.hpp"

#include <cctype>
#include <filesystem>
#include <system_error>

#include <collab/core/error.hpp>
#include <collab/io/replace_file.hpp>

namespace program {

namespace fs = std::filesystem;
using collab::fail;

void check_file_place(const std::string& path) {
    if (path.empty())
        return;
    std::error_code e;
    const fs::path file(path);
    const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
    if (fs::exists(file, e) && !fs::is_regular_file(file, e))
        fail("'", path, "' cannot be written: it is no regular file");
    if (!fs::is_directory(folder, e))
        fail("'", path, "' cannot be written: the folder ", folder.string(), " does not exist");
    if (fs::exists(file, e))
        return;
    // The same way of writing as later, of nothing.
    collab::detail::replace_file(path, "", "the file");
    fs::remove(file, e);
}

void check_folder_place(const std::string& path) {
    if (path.empty())
        return;
    std::error_code e;
    fs::create_directories(path, e);
    if (e || !fs::is_directory(path))
        fail("the folder '", path,
             "' cannot be made: ", e ? e.message() : std::string("a file is there"),
             "; expected a folder that may be written");
    const fs::path probe = fs::path(path) / ".collab-probe";
    collab::detail::replace_file(probe.string(), "", "the folder '" + path + "'");
    fs::remove(probe, e);
}

collab::FileLock take_folder(const std::string& folder) {
    if (folder.empty())
        return {};
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    collab::FileLock lock = collab::FileLock::try_take(folder + "/.lock");
    if (!lock.held())
        throw FolderInUse("another process trains in " + folder +
                          " already; expected another folder behind --checkpoint");
    return lock;
}

std::string absolute_path(const std::string& path) {
    return fs::absolute(path).lexically_normal().string();
}

std::string file_word(const std::string& text) {
    std::string s;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.')
            s += c;
        else if (!s.empty() && s.back() != '-')
            s += '-';
    while (!s.empty() && s.back() == '-')
        s.pop_back();
    return s.substr(0, 100);
}

}  // namespace program
