// SPDX-License-Identifier: Apache-2.0
// experiment: the same short training on any backend, with everything that it computed after each
// step.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <collab/collab.hpp>

namespace collab::experiment {

using Image = Shape<3, 16, 16>;
struct Plain : Sequential<Image, Conv2d<16, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<32, 3>, BatchNorm, Elu, MaxPool<2>, Flatten, Linear<10>> {};
using Pair = Collaboration<Plain, zoo::ResNet<8, Image>, MKB<Encoder<16>, Transfer<16>, Decoder>,
                           CosineDistance>;

struct Options {
    int steps = 20;
    int batch = 16;
    double learning_rate = 0.05;
};
/// What two backends must agree on, after one step.
struct Moment {
    std::vector<double> logits, losses, weights;
    double seconds = 0;  // of the step
};
struct Run {
    std::string backend;
    std::vector<Moment> moments;
};

template <class B>
Run run(const Options& options, std::shared_ptr<B> backend = std::make_shared<B>()) {
    Training<Pair, B> training({.seed = 3, .batch = options.batch}, backend);
    const Random random{17};
    const std::size_t batch = std::size_t(options.batch);
    std::vector<float> images(batch * std::size_t(Image::dims.size()));
    std::vector<int> labels(batch);
    Run result{backend->describe(), {}};
    for (int step = 0; step < options.steps; ++step) {
        for (std::size_t b = 0; b < batch; ++b)
            labels[b] = int(below(random.child(1).word(std::uint64_t(step) * batch + b), 10));
        // something to learn: the label shifts the mean
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = uniform<float>(random.word(std::uint64_t(step) * images.size() + i)) -
                        0.5f + 0.05f * float(labels[i / std::size_t(Image::dims.size())]);
        const auto start = std::chrono::steady_clock::now();
        training.step(images.data(), labels.data(), options.batch, options.learning_rate);
        const auto losses = training.losses();  // waits
        Moment m;
        m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        for (const auto& l : losses)
            m.losses.insert(m.losses.end(), {l.task, l.metric, l.verification});
        for (int k = 0; k < 2; ++k)
            for (const auto z : training.logits(k))
                m.logits.push_back(double(z));
        for (const auto w : training.parameters())
            m.weights.push_back(double(w));
        result.moments.push_back(std::move(m));
    }
    return result;
}

// One file each, so that each is compiled by the compiler that it needs; empty where the machine
// lacks something.
std::vector<Run> host_runs(const Options&);
std::vector<Run> thrust_runs(const Options&);
std::vector<Run> gpu_runs(const Options&);

}  // namespace collab::experiment
