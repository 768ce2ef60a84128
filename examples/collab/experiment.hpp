// SPDX-License-Identifier: Apache-2.0
// experiment: what the program trains: networks, a method and an MKB, as types in text; what a
// training is told beside its type, and what comes of it. The program and the modules that it has
// compiled share this header.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>
#include <collab/model/classification_report.hpp>
#include <collab/train/checkpoint_options.hpp>
#include <collab/train/fit_options.hpp>
#include <collab/train/settings.hpp>

#include "networks.hpp"

namespace program {

/// A method by the name that the command line knows.
struct MethodEntry {
    const char* name;     ///< on the command line
    const char* title;    ///< in tables
    const char* meaning;  ///< one sentence with everything that decides what it computes
    /// what stands behind the networks in Collaboration<...>; {mkb} and {metric} are filled in
    std::string items{};
    bool apart = false;        ///< each network has a training of its own
    const char* merge = "";    ///< of the MKB, in place of the one asked for
    int networks = 0;          ///< exactly so many; 0: any number
    bool needs_alone = false;  ///< each network alone before, with the same seed
    int teacher = -1;          ///< the network that is frozen and teaches the other; -1: none
    bool repeated = false;     ///< the networks of before stand behind those that learn, frozen
    double weight = 0;         ///< of the method's loss; 0: its own

    bool has_mkb() const { return items.find("{mkb}") != items.npos; }
    bool has_metric() const { return items.find("{metric}") != items.npos; }
    bool learns(int network) const { return teacher != network; }
    /// Whether networks meet in an MKB, with a loss that alpha weighs.
    bool reads_alpha() const { return has_mkb() && !apart; }
};
/// All methods, in the order in which they are listed.
const std::vector<MethodEntry>& methods();
/// The entry of this name, or one for items in C++ as `MutualLearning<Attached>`. An unknown name
/// is an error that lists them.
const MethodEntry& method_named(const std::string& name);

/// A mutual knowledge base in words; an empty one is the library's own choice.
struct KnowledgeBase {
    std::vector<std::string> cuts{"mutual"};  ///< where there is one: "mutual", "conv3_x"
    std::string encoder = "64";               ///< channels, or a type
    std::string transfer = "";  ///< channels, or a type; empty: as many as the encoder
    std::string decoder = "Decoder";
    std::string embedding = "";  ///< "pooled", "flat", "linear:WIDTH", or a type
    std::string merge = "product";
};

/// Everything that decides a type: what a module is compiled of.
struct Experiment {
    Task task{};
    std::vector<NetworkType> networks{};
    std::string items{};                 ///< behind the networks; empty: a network alone
    std::string optimizer = "Sgd";       ///< a type
    std::string scalar = "float";        ///< or double
    std::string extras{};                ///< callbacks, as types
    bool all_headers = false;            ///< it names more than named methods need
    std::vector<std::string> headers{};  ///< of the user, as absolute paths
};
/// The experiment of these networks and this method. Where networks learn apart, of the one.
struct Plan {
    Task task{};
    std::vector<NetworkType> networks{};
    KnowledgeBase base{};
    std::string metric = "cosine";
    std::string agreement{}, order{}, inputs{}, loss{};  ///< types; empty: the library's own
    std::string optimizer = "Sgd";
    std::string scalar = "float";
    std::string extras{};
    std::vector<std::string> headers{};
};
Experiment experiment_of(const Plan& plan, const MethodEntry& method, int network);
/// The MKBs of a plan, in C++: "MKB<Encoder<64>, Transfer<64>, Decoder>".
std::string mkb_text(const KnowledgeBase& base, const char* merge = "");
/// "CosineDistance"
std::string metric_text(const std::string& word);

/// Weights of the networks after training alone: teachers and snapshots.
using Snapshots = std::vector<collab::NetworkWeights<float>>;

/// A number that a type has under a name: {"momentum", 0.9}.
struct Number {
    std::string name;
    double value = 0;
};

/// Everything a training needs beside its type and the data.
struct Job {
    std::vector<std::string> names{};  ///< of the networks that learn; weights follow from them
    const Snapshots* snapshots = nullptr;
    std::vector<Number> metric{}, optimizer{}, loss{}, extras{};
    double method_weight = 0;
    double alpha = 0.2;
    collab::LearningRate schedule = 0.05;
    int epochs = 1;
    int batch = 128;
    int accumulate = 1;
    bool balanced = false;
    long freeze_mkb_after = -1;
    int threads = 0;
    std::int64_t evaluate_every = 0;
    std::int64_t warmup_steps = 0;
    std::uint64_t seed = 1;
    collab::Transform transform{};
    std::function<bool(const collab::FitEvent&)> watch{};
    /// in a folder of its own for each training, below this one
    collab::Checkpoints checkpoints{};
    std::string logs{};                  ///< a folder for records; empty: none
    std::string weights{};               ///< a file for all that was trained; empty: none
    std::vector<std::string> files{};    ///< one for each network as it is used; empty: none
    std::vector<collab::Facts> words{};  ///< what stands in them beside the weights
    /// at what the networks answer to the test images, for a report
    bool look = false;
    /// evaluated once, behind the last step; null: nothing
    const collab::Images* held_out = nullptr;
};

/// What came of it. Records have a place for each network that was trained or taught.
struct Outcome {
    collab::History history;
    collab::NetworkWeights<float> weights;  ///< of a network trained alone
    /// on the test images, where they were looked at
    std::vector<collab::ClassificationReport> scores;
    /// of some test images in the mutual space, if there is one
    std::vector<std::vector<float>> embeddings;
    std::vector<int> seen;  ///< their labels
    /// test accuracy of the ensemble's classifier, else -1
    double ensemble = -1;
    std::vector<collab::Evaluation> held_out;  ///< network by network, where it was asked for
    std::size_t parameters = 0;
    /// of each network with its half of a knowledge base
    std::vector<long> deployed_parameters;
    std::vector<long> multiply_adds;
    std::size_t memory_bytes = 0;
    std::string backend;
    /// what was minimized, and how it moved
    collab::Facts semantics;
};

}  // namespace program
