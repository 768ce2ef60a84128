// SPDX-License-Identifier: Apache-2.0
// study: `collab study`: a grid of trainings, worked off by any number of processes, and what its
// lines say.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace program {

struct StudyCommand {
    std::string grid;     ///< a TOML file
    std::string file;     ///< for report and verify: a grid, or for report a file of lines
    std::string results;  ///< instead of the one that the grid names
    std::string work;
    std::string out = "study-report";
    std::string version;
    std::vector<std::string> data;
    int threads = 0;
    int at_most = 0;
    int repeat = 10;
    std::uint64_t seed = 1;
    bool plan = false;
    bool quiet = false;
    CLI::App* report = nullptr;
    CLI::App* verify = nullptr;
};
CLI::App* add_study(CLI::App& app, StudyCommand& options);
int study(const StudyCommand& options, const std::string& command);

}  // namespace program
