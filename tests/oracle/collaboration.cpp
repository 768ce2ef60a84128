// SPDX-License-Identifier: Apache-2.0
// collaboration: the whole method against PyTorch: first gradients, ten steps of SGD, and inference
// afterwards, also deployed.
#include <collab/backend/reference/reference.hpp>
#include <collab/collab.hpp>

#include "backends.hpp"
#include "networks.hpp"

namespace {

using namespace collab;
using namespace collab::oracle;

constexpr int steps = 10;
constexpr double alpha = 0.2;

template <class... Options>
using Base =
    MKB<Encoder<5, 4>, Transfer<5>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>, Options...>;

/// `drift`: what ten steps may add to the tolerance of one.
template <class C, class B>
void compare(const std::string& which, std::shared_ptr<B> backend, double tolerance, double drift) {
    using T = typename B::Scalar;
    INFO(which << " on " << backend->describe());
    Fixture fixture("collaborations");
    Judge once{fixture, tolerance};
    Judge later{fixture, drift};
    Training<C, B> training({.alpha = alpha, .batch = capacity}, backend);
    const NamedTensors& named_tensors = training.named_tensors();
    training.set_parameters(initial<T>(named_tensors.parameters, which + "."));

    std::vector<double> losses;
    for (int step = 0; step < steps; ++step) {
        const int samples = step == 3 ? 5 : capacity;
        training.step(batch_images(which, step, samples).data(),
                      batch_labels(which, step, samples).data(), samples, rate);
        if (C::order::iterative)
            continue;  // losses are those of its halves
        for (const NetworkLoss& l : training.losses())
            losses.insert(losses.end(), {l.task, l.metric, l.verification, l.score()});
        if (step > 0)
            continue;
        once.each(which + "/gradient/", named_tensors.parameters, training.gradients());
        static_for<C::size>([&](auto i) {
            static_for<C::bases>([&](auto k) {
                once(sentence(which, "/embedding/", int(i), "/", int(k)),
                     widened(training.template embeddings<k>(i)));
            });
        });
    }
    if (!C::order::iterative)
        later(which + "/losses", losses);
    later.each(which + "/parameter/", named_tensors.parameters, training.parameters());
    later.each(which + "/state/", named_tensors.states, training.state());

    const std::vector<float> x = batch_images(which, steps, capacity);
    training.evaluate_batch(x.data(), batch_labels(which, steps, capacity).data(), capacity);
    const std::vector<T> converted(x.begin(), x.end());
    static_for<C::size>([&](auto i) {
        later(sentence(which, "/logits/", int(i)), widened(training.logits(i)));
        auto model = training.template deploy<i>();
        later(sentence(which, "/logits/", int(i)),
              widened(model.predict(converted.data(), capacity)));
    });
    later.finish(which);
}

template <class B>
void everything(std::shared_ptr<B> b, double tolerance, double drift) {
    SUBCASE("two networks, Eq. 3 as a product") {
        compare<Collaboration<PlainNet, ResidualNet, Base<>, CosineDistance>>("product", b,
                                                                              tolerance, drift);
    }
    SUBCASE("two networks, Eq. 3 as a sum") {
        compare<Collaboration<PlainNet, ResidualNet, Base<SumMerge>, CosineDistance>>(
            "sum", b, tolerance, drift);
    }
    SUBCASE("three networks, Eq. 5") {
        compare<Collaboration<PlainNet, ResidualNet, SeparableNet, Base<>, CosineDistance>>(
            "three", b, tolerance, drift);
    }
    SUBCASE("three networks, Eq. 6") {
        compare<
            Collaboration<PlainNet, ResidualNet, SeparableNet, Base<>, CosineDistance, WithMean>>(
            "mean", b, tolerance, drift);
    }
    SUBCASE("different inputs") {
        compare<Collaboration<PlainNet, ResidualNet, Base<>, CosineDistance,
                              DifferentInputs<MarginalDistance>>>("different", b, tolerance, drift);
    }
    SUBCASE("one after the other") {
        compare<Collaboration<PlainNet, ResidualNet, Base<>, CosineDistance, Iterative>>(
            "iterative", b, tolerance, drift);
    }
    SUBCASE("another metric") {
        compare<Collaboration<ResidualNet, SeparableNet, Base<>, SquaredEuclidean>>(
            "euclidean", b, tolerance, drift);
    }
    SUBCASE("two knowledge bases") {
        compare<Collaboration<PlainCutTwice, ResidualCutTwice, Base<At<early>>, Base<>,
                              CosineDistance>>("twice", b, tolerance, drift);
    }
    SUBCASE("one network with a knowledge base") {
        compare<Collaboration<ResidualNet, Base<>>>("alone", b, tolerance, drift);
    }
}

}  // namespace

TEST_CASE("a collaboration in double learns what PyTorch does") {
    everything(std::make_shared<Reference<double>>(), 1e-10, 1e-10);
}
TEST_CASE("a collaboration on a fast backend in float learns what PyTorch does") {
    everything(oracle::fast(), 2e-5, 2e-5);
}
