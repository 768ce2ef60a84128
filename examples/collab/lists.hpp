// SPDX-License-Identifier: Apache-2.0
// lists: what there is: `collab networks`, `collab methods`, and `collab doctor`, which looks at
// the machine.
#pragma once
#include <CLI/CLI.hpp>

namespace program {

struct ListCommands {
    CLI::App* networks = nullptr;
    CLI::App* methods = nullptr;
    CLI::App* doctor = nullptr;
};
ListCommands add_lists(CLI::App& app);
void list_networks();
void list_methods();
/// The number of things that keep the program from its work.
int doctor();

}  // namespace program
