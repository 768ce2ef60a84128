// SPDX-License-Identifier: Apache-2.0
// console: what the program's trainings have in common: options, the data they name, Ctrl-C, and
// progress on the terminal.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <collab/train/live_progress.hpp>

#include "experiment.hpp"

namespace program {

/// After Ctrl-C trainings end at the next step; a second one ends the program.
void listen_to_interrupts();
bool interrupted();

/// Options of every training.
struct Basics {
    std::string data = "synthetic";
    std::string metric = "cosine";
    std::string report;
    std::string checkpoints;
    std::string logs;
    std::string weights;
    int epochs = 3;
    int seeds = 1;
    int subset = 0;
    int test_subset = 0;
    int threads = 0;
    int batch = 128;
    int evaluations = 0;
    int warmup_steps = 60;
    int checkpoint_every = 0;
    std::uint64_t first_seed = 1;
    double alpha = 0.2;
    double learning_rate = 0.05;
    bool augment = false;
    bool quiet = false;
    bool resume = false;
};
void add_basics(CLI::App& app, Basics& options);
/// A script may set what the user then sets again: the last one counts.
void take_last(CLI::App& app);

/// The data set, or subsets of it. Throws for pictures that the networks cannot look at, and for a
/// report that cannot be written.
collab::Splits open_basics(const Basics& options);
Job job_of(const Basics& options, const collab::Splits& data);
/// For a report: optimizer, pictures, seeds.
collab::Facts manifest_of(const Basics& options, const Job& job);

class Watcher {
public:
    Watcher(collab::LiveView& view, std::string label, std::vector<std::string> names)
        : shown_(view, std::move(label), std::move(names)) {}

    bool operator()(const collab::FitEvent& e) {
        shown_.show(e);
        return !interrupted();
    }
    void finish(const collab::History& h) {
        shown_.finish(shown_.last_line(h, " on the test images") + " (" +
                      collab::duration(h.records.empty() ? h.seconds : h.records.back().seconds) +
                      ", " + collab::grouped(h.images_per_second) + " images/s)");
    }

private:
    collab::LiveTraining shown_;
};

}  // namespace program
