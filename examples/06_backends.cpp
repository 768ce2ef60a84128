// SPDX-License-Identifier: Apache-2.0
// 06_backends: the same experiment on two backends. The backend is named in one place; the results
// agree to rounding.
// prints: same network, same data, largest difference of a logit: [0-9.]+e-0[5-9]
#include <cstdio>
#include <memory>

#include <collab/collab.hpp>
using namespace collab;

struct Small : Sequential<Shape<1, 12, 12>, Conv2d<6, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Flatten, Linear<3>> {};
struct Other : Sequential<Shape<1, 12, 12>, Conv2d<4, 3>, BatchNorm, Relu, Cut<mutual>,
                          GlobalAvgPool, Linear<3>> {};
using Pair = Collaboration<Small, Other, MKB<Encoder<8, 6>, Transfer<8>, Decoder>, CosineDistance>;

template <class Backend>
std::vector<double> logits_after_training() {
    const Images images = synthetic_images({1, 12, 12}, 3, 32, 1);
    std::vector<float> x(images.pixels.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(images.pixels[i]) / 255;

    auto backend = std::make_shared<Backend>();
    Training<Pair, Backend> training({.batch = 32}, backend);
    for (int step = 0; step < 3; ++step)
        training.step(x.data(), images.labels.data(), 32, 0.02);
    training.evaluate_batch(x.data(), images.labels.data(), 32);
    std::printf("%s\n", backend->describe().c_str());
    const auto z = training.logits(0);
    return {z.begin(), z.end()};
}

int main() {
    const auto cpu = logits_after_training<Cpu<float>>();
    const auto reference = logits_after_training<Reference<double>>();
    double worst = 0;
    for (std::size_t i = 0; i < cpu.size(); ++i)
        worst = std::max(worst, std::abs(cpu[i] - reference[i]));
    std::printf("same network, same data, largest difference of a logit: %.1e\n", worst);
}
