// SPDX-License-Identifier: Apache-2.0
// use: what is done with a trained network: it is evaluated, asked about pictures, and given to
// other programs.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace program {

struct EvalOptions {
    std::vector<std::string> files, headers;
    std::string data, report;
    int test_subset = 0;
    int batch = 128;
    int threads = 0;
};
CLI::App* add_eval(CLI::App& app, EvalOptions& options);
/// Prints accuracies, over all and for each class; the report has the confusion matrices.
void eval(const EvalOptions& options, const std::string& command);

struct PredictOptions {
    std::string file;
    std::vector<std::string> pictures, headers;
    int top = 3;
    bool invert = false;
};
CLI::App* add_predict(CLI::App& app, PredictOptions& options);
/// Prints a line for each picture: the likeliest classes with their probabilities.
/// The number of pictures that could not be read.
int predict(const PredictOptions& options);

struct ExportOptions {
    std::string file, to;
    std::vector<std::string> headers;
    int batch = 0;
};
CLI::App* add_export(CLI::App& app, ExportOptions& options);
/// Writes ONNX, NPZ or safetensors, whichever the name ends in.
void export_network(const ExportOptions& options);

}  // namespace program
