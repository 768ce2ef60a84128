// SPDX-License-Identifier: Apache-2.0
// file-inl: the bodies of file.
#pragma once
#include <cerrno>
#include <system_error>

#include <collab/data/file.hpp>

namespace collab::detail {
inline bool is_archive(std::string_view name) {
    for (const std::string_view ending : {".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip"})
        if (name.ends_with(ending))
            return true;
    return false;
}
COLLAB_COMPILED COLLAB_COLD InputFile::InputFile(const std::filesystem::path& path)
    : name_(path.string()) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found)
        fail(name_, ": no such file");
    if (error)
        fail(name_, ": cannot be examined (", error.message(), ")");
    if (std::filesystem::is_directory(status))
        fail(name_, ": is a folder; expected a file");
    // a pipe would block for ever
    if (!std::filesystem::is_regular_file(status))
        fail(name_, ": is not a regular file");
    size_ = std::filesystem::file_size(path, error);
    if (error)
        fail(name_, ": its size is unknown (", error.message(), ")");
    if (size_ == 0)
        fail(name_, ": is empty");
    file_.reset(std::fopen(name_.c_str(), "rb"));
    if (!file_)
        fail(name_, ": cannot be opened (", reason(errno), ")");
}
COLLAB_COMPILED COLLAB_COLD std::size_t InputFile::read(void* out, std::size_t n) {
    const std::size_t got = std::fread(out, 1, n, file_.get());
    if (got < n && std::ferror(file_.get()))
        fail(name_, ": cannot be read (", reason(errno), ")");
    return got;
}
COLLAB_COMPILED COLLAB_COLD void InputFile::rewind() {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0)
        fail(name_, ": cannot be read from its start again (", reason(errno), ")");
}
COLLAB_COMPILED COLLAB_COLD void check_folder(const std::filesystem::path& folder,
                                              std::string_view what) {
    std::error_code error;
    const auto status = std::filesystem::status(folder, error);
    if (status.type() == std::filesystem::file_type::not_found)
        fail(folder.string(), ": no such folder; expected one with ", what);
    if (error)
        fail(folder.string(), ": cannot be examined (", error.message(), ")");
    if (!std::filesystem::is_directory(status))
        fail(folder.string(), ": is not a folder; expected one with ", what,
             is_archive(folder.filename().string()) ? "; unpack this archive" : "");
}
COLLAB_COMPILED COLLAB_COLD std::string packed_in(const std::filesystem::path& folder) {
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error))
        if (const std::string name = it->path().filename().string(); is_archive(name))
            return sentence("; ", name, " is there, an archive: unpack it");
    return {};
}
COLLAB_COMPILED COLLAB_COLD std::string instead_of(std::string_view wanted,
                                                   const std::filesystem::path& folder,
                                                   std::initializer_list<std::string_view> others) {
    for (const std::string_view other : others) {
        std::error_code error;
        if (std::filesystem::exists(folder / other, error))
            return sentence("; ", other, " is of the version for Python or Matlab, and only ",
                            wanted, " is read");
    }
    return packed_in(folder);
}
COLLAB_COMPILED COLLAB_COLD std::filesystem::path find_file(
    const std::filesystem::path& folder, std::string_view what,
    std::initializer_list<std::string_view> names) {
    check_folder(folder, what);
    std::string tried;
    for (const std::string_view name : names) {
        std::error_code error;
        const auto path = folder / name;
        const auto status = std::filesystem::status(path, error);
        if (std::filesystem::is_regular_file(status))
            return path;
        tried += sentence(tried.empty() ? "" : ", ", name,
                          std::filesystem::is_directory(status) ? " (a folder)" : "");
    }
    fail(folder.string(), ": no file of ", what, "; tried ", tried, packed_in(folder));
}
}  // namespace collab::detail
