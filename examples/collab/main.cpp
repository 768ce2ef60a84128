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
/// Every subcommand with its options.
class CommandLine {
public:
    CommandLine() {
        app.set_version_flag("--version", COLLAB_VERSION);
        program::add_together(app, together_);
        train_ = program::add_train(app, trained_);
        compare_ = program::add_compare(app, compared_);
        eval_ = program::add_eval(app, evaluated_);
        predict_ = program::add_predict(app, predicted_);
        export_ = program::add_export(app, exported_);
        inspect_ = program::add_inspect(app, file_);
        data_inspect_ = program::add_data_inspect(app, inspected_);
        bench_ = program::add_bench(app, measured_);
        study_ = program::add_study(app, studied_);
        lists_ = program::add_lists(app);
        completion_ = program::add_shell(app, shell_);
        app.require_subcommand(0, 1);
        app.footer(examples);
    }
    int run(const std::string& command) {
        if (eval_->parsed())
            return program::eval(evaluated_, command), 0;
        if (predict_->parsed())
            return program::predict(predicted_) > 0 ? 1 : 0;
        if (export_->parsed())
            return program::export_network(exported_), 0;
        if (bench_->parsed())
            return program::bench(measured_), program::interrupted() ? 130 : 0;
        if (data_inspect_->parsed())
            return program::data_inspect(inspected_), 0;
        if (inspect_->parsed())
            return program::inspect(file_), 0;
        if (completion_->parsed())
            return std::fputs(program::completion(app, shell_).c_str(), stdout), 0;
        if (lists_.networks->parsed())
            return program::list_networks(), 0;
        if (lists_.methods->parsed())
            return program::list_methods(), 0;
        if (lists_.doctor->parsed())
            return program::doctor();
        if (study_->parsed())
            return program::study(studied_, command);
        if (train_->parsed())
            return program::compare(trained_, command);
        if (compare_->parsed())
            return program::compare(compared_, command);
        return program::together(together_, command);
    }
    CLI::App app{"Trains networks on images, each alone and all in collaboration around a mutual "
                 "knowledge base, and compares them."};

private:
    program::TogetherOptions together_;
    program::CompareOptions trained_, compared_;
    program::EvalOptions evaluated_;
    program::PredictOptions predicted_;
    program::ExportOptions exported_;
    program::FileOptions file_;
    program::InspectOptions inspected_;
    program::BenchOptions measured_;
    program::StudyCommand studied_;
    std::string shell_;
    const CLI::App *train_ = nullptr, *compare_ = nullptr, *eval_ = nullptr, *predict_ = nullptr;
    const CLI::App *export_ = nullptr, *inspect_ = nullptr, *data_inspect_ = nullptr;
    const CLI::App *bench_ = nullptr, *study_ = nullptr, *completion_ = nullptr;
    program::ListCommands lists_;
};
}  // namespace

int main(int argc, char** argv) {
    CommandLine line;
    if (int status = 0; !program::parse(line.app, argc, argv, status))
        return written(status);
    program::end_at_interrupts();
    try {
        return written(line.run(command_line(argc, argv)));
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
