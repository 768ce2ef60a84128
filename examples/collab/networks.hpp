// SPDX-License-Identifier: Apache-2.0
// networks: the types that the program trains, and how it trains one of them.
#pragma once
#include <memory>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/train/training.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "experiment.hpp"

namespace program {

template <class Image>
struct SmallNet : collab::zoo::SmallNet<Image> {};
template <class Image>
struct ResNet20 : collab::zoo::ResNet<20, Image> {};

/// The experiment as one type.
template <class Image, class Merge>
using Pair = collab::Collaboration<SmallNet<Image>, ResNet20<Image>, collab::MKB<collab::Encoder<64>, collab::Transfer<64>, collab::Decoder, Merge>, ChosenMetric>;

template <class What>
Outcome train_as(const collab::DataSet& data, const Job& job, const std::vector<std::string>& names) {
    using Training = collab::Training<What, collab::Cpu<float>>;
    typename Training::Settings settings{.alpha = job.alpha, .seed = job.seed, .batch = job.batch, .names = names};
    if constexpr (std::same_as<decltype(settings.metric), ChosenMetric>) settings.metric = job.metric;
    Training training(settings, std::make_shared<collab::Cpu<float>>(job.threads));
    collab::StepRate rate;
    rate.base = job.rate;
    collab::FitOptions options{.epochs = job.epochs, .rate = rate, .warm_up = job.warm_up, .seed = job.seed, .transform = job.transform,
                               .evaluate_every = job.evaluate_every, .watch = job.watch};
    Outcome outcome;
    outcome.history = training.fit(data, options);
    outcome.parameters = training.catalogue().parameter_count, outcome.memory_bytes = training.memory_bytes(), outcome.backend = training.backend().describe();
    return outcome;
}

template <class Image>
Outcome train_alone(const collab::DataSet& data, const Job& job) {
    if (job.who == Who::small) return train_as<SmallNet<Image>>(data, job, {network_names[0]});
    return train_as<ResNet20<Image>>(data, job, {network_names[1]});
}

using Gray = collab::Shape<1, 32, 32>;
using Colour = collab::Shape<3, 32, 32>;

}  // namespace program
