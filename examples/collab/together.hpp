// SPDX-License-Identifier: Apache-2.0
// together: what the program does when no subcommand is given: networks alone, and all around a
// mutual knowledge base.
#pragma once
#include "options.hpp"

namespace program {

struct TogetherOptions : TrainingOptions {
    std::string picture;
    bool only_together = false;
    bool overwrite = false;
};
void add_together(CLI::App& app, TogetherOptions& options);
int together(const TogetherOptions& options, const std::string& command);

}  // namespace program
