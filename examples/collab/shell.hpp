// SPDX-License-Identifier: Apache-2.0
// shell: what the command line is like to write: options from a file, completion, and answers to
// wrong options.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace program {

/// Adds `completion SHELL`, and to all subcommands --options FILE (TOML, a section for each
/// subcommand). The result is the subcommand `completion`.
CLI::App* add_shell(CLI::App& app, std::string& shell);
/// A script that completes subcommands and options of `app` in bash, zsh or fish.
std::string completion(const CLI::App& app, const std::string& shell);
/// The arguments of the program with those of the file of options among them. Throws Error.
std::vector<std::string> arguments_of(const CLI::App& app, int argc, char** argv);
/// The options that were given to a subcommand, as a file that gives them again.
std::string settings_text(const CLI::App& app);
/// Parses; what is wrong is answered on standard error, a wrong option with the nearest right one.
/// True: go on; else `status` is that of the program.
bool parse(CLI::App& app, int argc, char** argv, int& status);

}  // namespace program
