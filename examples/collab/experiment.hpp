// SPDX-License-Identifier: Apache-2.0
// experiment: what the program trains: a small plain network and a residual one, each alone or both around a knowledge base.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/data/augment.hpp>
#include <collab/data/images.hpp>
#include <collab/objective/metrics.hpp>
#include <collab/train/fit.hpp>

namespace program {

/// A metric chosen on the command line. (In a program of your own the metric is a type; here one binary offers them all.)
struct ChosenMetric {
    enum Kind { cosine, negative_dot, ln, squared } kind = cosine;
    double n = 2;

    template <class T>
    T value(int d, const T* a, const T* b) const {
        switch (kind) {
            case negative_dot: return collab::NegativeDot{}.value(d, a, b);
            case ln: return collab::LnDistance{n}.value(d, a, b);
            case squared: return collab::SquaredEuclidean{}.value(d, a, b);
            default: return collab::CosineDistance{}.value(d, a, b);
        }
    }
    template <class T>
    void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        switch (kind) {
            case negative_dot: return collab::NegativeDot{}.gradient(d, a, b, scale, da);
            case ln: return collab::LnDistance{n}.gradient(d, a, b, scale, da);
            case squared: return collab::SquaredEuclidean{}.gradient(d, a, b, scale, da);
            default: return collab::CosineDistance{}.gradient(d, a, b, scale, da);
        }
    }
};

enum class Who { small, residual, together };
enum class MergeKind { product, sum };

inline const std::vector<std::string> network_names{"SmallNet", "ResNet-20"};

/// Everything a training needs beside the data.
struct Job {
    Who who = Who::together;
    MergeKind merge = MergeKind::product;
    ChosenMetric metric{};
    double alpha = 0.2, rate = 0.05;
    int epochs = 1, batch = 128, threads = 0, evaluate_every = 0, warm_up = 0;
    std::uint64_t seed = 1;
    collab::Transform transform{};
    std::function<bool(const collab::FitEvent&)> watch{};
};

/// What came of it.
struct Outcome {
    collab::History history;
    std::size_t parameters = 0, memory_bytes = 0;
    std::string backend;
};

/// Trains on pictures of 32x32 with one or three channels (after the transform). Each merge and channel count is compiled on its own.
Outcome train_gray_alone(const collab::DataSet&, const Job&);
Outcome train_gray_product(const collab::DataSet&, const Job&);
Outcome train_gray_sum(const collab::DataSet&, const Job&);
Outcome train_colour_alone(const collab::DataSet&, const Job&);
Outcome train_colour_product(const collab::DataSet&, const Job&);
Outcome train_colour_sum(const collab::DataSet&, const Job&);

inline Outcome train(const collab::DataSet& data, const Job& job) {
    const bool gray = data.train.dims.channels == 1;
    if (job.who != Who::together) return gray ? train_gray_alone(data, job) : train_colour_alone(data, job);
    if (job.merge == MergeKind::sum) return gray ? train_gray_sum(data, job) : train_colour_sum(data, job);
    return gray ? train_gray_product(data, job) : train_colour_product(data, job);
}

}  // namespace program
