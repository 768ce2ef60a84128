// SPDX-License-Identifier: Apache-2.0
// pictures: batches formed where a training computes.
#include <doctest/doctest.h>

#include <vector>

#include <collab/backend/cuda/thrust_host.hpp>

#include "cuda/pictures.hpp"
#include "cuda/steps.hpp"
#include "made.hpp"

using namespace collab;

namespace {
template <class B, class Set>
std::vector<double> course(const Set& train, const Set& test) {
    Training<steps::Pair, B> training({.seed = 5, .batch = 8});
    const History history =
        fit(training, train, test,
            {.epochs = 3,
             .learning_rate = MultiStepLR{.base = 0.05},
             .transform = Transform{.crop_padding = 2,
                                    .flip = true,
                                    .normalize = {{0.4, 0.5, 0.6}, {0.2, 0.3, 0.4}},
                                    .cutout = 3}});
    return steps::course(history, training);
}
}  // namespace

TEST_CASE_TEMPLATE(
    "a backend with memory of its own forms the batches that the host makes, bit for bit", T, float,
    double) {
    static_assert(PictureBackend<ThrustHost<T>> && !PictureBackend<Cpu<T>>);
    pictures::formed_as_on_the_host(ThrustHost<T>());
}
TEST_CASE_TEMPLATE(
    "a training whose batches are formed there has the course of one whose batches the host makes",
    T, float, double) {
    const Splits data = synthetic({3, 12, 12}, 4, 44, 20);
    const std::vector<double> kept = course<ThrustHost<T>>(data.train, data.test);
    const std::vector<double> made =
        course<ThrustHost<T>>(trial::Made{data.train}, trial::Made{data.test});
    const std::size_t weights =
        Training<steps::Pair, ThrustHost<T>>({.batch = 8}).parameters().size();
    REQUIRE(kept.size() == 3 * 2 * 7 + weights);  // three records of two networks
    CHECK(kept == made);
}
TEST_CASE("pictures that are kept are looked at as others are") {
    Splits data = synthetic({3, 12, 12}, 4, 44, 20);
    Training<steps::Pair, ThrustHost<float>> training({.batch = 8});
    CHECK_THROWS_WITH_AS(training.fit(data, {.transform = Transform{.crop = 11}}),
                         doctest::Contains("the networks expect"), Error);
    data.train.labels[7] = 4;
    CHECK_THROWS_WITH_AS(training.fit(data), doctest::Contains("label 7 is 4; expected 0 to 3"),
                         Error);
}
