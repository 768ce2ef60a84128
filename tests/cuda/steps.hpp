// SPDX-License-Identifier: Apache-2.0
// steps: a collaboration trained for a few steps on two backends, compared after each.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include <collab/collab.hpp>

#include "distance.hpp"

namespace collab::steps {

using Image = Shape<3, 12, 12>;
struct Plain
    : Sequential<Image, Conv2d<6, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                 Conv2d<8, 3, Stride<2>>, BatchNorm, Elu, Dropout<1, 4>, Flatten, Linear<4>> {};
struct Deeper : Sequential<Image, Conv2d<8, 3>, BatchNorm, Relu,
                           Residual<Layers<Conv2d<8, 3>, BatchNorm, Relu, Conv2d<8, 3>, BatchNorm>>,
                           Relu, Cut<mutual>, DepthwiseConv2d<3>, BatchNorm, Relu, Conv2d<10, 1>,
                           BatchNorm, Relu, AvgPool<2>, GlobalAvgPool, Linear<4>> {};
using Pair = Collaboration<Plain, Deeper, MKB<Encoder<6>, Transfer<6>, Decoder>, CosineDistance>;
// Methods whose sums nobody waits for, and one whose critic moves by numbers that differ at every
// step.
struct Shallow : Sequential<Image, Conv2d<6, 3>, BatchNorm, Elu, Conv2d<6, 3>, BatchNorm, Elu,
                            MaxPool<2>, Cut<mutual>, Flatten, Linear<4>> {};
using Relations =
    Collaboration<Shallow, Deeper, CtslMkt<2>, Related<KernelAlignment, 1, 0, mutual>>;
using Rivals = Collaboration<Shallow, Deeper, AdversarialFeatures<4, 6>>;

/// What fit remembers of a training, and the weights that it reached.
template <class T>
std::vector<double> course(const History& history, const T& training) {
    std::vector<double> all;
    for (const Record& r : history.records)
        for (const NetworkRecord& k : r.networks)
            all.insert(all.end(), {double(r.step), k.task, k.metric, k.verification, k.score(),
                                   k.test_loss, k.test_score()});
    for (const auto w : training.parameters())
        all.push_back(double(w));
    return all;
}

/// Logits, losses and all weights agree after each of six steps, over a change of the learning
/// rate, an evaluation and a smaller batch in between. `data` numbers the images.
template <class A, class B, class What = Pair>
void compare(double tolerance, std::uint64_t data = 11) {
    constexpr int batch = 8;
    Training<What, A> a({.seed = 5, .batch = batch});
    Training<What, B> b({.seed = 5, .batch = batch});
    const Random random{data};
    std::vector<float> images(std::size_t(batch * Image::dims.size()));
    std::vector<int> labels(batch);
    for (int step = 0; step < 6; ++step) {
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = uniform<float>(random.word(std::uint64_t(step) * images.size() + i)) - 0.5f;
        for (std::size_t i = 0; i < labels.size(); ++i)
            labels[i] =
                int(below(random.child(1).word(std::uint64_t(step) * labels.size() + i), 4));
        const int samples = step == 4 ? batch - 3 : batch;
        const double rate = step < 3 ? 0.05 : 0.02;
        a.step(images.data(), labels.data(), samples, rate);
        b.step(images.data(), labels.data(), samples, rate);
        if (step == 2) {
            a.evaluate_batch(images.data(), labels.data(), batch);
            b.evaluate_batch(images.data(), labels.data(), batch);
        }
        CAPTURE(step);
        for (int k = 0; k < a.networks; ++k) {
            CHECK(distance(a.logits(k), b.logits(k)) < tolerance);
            CHECK(a.losses()[std::size_t(k)].task ==
                  doctest::Approx(b.losses()[std::size_t(k)].task).epsilon(tolerance));
            CHECK(a.losses()[std::size_t(k)].metric ==
                  doctest::Approx(b.losses()[std::size_t(k)].metric).epsilon(tolerance));
        }
        CHECK(distance(a.parameters(), b.parameters()) < tolerance);
        CHECK(distance(a.state(), b.state()) < tolerance);
    }
    auto deployed = a.template deploy<0>();
    auto other = b.template deploy<0>();
    using S = typename A::Scalar;
    const std::vector<S> x(images.begin(), images.end());
    const std::vector<typename B::Scalar> y(images.begin(), images.end());
    CHECK(distance(deployed.predict(x.data(), batch), other.predict(y.data(), batch)) < tolerance);
}

}  // namespace collab::steps
