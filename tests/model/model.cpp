// SPDX-License-Identifier: Apache-2.0
// model: logits from images, in any number and on any backend.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/train/training.hpp>

using namespace collab;

namespace {
struct Net : Sequential<Shape<2, 6, 6>, Conv2d<5, 3>, BatchNorm, Elu, MaxPool<2>, Dropout<1, 2>,
                        Flatten, Linear<4>> {};

template <class T>
std::vector<T> pictures(int n) {
    std::vector<T> x(std::size_t(n) * 72);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = T(std::sin(0.3 * double(i) + 0.001 * double(i * i)));
    return x;
}
}  // namespace

TEST_CASE("a model gives the same logits whatever its capacity") {
    const auto x = pictures<double>(7);
    Model<Net, Reference<double>> wide(16, std::make_shared<Reference<double>>(), 3);
    Model<Net, Reference<double>> narrow(2, std::make_shared<Reference<double>>(), 3);
    const auto a = wide.predict(x.data(), 7);
    const auto b = narrow.predict(x.data(), 7);
    CHECK(a.size() == 28);
    CHECK(a == b);
    CHECK(std::abs(a[0]) > 1e-6);
}

TEST_CASE("backends agree on the logits of a model") {
    const auto x = pictures<double>(5);
    const auto xf = pictures<float>(5);
    Model<Net, Reference<double>> reference(5);
    Model<Net, Cpu<float>> cpu(5);
    const auto a = reference.predict(x.data(), 5);
    const auto b = cpu.predict(xf.data(), 5);
    for (std::size_t i = 0; i < a.size(); ++i)
        CHECK(double(b[i]) == doctest::Approx(a[i]).epsilon(1e-5));
}

TEST_CASE(
    "parameters and running statistics decide the logits, and can be taken to another model") {
    const auto x = pictures<double>(3);
    Model<Net, Reference<double>> one(3, std::make_shared<Reference<double>>(), 1);
    Model<Net, Reference<double>> two(3, std::make_shared<Reference<double>>(), 2);
    auto state = one.state();
    for (std::size_t i = 0; i < state.size(); ++i)
        state[i] += 0.1 * double(i);
    const auto before = one.predict(x.data(), 3);
    one.set_state(state);
    const auto after = one.predict(x.data(), 3);
    CHECK(before != after);
    CHECK(two.predict(x.data(), 3) != after);
    two.set_parameters(one.parameters());
    two.set_state(one.state());
    CHECK(two.predict(x.data(), 3) == after);
    CHECK(one.state() == state);  // inference moves nothing
    CHECK(one.parameter_count() == 90 + 10 + 45 * 4 + 4);
    CHECK(one.parameters().size() == one.parameter_count());
}

TEST_CASE("a model has the logits of the training that it has its weights from") {
    Training<Net, Reference<double>> training({.batch = 4});
    const auto x = pictures<float>(4);
    const int y[] = {0, 1, 2, 3};
    for (int s = 0; s < 3; ++s)
        training.step(x.data(), y, 4, 0.1);
    Model<Net, Reference<double>> model(4);
    model.set_parameters(training.parameters());
    model.set_state(training.state());
    training.evaluate_batch(x.data(), y, 4);
    const std::vector<double> xd(x.begin(), x.end());
    CHECK(model.predict(xd.data(), 4) == training.logits(0));
}

TEST_CASE("what does not fit a model is refused") {
    using M = Model<Net, Reference<double>>;
    const auto x = pictures<double>(3);
    CHECK_THROWS_WITH_AS(M(0), "a model needs room for at least one sample, not 0", Error);
    CHECK_THROWS_WITH_AS(M(1, nullptr), "a model needs a backend; it was given a null pointer",
                         Error);
    CHECK_THROWS_WITH_AS(M(-5), "a model needs room for at least one sample, not -5", Error);
    M model(2);
    CHECK_THROWS_WITH_AS(model.forward(x.data(), 3),
                         "this model has room for 1 to 2 samples at a time, not 3", Error);
    CHECK_THROWS_WITH_AS(model.forward(x.data(), 0),
                         "this model has room for 1 to 2 samples at a time, not 0", Error);
    CHECK_THROWS_WITH_AS(model.set_parameters({1, 2}), "this network has 284 parameters, not 2",
                         Error);
    CHECK_THROWS_WITH_AS(model.set_state({}), "this network has 10 running statistics, not 0",
                         Error);
    CHECK(model.predict(x.data(), 0).empty());
    CHECK_THROWS_WITH_AS(model.predict(x.data(), -3), "logits were asked for -3 samples", Error);
}
