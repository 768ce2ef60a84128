// SPDX-License-Identifier: Apache-2.0
// file-inl: the bodies of file.
#pragma once
#include <cerrno>
#include <system_error>

#include <collab/data/file.hpp>

namespace collab::detail {
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
        fail(folder.string(), ": is not a folder; expected one with ", what);
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
    fail(folder.string(), ": no file of ", what, "; tried ", tried);
}
}  // namespace collab::detail
