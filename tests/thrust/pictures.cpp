// SPDX-License-Identifier: Apache-2.0
// pictures: batches formed where a training computes.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include <collab/backend/cuda/thrust_host.hpp>

#include "cuda/pictures.hpp"
#include "cuda/steps.hpp"

using namespace collab;

namespace {
/// The same pictures, made by the host because they are no Images.
struct Made {
    Images images;
    std::string name = "made";
    int size() const { return images.size(); }
    Dims output(const Transform& t) const { return t.dims(images.dims); }
    PictureReader reader(const Transform& t) const {
        return [this, augmenter = Augmenter(t, images.dims)](int index, Random random, bool training, float* out) {
            augmenter.apply(images, index, random, training, out);
            return images.labels[std::size_t(index)];
        };
    }
};

template <class B>
struct Course {
    std::vector<double> figures;
    std::vector<typename B::Scalar> parameters;
    bool operator==(const Course&) const = default;
};
template <class B, class Set>
Course<B> course(const Set& train, const Set& test) {
    Training<steps::Pair, B> training({.seed = 5, .batch = 8});
    const History history =
        fit(training, train, test, {.epochs = 3, .rate = StepRate{.base = 0.05}, .transform = Transform{.crop_padding = 2, .flip = true, .normalise = {{0.4, 0.5, 0.6}, {0.2, 0.3, 0.4}}, .cutout = 3}});
    Course<B> c{{}, training.parameters()};
    for (const Record& r : history.records)
        for (const NetworkRecord& k : r.networks) c.figures.insert(c.figures.end(), {k.classification, k.metric, k.verification, k.accuracy, k.test_loss, k.test_accuracy});
    return c;
}
}  // namespace

TEST_CASE_TEMPLATE("a backend with memory of its own forms the batches that the host makes, bit for bit", T, float, double) {
    static_assert(PictureBackend<ThrustHost<T>> && !PictureBackend<Cpu<T>>);
    pictures::formed_as_on_the_host(ThrustHost<T>());
}
TEST_CASE_TEMPLATE("a training whose batches are formed there has the course of one whose batches the host makes", T, float, double) {
    const DataSet data = synthetic({3, 12, 12}, 4, 44, 20);
    const Course<ThrustHost<T>> kept = course<ThrustHost<T>>(data.train, data.test), made = course<ThrustHost<T>>(Made{data.train}, Made{data.test});
    REQUIRE(kept.figures.size() == 36);
    CHECK(kept == made);
}
TEST_CASE("pictures that are kept are looked at as others are") {
    DataSet data = synthetic({3, 12, 12}, 4, 44, 20);
    Training<steps::Pair, ThrustHost<float>> training({.batch = 8});
    CHECK_THROWS_WITH_AS(training.fit(data, {.transform = Transform{.crop = 11}}), doctest::Contains("the networks expect"), Error);
    data.train.labels[7] = 4;
    CHECK_THROWS_WITH_AS(training.fit(data), doctest::Contains("label 7 is 4; expected 0 to 3"), Error);
}
