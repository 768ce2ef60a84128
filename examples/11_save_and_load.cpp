// SPDX-License-Identifier: Apache-2.0
// 11_save_and_load: saves a trained network to a file and loads it for inference.
// prints: wrote plain\.safetensors
// prints: from the file: (8[0-9]|9[0-9])\.. %, the same answers on 400 of 400 images
// prints: one image: class [0-3]
#include <algorithm>
#include <cstdio>
#include <string>

#include <collab/collab.hpp>
using namespace collab;

// Both programs need the types of the networks: put them into a header of your own.
struct Plain : Sequential<Shape<1, 16, 16>, Conv2d<8, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<16, 3>, BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};
struct Deeper
    : Sequential<Shape<1, 16, 16>, Conv2d<12, 3>, BatchNorm, Relu,
                 Residual<Layers<Conv2d<12, 3>, BatchNorm, Relu, Conv2d<12, 3>, BatchNorm>>, Relu,
                 Cut<mutual>, GlobalAvgPool, Linear<4>> {};
using Pair = Collaboration<Plain, Deeper, MKB<Encoder<16>, Transfer<16>, Decoder>>;
// Plain with its own half of the knowledge base, and nothing of Deeper.
using Answers = Deployed<Pair, 0>;

// The program that trains.
std::vector<float> train(const Splits& data, const std::string& file) {
    Training<Pair, Cpu<float>> training({.seed = 1, .batch = 32});
    training.fit(data, {.epochs = 5,
                        .learning_rate = MultiStepLR{.base = 0.1},
                        .transform = Transform{.normalize = statistics(data.train)}});
    auto network = training.deploy<0>();
    save(network, file);
    std::printf("wrote %s, %zu parameters\n", file.c_str(), network.parameter_count());
    return network.predict(data.test);
}

// The program that uses the network.
int main(int argc, char** argv) {
    const Splits data = synthetic({1, 16, 16}, 4, 1200, 400);
    const std::string file = argc > 1 ? argv[1] : "plain.safetensors";
    const std::vector<float> before = train(data, file);

    Model<Answers, Cpu<float>> network(64);  // room for 64 images at a time
    load(network, file);
    const std::vector<float> scores = network.predict(data.test);  // [image][class]
    int same = 0;
    const auto answer = [](const std::vector<float>& s, int image) {
        return std::max_element(s.begin() + 4 * image, s.begin() + 4 * image + 4) -
               (s.begin() + 4 * image);
    };
    for (int i = 0; i < data.test.size(); ++i)
        same += answer(scores, i) == answer(before, i);
    std::printf("from the file: %.1f %%, the same answers on %d of %d images\n",
                100 * network.accuracy(data.test), same, data.test.size());

    // Pixels of your own are not transformed: normalize them here.
    const Statistics pixels = statistics(data.train);
    std::vector<float> image(16 * 16);
    for (std::size_t i = 0; i < image.size(); ++i)
        image[i] = (float(i % 16) / 15 - float(pixels.mean[0])) / float(pixels.stddev[0]);
    std::printf("one image: class %ld\n", answer(network.predict(image.data(), 1), 0));
}
