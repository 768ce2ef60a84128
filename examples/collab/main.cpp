// SPDX-License-Identifier: Apache-2.0
// main: the command line of the program `collab`.
#include <cstdio>
#include <exception>

#include "compare.hpp"
#include "data_inspect.hpp"
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
    app.require_subcommand(0, 1);
    CLI11_PARSE(app, argc, argv);
    program::listen_to_interrupts();
    std::string command = "collab";
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    try {
        if (inspect->parsed()) return program::data_inspect(inspected), 0;
        if (train->parsed()) return program::compare(trained, command);
        if (compare->parsed()) return program::compare(compared, command);
        return program::together(together, command);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "collab: %s\n", e.what());
        return 1;
    }
}
