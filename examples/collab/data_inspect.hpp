// SPDX-License-Identifier: Apache-2.0
// data_inspect: `collab data inspect`: what a data set holds.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace program {

struct InspectOptions {
    std::string data, sheet;
    int columns = 10;
    int rows = 20;
    int subset = 0;
    int side = 64;
    std::uint64_t seed = 1;
};

/// Adds `data inspect` to the program, with options that end up in `options`. The result is the
/// subcommand, to be asked whether it was given.
CLI::App* add_data_inspect(CLI::App& app, InspectOptions& options);
/// Prints counts, sizes, mean and stddev of each channel and a histogram of the classes; writes
/// the contact sheet.
void data_inspect(const InspectOptions& options);

}  // namespace program
