// SPDX-License-Identifier: Apache-2.0
// program: a program's whole way, so that it can be compared on several backends.
#pragma once
#include <string>
#include <vector>

#include <collab/collab.hpp>

#include "data/temporary.hpp"
#include "gradient/whole.hpp"

namespace collab::program {
using Pair = Collaboration<whole::Small, whole::Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder>,
                           MutualLearning<>>;

/// Numbers from every corner of a program that trains, looks, stops, goes on, and deploys.
template <class B>
std::vector<double> said() {
    std::vector<double> all;
    const auto add = [&](const auto& numbers) {
        all.insert(all.end(), numbers.begin(), numbers.end());
    };
    const Splits data = synthetic(whole::Image::dims, 3, 44, 12);
    const Folder folder;
    using Trained = Training<Pair, B>;
    const typename Trained::Settings settings{.seed = 3, .batch = 6};
    FitOptions options{.epochs = 2, .learning_rate = MultiStepLR{.base = 0.05}};
    Checkpoints checkpoints{.folder = (folder.path / "run").string(), .every = 3};
    {
        Trained first(settings);
        options.watch = [](const FitEvent& e) { return e.step < 8; };
        first.fit(data, options, checkpoints, ClipGradients{.norm = 0.5});
    }
    Trained training(settings);
    options.watch = {};
    checkpoints.resume = true;
    ExponentialMovingAverage average{.decay = 0.5};
    const History history = training.fit(data, options, checkpoints, ClipGradients{.norm = 0.5});
    for (const Record& r : history.records)
        for (const NetworkRecord& k : r.networks)
            add(std::vector<double>{k.task, k.metric, k.verification, k.coupling, k.test_loss,
                                    k.test_score()});
    training.fit(data, {.epochs = 1, .learning_rate = 0.01}, average);
    average.apply(training);
    for (const Evaluation& e : training.evaluate(data.test))
        add(std::vector<double>{e.loss, e.score()});
    add(training.logits(1));
    add(training.template embeddings<0>(0));
    add(ensemble_weights(training, data.test));
    for (const Term& t : training.terms())
        all.push_back(t.value);
    std::vector<float> image(whole::Image::dims.size(), 0.5f);
    const int label = 1;
    training.step(image.data(), &label, 1, 0.01, [&] { all.push_back(training.gradient_norm()); });
    save(training, (folder.path / "all.safetensors").string());
    Trained again(settings);
    load(again, (folder.path / "all.safetensors").string());
    add(again.parameters());
    add(again.momentum());
    add(again.state());
    again.set_network_weights(1, training.network_weights(1));
    auto deployed = training.template deploy<0>();
    add(deployed.predict(data.test));
    all.push_back(deployed.accuracy(data.test));
    save(deployed, (folder.path / "one.safetensors").string());
    load(deployed, (folder.path / "one.safetensors").string());
    add(deployed.predict(image.data(), 1));
    return all;
}
}  // namespace collab::program
