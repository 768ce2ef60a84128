// SPDX-License-Identifier: Apache-2.0
// bench: how fast networks are on this machine, trained and asked.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

namespace program {

struct BenchOptions {
    std::string pair = "smallnet+resnet20";
    int channels = 3;
    int batch = 128;
    int threads = 0;
    double seconds = 3;
};
CLI::App* add_bench(CLI::App& app, BenchOptions& options);
void bench(const BenchOptions& options);

}  // namespace program
