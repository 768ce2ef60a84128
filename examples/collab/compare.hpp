// SPDX-License-Identifier: Apache-2.0
// compare: `collab train` and `collab compare`: methods side by side, over seeds.
#pragma once
#include "options.hpp"

namespace program {

struct CompareOptions : TrainingOptions {
    std::vector<std::string> methods;
    std::string picture;
    bool overwrite = false;
    bool against_alone = false;  ///< individual learning is trained whether it is listed or not
};
/// One method.
CLI::App* add_train(CLI::App& app, CompareOptions& options);
/// Several, each against individual learning.
CLI::App* add_compare(CLI::App& app, CompareOptions& options);
int compare(const CompareOptions& options, const std::string& command);

}  // namespace program
