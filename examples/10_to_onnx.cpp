// SPDX-License-Identifier: Apache-2.0
// 10_to_onnx: trains with checkpoints, resumes after a crash and exports the network to ONNX.
// prints: [0-9]+ steps, best validation accuracy [0-9.]+ %
// prints: test accuracy (8[0-9]|9[0-9])\.
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
    // With a folder as argument, the files stay there and a second run resumes the first.
    const bool keep = argc > 1;
    const std::filesystem::path folder =
        keep ? std::filesystem::path(argv[1])
             : std::filesystem::temp_directory_path() / "collab_to_onnx";
    if (!keep)
        std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);

    Splits data = synthetic({1, 16, 16}, 4, 1600, 400);
    hold_out(data, 200);  // moves 200 training images to data.validation
    Training<Digits, Cpu<float>, AdamW> training(
        {.seed = 1, .batch = 32, .optimizer = {.weight_decay = 0.05}});
    EarlyStopping stop{.patience = 3};
    JsonLines log{(folder / "log.jsonl").string()};
    const History history =
        training.fit(data, {.epochs = 12, .learning_rate = 0.002},
                     Checkpoints{.folder = (folder / "run").string(), .resume = true}, stop, log);
    std::printf("%ld steps, best validation accuracy %.1f %%\n", history.records.back().step,
                100 * history.best);

    load(training, (folder / "run" / "best.safetensors").string());  // the best checkpoint
    auto network = training.deploy<0>();
    save(network, (folder / "network.safetensors").string());  // PyTorch's names and layouts
    export_onnx(network, (folder / "network.onnx").string());

    Model<Digits, Cpu<float>> again(32);
    load(again, (folder / "network.safetensors").string());
    std::printf("test accuracy %.1f %%\n", 100 * network.accuracy(data.test));
    std::printf("the same logits again: %s\n",
                again.predict(data.test) == network.predict(data.test) ? "yes" : "no");
    std::printf("network.onnx: %ju bytes\n",
                std::uintmax_t(std::filesystem::file_size(folder / "network.onnx")));
    if (!keep)
        std::filesystem::remove_all(folder);
}
