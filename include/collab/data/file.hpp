// SPDX-License-Identifier: Apache-2.0
// file: opening and reading the files of data sets, with a sentence for everything that can be
// wrong with them.
#pragma once
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>

namespace collab::detail {

/// A regular, non-empty file, open for reading. Every failure throws Error naming the file.
class InputFile {
public:
    explicit InputFile(const std::filesystem::path& path);
    const std::string& name() const { return name_; }
    std::uint64_t size() const { return size_; }
    /// As many bytes as there are, up to n: fewer only at the end of the file.
    std::size_t read(void* out, std::size_t n);
    void rewind();

private:
    struct Close {
        void operator()(std::FILE* f) const { std::fclose(f); }
    };
    std::string name_;
    std::uint64_t size_ = 0;
    std::unique_ptr<std::FILE, Close> file_;
};

/// Throws unless `folder` is one; `what` says what it should hold.
void check_folder(const std::filesystem::path& folder, std::string_view what);

/// The first of these names that is a file of the folder.
std::filesystem::path find_file(const std::filesystem::path& folder, std::string_view what,
                                std::initializer_list<std::string_view> names);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <cerrno>
#include <system_error>

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
#endif
