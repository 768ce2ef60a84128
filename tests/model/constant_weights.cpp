// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/model/model.hpp>
#include <collab/zoo/resnet.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <optional>

using namespace collab;

namespace {
using Small = Sequential<Shape<3, 16, 16>, Conv2d<16, 3>, BatchNorm, Relu,
                         Residual<Layers<Conv2d<16, 3>, BatchNorm, Relu, Conv2d<16, 3>, BatchNorm>>,
                         Relu, Conv2d<24, 3, Stride<2>>, BatchNorm, Elu, Conv2d<16, 1, Bias>, Relu,
                         GlobalAvgPool, Linear<5>>;

std::vector<float> picture(int n) {
    std::vector<float> x(std::size_t(n) * 768);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(std::sin(double(i) * 0.7));
    return x;
}
std::vector<float> other(const std::vector<float>& weights) {
    std::vector<float> w = weights;
    for (std::size_t i = 0; i < w.size(); ++i)
        w[i] = 0.5f * w[i] + 0.01f * float(std::cos(double(i)));
    return w;
}
double distance(const std::vector<float>& a, const std::vector<float>& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(double(a[i]) - double(b[i])));
    return most;
}
}  // namespace

TEST_CASE("weights that are packed once give what they give when packed each time, also after they "
          "have been replaced") {
    const auto cpu = std::make_shared<Cpu<float>>(2);
    Model<Small, Cpu<float>> model(3, cpu, 7);
    Model<Small, Reference<float>> slow(3, std::make_shared<Reference<float>>(), 7);
    const std::vector<float> x = picture(3);
    const std::vector<float> first = model.predict(x.data(), 3);
    CHECK(distance(first, slow.predict(x.data(), 3)) < 2e-5);
    CHECK(model.predict(x.data(), 3) == first);  // packed before
    // one image: other kernels, packed beside
    CHECK(distance(model.predict(x.data(), 1), {first.begin(), first.begin() + 5}) < 2e-5);

    const std::vector<float> w = other(model.parameters());
    model.set_parameters(w);
    slow.set_parameters(w);
    const std::vector<float> second = model.predict(x.data(), 3);
    CHECK(distance(second, slow.predict(x.data(), 3)) < 2e-5);
    CHECK(distance(second, first) > 1e-3);

    std::vector<float> state = model.state();
    for (float& s : state)
        s = 1.5f * s + 0.1f;
    model.set_state(state);
    slow.set_state(state);
    CHECK(distance(model.predict(x.data(), 3), slow.predict(x.data(), 3)) < 2e-5);
}

TEST_CASE(
    "models on one backend keep their packed weights apart, and give them back at their end") {
    const auto cpu = std::make_shared<Cpu<float>>(1);
    const std::vector<float> x = picture(2);
    Model<Small, Cpu<float>> alone(2, std::make_shared<Cpu<float>>(1), 3);
    const std::vector<float> expected = alone.predict(x.data(), 2);
    std::optional<Model<Small, Cpu<float>>> a(std::in_place, 2, cpu, 3);
    std::optional<Model<Small, Cpu<float>>> b(std::in_place, 2, cpu, 4);
    CHECK(a->predict(x.data(), 2) == expected);
    CHECK(b->predict(x.data(), 2) != expected);
    CHECK(a->predict(x.data(), 2) == expected);
    const std::size_t both = cpu->workspace_bytes();
    Model<Small, Cpu<float>> moved = std::move(*a);
    a.reset();
    CHECK(moved.predict(x.data(), 2) == expected);
    CHECK(cpu->workspace_bytes() == both);
    b.reset();
    CHECK(cpu->workspace_bytes() < both);
    CHECK(moved.predict(x.data(), 2) == expected);
}
