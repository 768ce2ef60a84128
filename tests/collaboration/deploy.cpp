// SPDX-License-Identifier: Apache-2.0
// deploy: a network taken out of a collaboration computes what it computed inside.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/residual.hpp>
#include <collab/train/training.hpp>

using namespace collab;

namespace {
using Image = Shape<2, 8, 8>;
struct early;
struct late;
struct A : Sequential<Image, Conv2d<4, 3>, BatchNorm, Elu, Cut<early>, MaxPool<2>, Cut<mutual>,
                      Conv2d<4, 3>, Relu, Cut<late>, Flatten, Linear<3>> {};
struct B : Sequential<Image, Conv2d<3, 3>, Relu, Residual<Layers<Conv2d<3, 3>, BatchNorm>>, Elu,
                      Cut<early>, AvgPool<2>, Cut<mutual>, Conv2d<6, 3, Stride<2>>, BatchNorm,
                      Cut<late>, GlobalAvgPool, Linear<3>> {};
template <class Tag, class... Options>
using Base = MKB<Encoder<4, 4>, Transfer<4>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>,
                 At<Tag>, Options...>;
template <class... Options>
using Late = MKB<Each<Encoder<4, 2>, Layers<Conv2d<4, 1>, BatchNorm>>, Layers<Conv2d<4, 3>>,
                 Decoder, Embedding<Flatten>, At<late>, Options...>;

// With enough channels and tiles for kernels that are worth it with constant weights only.
struct WideA : Sequential<Image, Conv2d<16, 3>, BatchNorm, Elu, Conv2d<32, 3>, BatchNorm, Relu,
                          Cut<mutual>, Conv2d<16, 3>, Relu, GlobalAvgPool, Linear<3>> {};
struct WideB
    : Sequential<Image, Conv2d<16, 3>, BatchNorm, Relu,
                 Residual<Layers<Conv2d<16, 3>, BatchNorm, Relu, Conv2d<16, 3>, BatchNorm>>, Relu,
                 Cut<mutual>, Conv2d<64, 1>, BatchNorm, Relu, GlobalAvgPool, Linear<3>> {};

template <class C, class Machine>
void deploys(double tolerance) {
    using T = typename Machine::Scalar;
    constexpr int samples = 5;
    std::vector<float> x(std::size_t(samples) * 128);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(std::sin(0.37 * double(i) * double(i)));
    const std::vector<int> y{0, 1, 2, 1, 0};
    Training<C, Machine> training({.seed = 2, .batch = samples});
    for (int s = 0; s < 6; ++s)
        training.step(x.data(), y.data(), samples, 0.05);
    training.evaluate_batch(x.data(), y.data(), samples);
    const std::vector<T> images(x.begin(), x.end());
    static_for<Training<C, Machine>::networks>([&](auto k) {
        auto alone = training.template deploy<k>();
        const auto inside = training.logits(k);
        const auto outside = alone.predict(images.data(), samples);
        REQUIRE(outside.size() == inside.size());
        double worst = 0;
        double largest = 0;
        for (std::size_t i = 0; i < inside.size(); ++i) {
            worst = std::max(worst, std::abs(double(inside[i] - outside[i])));
            largest = std::max(largest, std::abs(double(inside[i])));
        }
        CHECK(worst <= tolerance);
        CHECK(largest > 1e-3);
        CHECK(alone.parameter_count() < training.named_tensors().parameter_count);
        // One sample at a time: no peer, no batch.
        const auto one = alone.predict(images.data() + 128, 1);
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(double(one[i]) == doctest::Approx(double(inside[3 + i])).epsilon(1e-5));
    });
}
}  // namespace

TEST_CASE("a deployed network has the logits that it had in the collaboration") {
    deploys<Collaboration<A, B, Base<mutual>>, Reference<double>>(0);
    deploys<Collaboration<A, B, Base<mutual>>, Cpu<double>>(0);
    deploys<Collaboration<A, B, Base<mutual>>, Cpu<float>>(0);
}
TEST_CASE("a deployed network has the bits that it had in the collaboration, whatever kernels are "
          "worth it") {
    deploys<Collaboration<WideA, WideB, Base<mutual>>, Cpu<float>>(0);
}

TEST_CASE("a network deployed from several knowledge bases has the logits that it had") {
    deploys<Collaboration<A, B, Base<early>, Base<mutual, SumMerge>, Late<>>, Reference<double>>(0);
    deploys<Collaboration<B, A, Base<early, SumMerge>>, Reference<double>>(0);
}

TEST_CASE("networks deployed from a group of three have the logits that they had") {
    deploys<Collaboration<A, B, A, Base<mutual>>, Reference<double>>(0);
}

TEST_CASE("a network deployed without a knowledge base is itself") {
    deploys<Collaboration<A, B>, Reference<double>>(0);
    CHECK(std::same_as<flat_layers<Deployed<Collaboration<A, B>, 0>>, flat_layers<A>>);
}

TEST_CASE("a deployed network keeps its cuts and its input, and takes its own half of the "
          "knowledge base along") {
    using C = Collaboration<A, B, Base<mutual>>;
    using D = Deployed<C, 1>;
    CHECK(Network<D>);
    CHECK(std::same_as<input_of<D>, Image>);
    CHECK(cut_of<D, early> == cut_of<B, early>);
    CHECK(cut_of<D, mutual> == cut_of<B, mutual>);
    CHECK(cut_of<D, late> == cut_of<B, late> + 1);  // the path stands behind the cut
    constexpr int path = 4 * 3 * 9 + 8 + 2 * (4 * 4 * 9 + 8) + 4 * 3 * 9 + 6;
    CHECK(bound<D>::footprint.parameters == bound<B>::footprint.parameters + path);
    Training<C, Reference<double>> training({.batch = 2});
    auto model = training.deploy<1>();
    CHECK(model.parameter_count() == std::size_t(bound<D>::footprint.parameters));
    CHECK(model.named_tensors().find("net0.7.encoder.0.weight").tensor.size == 4 * 3 * 9);
    CHECK(model.named_tensors().find("net0.7.transfer.3.weight").tensor.size == 4 * 4 * 9);
    CHECK(model.named_tensors().find("net0.7.decoder.1.bias").tensor.size == 3);
}
