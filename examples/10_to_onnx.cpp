// SPDX-License-Identifier: Apache-2.0
// 10_to_onnx: a training that survives a crash, and its network as files for other programs.
// prints: [0-9]+ steps, best accuracy [0-9.]+ %
// prints: the same logits again: yes
// prints: network.onnx: [0-9]+ bytes
#include <cstdio>
#include <filesystem>

#include <collab/collab.hpp>
#include <collab/io/onnx.hpp>
using namespace collab;

struct Digits : Sequential<Shape<1, 16, 16>, Conv2d<12, 5, Stride<2>>, BatchNorm, Relu,
                           Conv2d<24, 3>, BatchNorm, Relu, MaxPool<2>, Flatten, Linear<4>> {};

int main(int argc, char** argv) {
    // Files go to the folder that is named, and stay: a run that was killed goes on there. Without
    // one they go to a folder that is removed in the end.
    const bool keep = argc > 1;
    const std::filesystem::path folder =
        keep ? std::filesystem::path(argv[1])
             : std::filesystem::temp_directory_path() / "collab_to_onnx";
    if (!keep)
        std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);

    const Splits data = synthetic({1, 16, 16}, 4, 1600, 400);
    Training<Digits, Cpu<float>> training({.seed = 1, .batch = 32});
    EarlyStopping stop{.patience = 3};
    JsonLines log{(folder / "log.jsonl").string()};
    const History history =
        training.fit(data,
                     {.epochs = 6,
                      .learning_rate = 0.01,
                      .checkpoints = {.folder = (folder / "run").string(), .resume = true}},
                     stop, log);
    std::printf("%ld steps, best accuracy %.1f %%\n", history.records.back().step,
                100 * history.best);

    load(training, (folder / "run" / "best.safetensors").string());  // as it was at its best
    auto network = training.deploy<0>();
    save(network, (folder / "network.safetensors").string());  // PyTorch's names and layouts
    export_onnx(network, (folder / "network.onnx").string());

    Model<Digits, Cpu<float>> again(32);
    load(again, (folder / "network.safetensors").string());
    std::printf("the same logits again: %s\n",
                again.predict(data.test) == network.predict(data.test) ? "yes" : "no");
    std::printf("network.onnx: %ju bytes\n",
                std::uintmax_t(std::filesystem::file_size(folder / "network.onnx")));
    if (!keep)
        std::filesystem::remove_all(folder);
}
