// SPDX-License-Identifier: Apache-2.0
// live_progress: what the callback writes where there is no terminal.
#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include <collab/collab.hpp>
#include <collab/train/live_progress.hpp>

using namespace collab;

namespace {
struct Net : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, BatchNorm, Relu, GlobalAvgPool, Linear<2>> {};

/// The lines that a training of one epoch leaves.
template <class What>
std::string written(const Splits& data) {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    Training<What, Cpu<float>> training({.batch = 10, .names = {"small"}});
    LiveProgress progress("alone", file);
    training.fit(data, {.epochs = 1, .learning_rate = 0.01}, progress);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
        text += char(c);
    std::fclose(file);
    return text;
}
}  // namespace

TEST_CASE("a training is shown in lines, with the score of its task") {
    const Splits classes = synthetic({1, 8, 8}, 2, 40, 20);
    const std::string text = written<Net>(classes);
    CHECK(text.find("alone") == 0);
    CHECK(text.find("| small accuracy ") != std::string::npos);
    CHECK(text.find("\nalone: small ") != std::string::npos);
    CHECK(text.ends_with(" %\n"));
    const std::string numbers = written<Collaboration<Net, MeanSquaredError>>(
        {one_hot(classes.train), one_hot(classes.test)});
    CHECK(numbers.find("| small mean_absolute_error ") != std::string::npos);
    CHECK(numbers.find("alone: small mean_absolute_error 0.") != std::string::npos);
    CHECK(numbers.find('%') == std::string::npos);
}
