// SPDX-License-Identifier: Apache-2.0
// together: what the program does when no subcommand is given: two networks alone, and both around
// a mutual knowledge base.
#pragma once
#include "console.hpp"

namespace program {

struct TogetherOptions : Basics {
    std::string merge = "product";
    std::string picture;
    bool only_together = false;
};
void add_together(CLI::App& app, TogetherOptions& options);
int together(const TogetherOptions& options, const std::string& command);

}  // namespace program
