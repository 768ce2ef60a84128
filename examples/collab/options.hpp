// SPDX-License-Identifier: Apache-2.0
// options: what a training can be told on the command line.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "experiment.hpp"

namespace program {

/// Options of every training.
struct TrainingOptions {
    std::string data = "synthetic";
    std::vector<std::string> networks{};
    std::string pair{};  ///< networks with + between them
    std::vector<std::string> headers{};
    int size = 0;
    // the MKB and how the networks meet
    KnowledgeBase base{};
    std::string metric = "cosine";
    std::string agreement = "pairwise";
    std::string order = "simultaneous";
    std::string inputs = "siamese";
    double alpha = 0.2;
    int freeze_mkb_after = 0;
    // what is minimized, and how weights move
    std::string loss = "cross-entropy";
    double label_smoothing = 0;
    std::string optimizer = "sgd";
    std::string scalar = "float";
    double momentum = -1;
    double weight_decay = -1;
    double clip = 0;
    int accumulate = 1;
    // learning rate
    double learning_rate = 0.05;
    std::string schedule = "steps";
    std::string milestones{};
    double factor = 0.1;
    int warmup_steps = 60;
    // data
    int epochs = 3;
    int subset = 0;
    int test_subset = 0;
    int validation = 0;
    int batch = 128;
    bool augment = false;
    bool balanced = false;
    int patience = 0;
    // runs
    int seeds = 1;
    std::uint64_t first_seed = 1;
    int threads = 0;
    int evaluations = 0;
    // what is written
    std::string report{}, checkpoints{}, logs{}, weights{};
    int checkpoint_every = 0;
    bool resume = false;
    bool quiet = false;
    /// the options that were given, as a file for --config
    std::function<std::string()> settings = [] { return std::string(); };
    /// whether an option was given
    std::function<bool(const char*)> given = [](const char*) { return false; };
};
void add_training_options(CLI::App& app, TrainingOptions& options);
/// A script may set what the user then sets again: the last one counts.
void take_last(CLI::App& app);

/// What can be told before data are read: names of networks, types, places to write to. Throws.
void check_options(const TrainingOptions& options, const std::vector<std::string>& more_files = {});

/// Throws Error for an option that none of these methods looks at.
void check_method_options(const TrainingOptions& options,
                          const std::vector<const MethodEntry*>& methods);

/// Writes run.toml beside weights and records: --config run.toml trains the same again.
void write_settings(const TrainingOptions& options);

/// The data set as the options want it.
collab::Splits open_training_data(const TrainingOptions& options);
/// The pictures that the networks look at.
Task task_of(const TrainingOptions& options, const collab::Splits& data);
Plan plan_of(const TrainingOptions& options, const Task& task);
Job job_of(const TrainingOptions& options, const collab::Splits& data, const Task& task);
/// For a report: optimizer, pictures, seeds.
collab::Facts manifest_of(const TrainingOptions& options, const Job& job, const Task& task);
/// "SmallNet and ResNet-20"
std::string names_text(const std::vector<NetworkType>& networks);

}  // namespace program
