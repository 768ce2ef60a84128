// SPDX-License-Identifier: Apache-2.0
// replace_file: a whole file or none, whatever happens while it is written.
#pragma once
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>

namespace collab::detail {

/// Until the disk has it, a rename could outlive the contents in a power cut. Streams that cannot
/// be synced are as good as they get.
bool sync_to_disk(std::FILE* file);

/// A rename is an entry of a folder, and only the folder's own sync makes that last. Folders that
/// cannot be synced are as good as they get.
void sync_folder(const std::filesystem::path& folder);

/// Writes `contents` beside `path` and renames it into place: under the final name stands either
/// what stood there before or the whole new file. `what` is its name in the error, "the report". A
/// link is followed. Throws Error naming path and reason.
void replace_file(const std::string& path, std::string_view contents, std::string_view what);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/io/replace_file-inl.hpp>
#endif
