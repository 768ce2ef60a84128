// SPDX-License-Identifier: Apache-2.0
// replace_file-inl: the bodies of replace_file.
#pragma once
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <collab/io/replace_file.hpp>

#if __has_include(<unistd.h>)
#endif

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD bool sync_to_disk([[maybe_unused]] std::FILE* file) {
#ifdef _POSIX_VERSION
    return ::fsync(::fileno(file)) == 0 || errno == EINVAL || errno == ENOTSUP;
#else
    return true;
#endif
}
COLLAB_COMPILED COLLAB_COLD void sync_folder([[maybe_unused]] const std::filesystem::path& folder) {
#ifdef _POSIX_VERSION
    const int entry = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (entry < 0)
        return;
    static_cast<void>(::fsync(entry));
    ::close(entry);
#endif
}
COLLAB_COMPILED COLLAB_COLD void replace_file(const std::string& path, std::string_view contents,
                                              std::string_view what) {
    namespace fs = std::filesystem;
    const std::string failed = sentence("cannot write ", what, " ", path, ": ");
    if (path.empty())
        fail("cannot write ", what, ": its path is empty; expected the name of a file");
    std::error_code code;
    fs::path target = path;
    if (fs::is_symlink(target, code))
        if (const fs::path resolved = fs::weakly_canonical(target, code); !code)
            target = resolved;
    const fs::file_status status = fs::status(target, code);
    if (fs::is_directory(status))
        fail(failed, "it is a folder; expected the name of a file");
    if (fs::exists(status) && !fs::is_regular_file(status))
        fail(failed, "it is no ordinary file");
    if (const fs::path folder = target.parent_path(); !folder.empty()) {
        const fs::file_status state = fs::status(folder, code);
        if (state.type() == fs::file_type::not_found)
            fail(failed, "the folder ", folder.string(), " does not exist");
        if (fs::exists(state) && !fs::is_directory(state))
            fail(failed, folder.string(), " is not a folder");
    }

    // "x" never opens an existing file, so that two writers do not share one; what a killed program
    // left behind is stepped over.
    std::string partial;
    std::FILE* file = nullptr;
    for (int attempt = 0; attempt < 100 && !file; ++attempt) {
        partial = sentence(target.string(), ".partial",
                           attempt == 0 ? std::string() : std::to_string(attempt));
        file = std::fopen(partial.c_str(), "wbx");
        if (!file && errno != EEXIST)
            fail(failed, reason(errno));
    }
    if (!file)
        fail(failed, "a hundred unfinished ones (", partial, ") stand beside it; delete them");

    errno = 0;
    bool good = std::fwrite(contents.data(), 1, contents.size(), file) == contents.size() &&
                std::fflush(file) == 0 && sync_to_disk(file);
    int error = errno;
    if (std::fclose(file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good) {
        fs::rename(partial, target, code);
        if (!code)
            return sync_folder(target.parent_path());
        error = code.value();
    }
    std::remove(partial.c_str());
    fail(failed, reason(error));
}
}  // namespace collab::detail
