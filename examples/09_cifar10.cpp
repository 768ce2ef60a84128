// SPDX-License-Identifier: Apache-2.0
// 09_cifar10: ResNet-20 on CIFAR-10 with the augmentation it was published with, a warm-up and a
// cosine. Without a folder, on made-up images.
//   example_09_cifar10 FOLDER [EPOCHS [THREADS [CURVE.svg]]]
// prints: accuracy on the test images: [0-9.]+ %
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <collab/collab.hpp>
#include <collab/data/cifar.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/report/svg.hpp>
using namespace collab;

struct ResNet20 : zoo::ResNet<20> {};

int main(int argc, char** argv) try {
    const Splits data = argc > 1 ? cifar10(argv[1]) : synthetic({3, 32, 32}, 10, 256, 128);
    const int epochs = argc > 2 ? std::atoi(argv[2]) : argc > 1 ? 30 : 1;
    const int threads = argc > 3 ? std::atoi(argv[3]) : 0;

    Transform augmentation;
    augmentation.crop_padding = 4;
    augmentation.flip = true;
    augmentation.normalize = statistics(data.train);

    Training<ResNet20, Cpu<float>> training({.seed = 1}, std::make_shared<Cpu<float>>(threads));
    std::printf("%s, %d images, batch %d, %d epochs, seed 1, on %s\n", data.train.name.c_str(),
                data.train.size(), training.settings().batch, epochs,
                training.backend().describe().c_str());
    std::printf("epoch  rate    loss   training  test     minutes  images/s\n");
    const auto told = [](const FitEvent& e) {
        if (!e.evaluated)
            return true;
        const NetworkRecord& n = e.record->networks[0];
        std::printf("%5d  %.4f  %.4f  %6.2f %%  %5.2f %%  %7.1f  %8.0f\n", e.epoch,
                    e.record->learning_rate, n.task, 100 * n.score(), 100 * n.test_score(),
                    e.record->seconds / 60, e.images_per_second);
        return std::fflush(stdout) == 0;
    };
    const History history = training.fit(data, {.epochs = epochs,
                                                .learning_rate = CosineAnnealingLR{.base = 0.1},
                                                .warmup_steps = 400,
                                                .transform = augmentation,
                                                .watch = told});
    std::printf("accuracy on the test images: %.2f %%\n",
                100 * history.records.back().networks[0].test_score());

    if (argc > 4) {
        Chart chart{.title = "ResNet-20 on " + data.train.name,
                    .x_label = "epoch",
                    .y_label = "accuracy",
                    .percent = true};
        chart.series = {{.name = "test", .color = 0},
                        {.name = "training", .color = 1, .dashed = true}};
        for (const Record& r : history.records) {
            chart.series[0].points.push_back({double(r.epoch), r.networks[0].test_score()});
            chart.series[1].points.push_back({double(r.epoch), r.networks[0].score()});
        }
        chart.note = "Training accuracy: on augmented images, while the weights moved.";
        const std::string path = argv[4];
        const std::string stem = path.substr(0, path.rfind(".svg"));
        detail::replace_file(stem + ".svg", svg(chart, Theme::light), "the curve");
        detail::replace_file(stem + "-dark.svg", svg(chart, Theme::dark), "the curve");
    }
} catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
