// SPDX-License-Identifier: Apache-2.0
// inspect: `collab inspect`: what a checkpoint or a file of weights holds, or what a network is
// made of.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace program {

struct FileOptions {
    std::string file;
    std::string knowledge{};             ///< empty: not given, as are numbers that are 0
    std::vector<std::string> headers{};  ///< of the user
    int channels = 0;
    int size = 0;
    int classes = 0;
    bool all = false;
    bool plan = false;
};
CLI::App* add_inspect(CLI::App& app, FileOptions& options);
/// Prints words, the course of the training, and tensors with their shapes, means and stddevs;
/// of a network its layers, memory and arithmetic.
void inspect(const FileOptions& options);

}  // namespace program
