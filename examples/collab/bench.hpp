// SPDX-License-Identifier: Apache-2.0
// bench: how fast networks are on this machine, trained and asked.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace program {

struct BenchOptions {
    std::vector<std::string> networks{};
    int channels = 3;
    int size = 32;
    int classes = 10;
    int batch = 128;
    int threads = 0;
    double seconds = 3;
};
CLI::App* add_bench(CLI::App& app, BenchOptions& options);
void bench(const BenchOptions& options);

}  // namespace program
