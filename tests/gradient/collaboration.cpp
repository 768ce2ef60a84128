// SPDX-License-Identifier: Apache-2.0
// collaboration: derivatives of whole collaborations with respect to every weight of every network
// and of the knowledge bases.
#include <doctest/doctest.h>

#include <numeric>
#include <set>

#include "whole.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
/// Not symmetric: the peer's length counts twice.
struct Lopsided {
    template <class T>
    T value(int d, const T* a, const T* b) const {
        T sum = 0;
        for (int i = 0; i < d; ++i)
            sum += (a[i] - b[i]) * (a[i] - b[i]) + 2 * b[i] * b[i] + a[i] * b[i] * b[i];
        return sum;
    }
    template <class T>
    void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        for (int i = 0; i < d; ++i)
            da[i] += scale * (2 * (a[i] - b[i]) + b[i] * b[i]);
    }
};
/// Speaks of the peer only.
struct Deaf {
    template <class T>
    T value(int d, const T*, const T* b) const {
        return std::accumulate(b, b + d, T(0), [](T s, T x) { return s + x * x; });
    }
    template <class T>
    void gradient(int, const T*, const T*, T, T*) const {}
};
struct Silent {
    template <class T>
    T value(int, const T*, const T*) const {
        return 0;
    }
    template <class T>
    void gradient(int, const T*, const T*, T, T*) const {}
};
}  // namespace

TEST_CASE("two networks and their knowledge base: every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<mutual>, CosineDistance>> trial(
        {.alpha = 0.7, .seed = 3});
    trial.check_all();
}

TEST_CASE("with the literal sum of Eq. 3 every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<mutual, SumMerge>, SquaredEuclidean>> trial(
        {.alpha = 0.2, .seed = 4});
    trial.check_all();
}

TEST_CASE("with a merge that leaves the network alone every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<mutual, IdentityMerge>, NegativeDot>> trial(
        {.alpha = 1.5, .seed = 5});
    // The decoders lead nowhere.
    for (const Named& n : trial.training.named_tensors().parameters)
        if (n.name.find(".decoder.") != std::string::npos)
            for (int i = 0; i < n.tensor.size; ++i)
                CHECK(trial.analytic[n.offset + std::size_t(i)] == 0);
    trial.check_all();
}

TEST_CASE("with embeddings that learn every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder, LinearEmbedding<4>>,
                        CosineDistance>>
        linear({.alpha = 0.7, .seed = 3});
    linear.check_all();
    Trial<Collaboration<Small, Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder, StridedEmbedding<2>>,
                        SquaredEuclidean>>
        strided({.alpha = 0.7, .seed = 3});
    strided.check_all();
    Trial<Collaboration<Small, Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder, FlatEmbedding>,
                        CosineDistance>>
        flat({.alpha = 0.7, .seed = 3});
    flat.check_all();
}

TEST_CASE("two knowledge bases at two cuts: every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<early>, Base<late, SumMerge>, LnDistance>> trial(
        {.alpha = 0.4, .seed = 6});
    trial.check_all();
}

TEST_CASE("knowledge bases at neighboring cuts, with nothing between: every gradient agrees with "
          "differences") {
    Trial<Collaboration<Third, Third, Base<mutual>, Base<late>>> trial({.alpha = 0.4, .seed = 6});
    trial.check_all();
}

TEST_CASE("a knowledge base behind fully connected layers: every gradient agrees with differences, "
          "and networks deploy as they were") {
    struct Narrow : Sequential<Image, Conv2d<2, 3>, BatchNorm, Elu, MaxPool<3>, Flatten, Linear<5>,
                               Elu, Cut<late>, Linear<3>> {};
    struct Wide : Sequential<Image, Conv2d<3, 3, Stride<2>>, Relu, Flatten, Linear<7>, Sigmoid,
                             Cut<late>, Linear<3>> {};
    Trial<Collaboration<Narrow, Wide,
                        MKB<Encoder<4, 1>, Transfer<4>, Decoder, FlatEmbedding, At<late>>>>
        trial({.alpha = 0.6, .seed = 7});
    trial.check_all();
    trial.training.step(trial.images.data(), trial.labels.data(), samples, 0.05);
    trial.training.evaluate_batch(trial.images.data(), trial.labels.data(), samples);
    const std::vector<double> x(trial.images.begin(), trial.images.end());
    CHECK(trial.training.logits(0) == trial.training.deploy<0>().predict(x.data(), samples));
    CHECK(trial.training.logits(1) == trial.training.deploy<1>().predict(x.data(), samples));
}

TEST_CASE("three networks: every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Third, Base<mutual>, CosineDistance>> trial(
        {.alpha = 0.6, .seed = 7});
    trial.check_all();
}

TEST_CASE("one network with a knowledge base of its own: every gradient agrees with differences") {
    Trial<Collaboration<Small, Base<mutual>>> trial({.alpha = 0.6, .seed = 8});
    trial.check_all();
}

TEST_CASE("a network alone: every gradient agrees with differences") {
    Trial<Other> trial({.seed = 9});
    trial.check_all();
}

TEST_CASE("every network follows its own loss when the metric is not symmetric") {
    Trial<Collaboration<Small, Other, Third, Base<mutual>, Lopsided>> trial(
        {.alpha = 0.6, .seed = 10});
    // The peers' embeddings do not depend on what is private, so the network's own loss can be
    // differentiated as it stands.
    for (int k = 0; k < 3; ++k) {
        const std::string name = trial.training.name(k);
        trial.check({name + ".", "mkb0." + name + "."},
                    [&](const auto& losses) { return losses[std::size_t(k)].total(0.6); });
        CHECK(trial.report.checked > 50);
    }
}

TEST_CASE("the gradient of the metric does not reach the peer") {
    // A metric of the peer alone has a value, and a large weight, but must leave no trace in any
    // gradient.
    Trial<Collaboration<Small, Other, Base<mutual>, Deaf>> deaf({.alpha = 50, .seed = 11});
    Trial<Collaboration<Small, Other, Base<mutual>, Silent>> silent({.alpha = 50, .seed = 11});
    CHECK(deaf.training.losses()[0].metric > 0.01);
    CHECK(silent.training.losses()[0].metric == 0);
    CHECK(deaf.analytic == silent.analytic);
    CHECK(std::set<double>(deaf.analytic.begin(), deaf.analytic.end()).size() > 100);
}
