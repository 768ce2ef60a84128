// SPDX-License-Identifier: Apache-2.0
// cifar: a collaboration on CIFAR-10, the same on any backend, to see that all reach the same
// accuracy.
#pragma once
#include <cstdio>
#include <cstdlib>

#include <collab/collab.hpp>
#include <collab/data/cifar.hpp>

namespace collab::benchmarks {

/// program FOLDER [EPOCHS [SEED]]
template <class Backend>
int cifar(int count, char** words) try {
    using Pair = Collaboration<zoo::SmallNet<Shape<3, 32, 32>, 10, 2>, zoo::ResNet<20>,
                               MKB<Encoder<64>, Transfer<64>, Decoder>, CosineDistance>;
    if (count < 2)
        fail("usage: ", words[0],
             " FOLDER [EPOCHS [SEED]], a folder with the binary files of CIFAR-10");
    const int epochs = count > 2 ? std::atoi(words[2]) : 10;
    const int seed = count > 3 ? std::atoi(words[3]) : 1;
    const Splits data = cifar10(words[1]);
    Transform augmentation;
    augmentation.crop_padding = 4;
    augmentation.flip = true;
    augmentation.normalize = statistics(data.train);
    Training<Pair, Backend> training({.seed = std::uint64_t(seed)});
    std::printf("%s, %d epochs, seed %d, on %s\n", data.train.name.c_str(), epochs, seed,
                training.backend().describe().c_str());
    FitOptions options;
    options.learning_rate = CosineAnnealingLR{.base = 0.05};
    options.warmup_steps = 400;
    options.transform = augmentation;
    options.epochs = epochs;
    options.seed = std::uint64_t(seed);
    const History history = training.fit(data, options);
    std::printf("epoch  minutes  SmallNet-2  ResNet-20\n");
    for (const Record& r : history.records)
        std::printf("%5d  %7.2f  %8.2f %%  %7.2f %%\n", r.epoch, r.seconds / 60,
                    100 * r.networks[0].test_score(), 100 * r.networks[1].test_score());
    std::printf("%.0f images per second in training\n", history.images_per_second);
    return 0;
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}

}  // namespace collab::benchmarks
