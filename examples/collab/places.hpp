// SPDX-License-Identifier: Apache-2.0
// places: whether files can be written where they will be, told before hours of work, not behind.
#pragma once
#include <stdexcept>
#include <string>

#include <collab/study/lock.hpp>

namespace program {

/// Throws Error unless a file of this name can be written, and leaves nothing behind. Empty: none.
void check_file_place(const std::string& path);
/// The same for a folder, which is made. Empty: none.
void check_folder_place(const std::string& path);
/// Another process has a folder. Not an Error of one training: nothing else may begin there either.
struct FolderInUse : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// Holds a folder for one process. Throws FolderInUse where another one has it. Empty: none.
collab::FileLock take_folder(const std::string& folder);
std::string absolute_path(const std::string& path);
/// A name for a file, of any text: "MutualLearning<Attached>" is "MutualLearning-Attached".
std::string file_word(const std::string& text);

}  // namespace program
