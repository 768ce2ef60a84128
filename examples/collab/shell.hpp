// SPDX-License-Identifier: Apache-2.0
// shell: what the command line is like to write: options from a file, completion, and answers to
// wrong options.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace program {

/// Adds --options FILE (TOML, a section for each subcommand) and `completion SHELL`. The result is
/// the subcommand.
CLI::App* add_shell(CLI::App& app, std::string& shell);
/// A script that completes subcommands and options of `app` in bash, zsh or fish.
std::string completion(const CLI::App& app, const std::string& shell);
/// Parses; what is wrong is answered on standard error, a wrong option with the nearest right one.
/// True: go on; else `status` is that of the program.
bool parse(CLI::App& app, int argc, char** argv, int& status);

}  // namespace program
