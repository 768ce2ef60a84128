// SPDX-License-Identifier: Apache-2.0
// inspect: `collab inspect FILE`: what a checkpoint or a file of weights holds.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace program {

struct FileOptions {
    std::string file;
    bool all = false;
};
CLI::App* add_inspect(CLI::App& app, FileOptions& options);
/// Prints words, the course of the training, and tensors with their shapes, means and deviations.
void inspect(const FileOptions& options);

}  // namespace program
