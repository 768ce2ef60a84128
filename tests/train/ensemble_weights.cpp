// SPDX-License-Identifier: Apache-2.0
// ensemble_weights: how much each network is trusted, by hand and from a training, and that a
// target follows weights renewed while it trains.
#include <doctest/doctest.h>

#include <numeric>

#include <collab/collaboration/method/online.hpp>
#include <collab/train/ensemble_weights.hpp>

#include "small.hpp"

using namespace collab;
using namespace collab::trial;

TEST_CASE("weights are those of the least error, by hand") {
    // Errors apart: inversely as they are large.
    const auto apart = least_error_weights({1, 0, 0, 3}, 2);
    CHECK(apart[0] == doctest::Approx(0.75).epsilon(1e-3));
    CHECK(apart[1] == doctest::Approx(0.25).epsilon(1e-3));
    // C = [2 1; 1 1]: C^-1 1 = (0, 1), all trust to the second.
    const auto one = least_error_weights({2, 1, 1, 1}, 2);
    CHECK(std::abs(one[0]) < 1e-3);
    CHECK(one[0] + one[1] == doctest::Approx(1).epsilon(1e-12));
    // Alike: half each, and numbers.
    const auto alike = least_error_weights({1, 1, 1, 1}, 2);
    CHECK(alike[0] == doctest::Approx(0.5).epsilon(1e-9));
    // No other weights of sum 1 err less.
    const std::vector<double> c{2, 0.3, -0.1, 0.3, 1, 0.2, -0.1, 0.2, 0.7};
    const auto w = least_error_weights(c, 3);
    const auto error = [&](const std::vector<double>& v) {
        double sum = 0;
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j)
                sum += v[i] * v[j] * c[i * 3 + j];
        return sum;
    };
    for (double a = -1; a <= 2; a += 0.1)
        for (double b = -1; b <= 2; b += 0.1)
            CHECK(error(w) < error({a, b, 1 - a - b}) + 1e-4);
    CHECK_THROWS_WITH_AS(least_error_weights({1, 2, 3}, 2),
                         "the errors of 2 networks are 4 numbers, not 3", Error);
}

TEST_CASE("a target follows weights that are renewed while it trains") {
    using Group = Collaboration<Small, Other, CollaborativeDistillation<WeightedLogits>>;
    const auto weights = std::make_shared<std::vector<double>>();
    Training<Group, Reference<double>> training(
        {.seed = 3, .batch = samples, .methods = {{.target = {weights}}}});
    const auto x = images();
    const auto y = labels();
    const auto coupling = [&](int network) {
        training.evaluate_batch(x.data(), y.data(), samples);
        return training.losses()[std::size_t(network)].coupling;
    };
    const double equal = coupling(0);
    *weights = {1, 0};
    CHECK(coupling(0) == doctest::Approx(0).epsilon(1e-12));  // its own logits
    CHECK(coupling(1) > 1e-4);
    *weights = {0.5, 0.5};
    CHECK(coupling(0) == doctest::Approx(equal).epsilon(1e-12));
    const Splits data = synthetic({2, 8, 8}, 3, 60, 30);
    *weights = ensemble_weights(training, data.test);
    CHECK(weights->size() == 2);
    CHECK(std::accumulate(weights->begin(), weights->end(), 0.0) ==
          doctest::Approx(1).epsilon(1e-12));
    // From the probabilities of all images at once, by hand.
    Training<Group, Reference<double>> large({.seed = 3, .batch = data.test.size()});
    large.set_parameters(training.parameters());
    large.set_state(training.state());
    const std::vector<float> all = [&] {
        std::vector<float> v;
        for (const std::uint8_t p : data.test.pixels)
            v.push_back(float(p) / 255);
        return v;
    }();
    large.evaluate_batch(all.data(), data.test.labels.data(), data.test.size());
    std::vector<double> errors(4);
    std::vector<double> off[2];
    for (int i = 0; i < 2; ++i) {
        const auto z = large.logits(i);
        for (int s = 0; s < data.test.size(); ++s) {
            double sum = 0;
            for (int c = 0; c < 3; ++c)
                sum += std::exp(z[std::size_t(s * 3 + c)]);
            for (int c = 0; c < 3; ++c)
                off[i].push_back(std::exp(z[std::size_t(s * 3 + c)]) / sum -
                                 (c == data.test.labels[std::size_t(s)]));
        }
    }
    for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t j = 0; j < 2; ++j)
            errors[i * 2 + j] =
                std::inner_product(off[i].begin(), off[i].end(), off[j].begin(), 0.0) /
                data.test.size();
    const auto expected = least_error_weights(errors, 2);
    for (std::size_t i = 0; i < 2; ++i)
        CHECK((*weights)[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}
