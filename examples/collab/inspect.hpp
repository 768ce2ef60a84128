// SPDX-License-Identifier: Apache-2.0
// inspect: `collab inspect`: what a checkpoint or a file of weights holds, or what a network is
// made of.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace program {

struct FileOptions {
    std::string file;
    std::string knowledge = "none";
    int channels = 3;
    bool all = false;
    bool plan = false;
};
CLI::App* add_inspect(CLI::App& app, FileOptions& options);
/// Prints words, the course of the training, and tensors with their shapes, means and stddevs;
/// of a network its layers, memory and arithmetic.
void inspect(const FileOptions& options);

}  // namespace program
