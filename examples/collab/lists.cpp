// SPDX-License-Identifier: Apache-2.0
// lists: see lists.hpp.
#include "lists.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <unistd.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/io/format.hpp>

#include "experiment.hpp"
#include "modules.hpp"

namespace program {

ListCommands add_lists(CLI::App& app) {
    ListCommands c;
    c.networks = app.add_subcommand("networks", "Lists the networks that have names.");
    c.methods = app.add_subcommand("methods", "Lists the methods, and what each minimizes.");
    c.doctor = app.add_subcommand(
        "doctor", "Looks at compiler, processor, memory and cache, and says what to do.");
    return c;
}

void list_networks() {
    std::printf("%-16s %s\n", "name", "type, for pictures of 3 x 32 x 32 and 10 classes");
    for (const std::string& name : network_names_known())
        std::printf("%-16s %s\n", name.c_str(), network_named(name, Task{}, false).type.c_str());
    std::printf("\nOthers of their families have names alike: ResNet-6n+2, WideResNet-6n+4-WIDTH,\n"
                "DenseNet-DEPTH-GROWTH, SmallNet-CONVOLUTIONS. A type as \"ResNet<20>\" is as "
                "good.\ncollab inspect NAME shows the layers of one.\n");
}

void list_methods() {
    for (const MethodEntry& m : methods())
        std::printf("%-14s %s\n%-14s %s\n", m.name, m.title, "", m.meaning);
    std::printf("\nItems of a Collaboration in C++ are a method, too: --method "
                "\"MutualLearning<Attached>\".\n");
}

int doctor() {
    int wrong = 0;
    const auto say = [](const std::string& what, const std::string& text) {
        std::printf("  %-12s %s\n", what.c_str(), text.c_str());
    };
    std::printf("collab %s\n", COLLAB_VERSION);
    say("backend", collab::Cpu<float>(0).describe());
    say("processors", std::to_string(std::thread::hardware_concurrency()));
    const double pages = double(::sysconf(_SC_AVPHYS_PAGES));
    say("memory",
        collab::decimal(pages * double(::sysconf(_SC_PAGE_SIZE)) / 1073741824, 1) + " GiB free");
    say("GPU", std::filesystem::exists("/dev/nvidiactl")
                   ? "there is one; the program trains on the CPU, the library on both "
                     "(docs/guide/gpu.md)"
                   : "none");
    for (const auto& [name, value] : compiler_facts())
        say(name, value);
    const ModuleSource trial{"a trial", "#include \"training_module.hpp\"\n"
                                        "extern \"C\" const program::Module collab_module{};\n"};
    try {
        module_of(trial, true);
        say("modules", "compile and load");
    } catch (const collab::Error& e) {
        say("modules", std::string("DO NOT WORK: ") + e.what());
        ++wrong;
    }
    std::printf("%s\n", wrong == 0 ? "Nothing is wrong." : "See above for what to do.");
    return wrong;
}

}  // namespace program
