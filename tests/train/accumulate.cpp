// SPDX-License-Identifier: Apache-2.0
// accumulate: a step on several small batches is the step on the large one.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/train/callbacks.hpp>
#include <collab/train/checkpoint_manager.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Exact = Reference<double>;
/// Nothing looks at a batch as a whole, and no layer but the last has a bias.
struct Plain
    : Sequential<Image, Conv2d<4, 3>, Elu, MaxPool<2>, Conv2d<4, 3>, Relu, Flatten, Linear<3>> {};
/// A batch of eight samples.
std::vector<float> eight_images() {
    std::vector<float> x(8 * std::size_t(Image::dims.size()));
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(std::sin(0.37 * double(i) * double(i)));
    return x;
}
const std::vector<int> eight_labels{0, 1, 2, 0, 2, 1, 1, 0};
constexpr std::size_t size = std::size_t(Image::dims.size());

template <class T>
void in_parts(T& training, int parts, double rate) {
    const auto x = eight_images();
    const int n = 8 / parts;
    for (int k = 0; k < parts; ++k)
        training.accumulate(x.data() + std::size_t(k * n) * size, eight_labels.data() + k * n, n);
    training.update(rate);
}
double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
}
const Splits& pictures() {
    static const Splits set{synthetic_images({2, 8, 8}, 3, 26, 1),
                            synthetic_images({2, 8, 8}, 3, 12, 2)};
    return set;
}
/// All but biases, whose gradients the reference adds up in a longer type.
template <class T>
std::vector<double> weights(const T& training) {
    std::vector<double> found;
    const auto all = training.parameters();
    for (const Named& n : training.named_tensors().parameters)
        if (n.tensor.role == Role::weight)
            for (int i = 0; i < n.tensor.size; ++i)
                found.push_back(double(all[n.offset + std::size_t(i)]));
    return found;
}
}  // namespace

TEST_CASE("a power of two of small batches moves weights to the bits of the large batch") {
    const auto x = eight_images();
    Training<Plain, Exact> whole({.batch = 8});
    Training<Plain, Exact> halves({.batch = 4});
    Training<Plain, Exact> single({.batch = 1});
    const std::vector<double> start = whole.parameters();
    for (int s = 0; s < 3; ++s) {
        whole.step(x.data(), eight_labels.data(), 8, 0.1);
        in_parts(halves, 2, 0.1);
        in_parts(single, 8, 0.1);
    }
    CHECK(halves.steps() == 3);
    CHECK(distance(whole.parameters(), start) > 0.01);
    CHECK(distance(whole.parameters(), halves.parameters()) < 1e-15);
    CHECK(distance(whole.parameters(), single.parameters()) < 1e-15);
    Training<Plain, Exact> a({.batch = 8});
    Training<Plain, Exact> b({.batch = 2});
    a.step(x.data(), eight_labels.data(), 8, 0.1);
    in_parts(b, 4, 0.1);
    CHECK(same_bits(weights(a), weights(b)));
}

TEST_CASE("what is accumulated is a mean, which callbacks see, and an evaluation leaves alone") {
    const auto x = eight_images();
    Training<Plain, Exact> whole({.batch = 8});
    Training<Plain, Exact> parts({.batch = 4});
    whole.compute_gradients(x.data(), eight_labels.data(), 8);
    parts.compute_gradients(x.data(), eight_labels.data(), 4);  // is forgotten
    parts.accumulate(x.data(), eight_labels.data(), 4);
    parts.evaluate_batch(x.data(), eight_labels.data(), 3);
    const std::vector<double> first = parts.gradients();
    parts.accumulate(x.data() + 4 * size, eight_labels.data() + 4, 4);
    CHECK(distance(first, parts.gradients()) > 1e-3);
    std::vector<double> seen;
    parts.update(0.1, [&] { seen = parts.gradients(); });
    CHECK(distance(seen, whole.gradients()) < 1e-15);
    CHECK(parts.steps() == 1);
}

TEST_CASE("fit makes a step of several batches, and goes on from a checkpoint to the same bits") {
    const FitOptions large{.epochs = 2, .learning_rate = 0.05, .evaluate_every = 1};
    FitOptions small = large;
    small.accumulate = 4;
    Training<Plain, Exact> whole({.batch = 8});
    Training<Plain, Exact> parts({.batch = 2});
    const History a = whole.fit(pictures(), large);
    const History b = parts.fit(pictures(), small);
    CHECK(parts.steps() == 6);
    CHECK(distance(whole.parameters(), parts.parameters()) < 1e-14);
    REQUIRE(a.records.size() == b.records.size());
    for (std::size_t r = 0; r < a.records.size(); ++r) {
        CHECK(a.records[r].step == b.records[r].step);
        CHECK(a.records[r].networks[0].task ==
              doctest::Approx(b.records[r].networks[0].task).epsilon(1e-12));
        CHECK(a.records[r].networks[0].score() ==
              doctest::Approx(b.records[r].networks[0].score()).epsilon(1e-12));
    }
    for (const long at : {1, 3, 4}) {
        const Folder folder;
        const Checkpoints from{.folder = folder.path.string(), .every = 1};
        Checkpoints to = from;
        to.resume = true;
        Training<Plain, Exact> first({.batch = 2});
        Training<Plain, Exact> second({.batch = 2});
        FitOptions cut = small;
        cut.watch = [=](const FitEvent& e) { return e.step < at; };
        first.fit(pictures(), cut, from);
        CHECK(error_of([&] {
                  second.fit(pictures(), large, to);
              }).ends_with("was written by a training with batches of a step 4; this one has 1"));
        second.fit(pictures(), small, to);
        CHECK(same_bits(second.parameters(), parts.parameters()));
        CHECK(same_bits(second.momentum(), parts.momentum()));
    }
    std::vector<double> errors;
    small.learning_rate = [&](int, int, double error) {
        errors.push_back(error);
        return 0.05;
    };
    small.evaluate_every = 0;
    const History c = parts.fit(pictures(), small);
    CHECK(errors[1] == doctest::Approx(1 - c.records[0].networks[0].score()).epsilon(1e-12));
    small.accumulate = 14;
    CHECK(error_of([&] { parts.fit(pictures(), small); }) ==
          "a step is to be made of 14 batches; an epoch has 13");
    small.accumulate = 0;
    CHECK(error_of([&] { parts.fit(pictures(), small); }) ==
          "a step is made of at least 1 batch, not 0");
}

TEST_CASE("accumulation that has no meaning is refused") {
    const auto x = eight_images();
    Training<Plain, Exact> training({.batch = 8});
    CHECK(error_of([&] { training.update(0.1); }) ==
          "an update was asked for before gradients were accumulated");
    training.accumulate(x.data(), eight_labels.data(), 4);
    CHECK(error_of([&] { training.accumulate(x.data(), eight_labels.data(), 3); }) ==
          "batches of 4 samples were accumulated, and now one of 3; their mean needs as many in "
          "each");
    training.step(x.data(), eight_labels.data(), 8, 0.1);
    CHECK(error_of([&] { training.update(0.1); }) ==
          "an update was asked for before gradients were accumulated");
    Training<Collaboration<Small, Other, Iterative>, Exact> turns({.batch = 8});
    CHECK(error_of([&] {
              turns.accumulate(x.data(), eight_labels.data(), 4);
          }).starts_with("gradients were to be accumulated; where networks move one after the"));
}

TEST_CASE("gradients are cut to a range") {
    const auto x = eight_images();
    Training<Plain, Exact> training({.batch = 8});
    std::vector<double> whole, cut;
    ClipGradientValues clip{.value = 0.01};
    training.step(x.data(), eight_labels.data(), 8, 0.1, [&] {
        whole = training.gradients();
        clip.before_update(training);
        cut = training.gradients();
    });
    std::size_t beyond = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK(cut[i] == std::clamp(whole[i], -0.01, 0.01));
        beyond += whole[i] > 0.01;
        beyond += whole[i] < -0.01;
    }
    CHECK(beyond > 2);
    CHECK(beyond < whole.size());
    ClipGradientValues none{.value = 0};
    CHECK(error_of([&] { none.before_update(training); }) ==
          "ClipGradientValues: value is 0; expected a number above 0");
}
