// SPDX-License-Identifier: Apache-2.0
// main: the command line of the program `collab`.
#include <cstdio>
#include <exception>

#include "compare.hpp"
#include "data_inspect.hpp"
#include "inspect.hpp"
#include "shell.hpp"
#include "together.hpp"

int main(int argc, char** argv) {
    CLI::App app{"Trains SmallNet and ResNet-20 on images, each alone and both in collaboration around a mutual knowledge base, and compares them."};
    app.set_version_flag("--version", COLLAB_VERSION);
    program::TogetherOptions together;
    program::add_together(app, together);
    program::CompareOptions trained, compared;
    const CLI::App* train = program::add_train(app, trained);
    const CLI::App* compare = program::add_compare(app, compared);
    program::InspectOptions inspected;
    const CLI::App* inspect = program::add_data_inspect(app, inspected);
    program::FileOptions file;
    const CLI::App* look = program::add_inspect(app, file);
    std::string shell;
    const CLI::App* complete = program::add_shell(app, shell);
    app.require_subcommand(0, 1);
    if (int status = 0; !program::parse(app, argc, argv, status)) return status;
    program::listen_to_interrupts();
    std::string command = "collab";
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    try {
        if (inspect->parsed()) return program::data_inspect(inspected), 0;
        if (look->parsed()) return program::inspect(file), 0;
        if (complete->parsed()) return std::fputs(program::completion(app, shell).c_str(), stdout), 0;
        if (train->parsed()) return program::compare(trained, command);
        if (compare->parsed()) return program::compare(compared, command);
        return program::together(together, command);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "collab: %s\n", e.what());
        return 1;
    }
}
