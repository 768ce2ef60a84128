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

/// The end of a sentence about files that a folder does not hold: an archive that is still packed,
/// or nothing.
std::string packed_in(const std::filesystem::path& folder);
/// The same, or the first of `others` that is there, by which another version of a set is known.
std::string instead_of(std::string_view wanted, const std::filesystem::path& folder,
                       std::initializer_list<std::string_view> others);

/// The first of these names that is a file of the folder.
std::filesystem::path find_file(const std::filesystem::path& folder, std::string_view what,
                                std::initializer_list<std::string_view> names);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/data/file-inl.hpp>
#endif
