// SPDX-License-Identifier: Apache-2.0
// main: the command line of the program `collab`.
#include <cstdio>
#include <exception>

#include "bench.hpp"
#include "compare.hpp"
#include "data_inspect.hpp"
#include "inspect.hpp"
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
}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Trains SmallNet and ResNet-20 on images, each alone and both in collaboration "
                 "around a mutual knowledge base, and compares them."};
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
    std::string shell;
    const CLI::App* complete = program::add_shell(app, shell);
    app.require_subcommand(0, 1);
    app.footer(examples);
    if (int status = 0; !program::parse(app, argc, argv, status))
        return status;
    program::listen_to_interrupts();
    std::string command = "collab";
    for (int i = 1; i < argc; ++i)
        command += std::string(" ") + argv[i];
    try {
        if (eval->parsed())
            return program::eval(evaluated, command), 0;
        if (predict->parsed())
            return program::predict(predicted), 0;
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
        if (study->parsed())
            return program::study(studied, command);
        if (train->parsed())
            return program::compare(trained, command);
        if (compare->parsed())
            return program::compare(compared, command);
        return program::together(together, command);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "collab: %s\n", e.what());
        return 1;
    }
}
