// SPDX-License-Identifier: Apache-2.0
// main: the command line of the program `collab`.
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "bench.hpp"
#include "compare.hpp"
#include "console.hpp"
#include "data_inspect.hpp"
#include "inspect.hpp"
#include "lists.hpp"
#include "messages.hpp"
#include "shell.hpp"
#include "study.hpp"
#include "together.hpp"
#include "use.hpp"

namespace {
constexpr const char* examples =
    "Examples, from a training to an answer:\n"
    "  collab --data synthetic:2000 --epochs 2 --report first.html               both "
    "networks alone and together, with a page of curves\n"
    "  collab train --method cl --data fashion:DIR --epochs 20 --save trained    a "
    "collaboration; its networks go to the folder trained\n"
    "  collab eval trained/seed-1/cl-*.safetensors --data fashion:DIR            their "
    "accuracy, class by class\n"
    "  collab predict trained/seed-1/cl-SmallNet.safetensors shoe.png            what a "
    "picture shows\n"
    "  collab export trained/seed-1/cl-SmallNet.safetensors small.onnx           for "
    "other programs\n"
    "collab train --help and so on tell about each of them.";

/// The command as a shell takes it.
std::string command_line(int argc, char** argv) {
    std::string command = "collab";
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool plain =
            !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
                return std::isalnum(c) != 0 || std::strchr("-_=+:,./@%", c) != nullptr;
            });
        command += ' ';
        if (plain) {
            command += word;
            continue;
        }
        command += '\'';
        for (const char c : word)
            command += c == '\'' ? std::string("'\\''") : std::string(1, c);
        command += '\'';
    }
    return command;
}
/// A status of success is none where standard output could not be written.
int written(int status) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
        return status;
    program::say(std::string("standard output cannot be written: ") + std::strerror(errno));
    return status == 0 ? 1 : status;
}
}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Trains networks on images, each alone and all in collaboration around a mutual "
                 "knowledge base, and compares them."};
    app.set_version_flag("--version", COLLAB_VERSION);
    program::TogetherOptions together;
    program::add_together(app, together);
    program::CompareOptions trained, compared;
    const CLI::App* train = program::add_train(app, trained);
    const CLI::App* compare = program::add_compare(app, compared);
    program::EvalOptions evaluated;
    const CLI::App* eval = program::add_eval(app, evaluated);
    program::PredictOptions predicted;
    const CLI::App* predict = program::add_predict(app, predicted);
    program::ExportOptions exported;
    const CLI::App* out = program::add_export(app, exported);
    program::FileOptions file;
    const CLI::App* look = program::add_inspect(app, file);
    program::InspectOptions inspected;
    const CLI::App* inspect = program::add_data_inspect(app, inspected);
    program::BenchOptions measured;
    const CLI::App* bench = program::add_bench(app, measured);
    program::StudyCommand studied;
    const CLI::App* study = program::add_study(app, studied);
    const program::ListCommands lists = program::add_lists(app);
    std::string shell;
    const CLI::App* complete = program::add_shell(app, shell);
    app.require_subcommand(0, 1);
    app.footer(examples);
    if (int status = 0; !program::parse(app, argc, argv, status))
        return written(status);
    program::end_at_interrupts();
    const std::string command = command_line(argc, argv);
    const auto run = [&]() -> int {
        if (eval->parsed())
            return program::eval(evaluated, command), 0;
        if (predict->parsed())
            return program::predict(predicted) > 0 ? 1 : 0;
        if (out->parsed())
            return program::export_network(exported), 0;
        if (bench->parsed())
            return program::bench(measured), program::interrupted() ? 130 : 0;
        if (inspect->parsed())
            return program::data_inspect(inspected), 0;
        if (look->parsed())
            return program::inspect(file), 0;
        if (complete->parsed())
            return std::fputs(program::completion(app, shell).c_str(), stdout), 0;
        if (lists.networks->parsed())
            return program::list_networks(), 0;
        if (lists.methods->parsed())
            return program::list_methods(), 0;
        if (lists.doctor->parsed())
            return program::doctor();
        if (study->parsed())
            return program::study(studied, command);
        if (train->parsed())
            return program::compare(trained, command);
        if (compare->parsed())
            return program::compare(compared, command);
        return program::together(together, command);
    };
    try {
        return written(run());
    } catch (const program::Interrupted&) {
        return 130;
    } catch (const std::bad_alloc&) {
        program::say("there is not enough memory; a smaller --batch needs less");
        return 1;
    } catch (const std::exception& e) {
        program::say(e.what());
        return 1;
    }
}
