// SPDX-License-Identifier: Apache-2.0
// manners: what moves when, what is fed to whom, and with whom a network agrees.
#include <doctest/doctest.h>

#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>

#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
template <class C>
using Double = Training<C, Reference<double>>;
template <class C>
typename Double<C>::Settings settings(std::uint64_t seed = 4) {
    typename Double<C>::Settings s;
    s.seed = seed;
    s.batch = samples;
    return s;
}
template <class T>
double loss_of(const T& training, int network) {
    return training.losses()[std::size_t(network)].total(0.2);
}
struct Third : Sequential<Image, Conv2d<2, 3>, BatchNorm, Relu, Cut<mutual>, MaxPool<2>, Flatten,
                          Linear<3>> {};
}  // namespace

TEST_CASE("updated one after the other, each network sees what the one before became") {
    using Together = Collaboration<Small, Other, MutualLearning<>>;
    using Apart = Collaboration<Small, Other, MutualLearning<>, Iterative>;
    Double<Together> together(settings<Together>());
    Double<Apart> apart(settings<Apart>());
    steps(together, 1);
    steps(apart, 1);
    // Network 0 moves first, from the same predictions: bit for bit the same. Network 1 has seen
    // another network 0.
    CHECK(same_bits(named(together, "net0."), named(apart, "net0.")));
    CHECK_FALSE(same_bits(named(together, "net1."), named(apart, "net1.")));
    // By hand: network 0 alone makes its half step, then network 1 makes one with it as it is now.
    Double<Together> hand(settings<Together>());
    const auto p0 = hand.parameters();
    steps(hand, 1);
    auto p = hand.parameters();
    const std::size_t second = hand.named_tensors().find("net1.0.weight").offset;
    // network 1 as it was
    std::copy(p0.begin() + std::ptrdiff_t(second), p0.end(), p.begin() + std::ptrdiff_t(second));
    Double<Together> after(settings<Together>());
    after.set_parameters(p);
    steps(after, 1);
    CHECK(same_bits(named(after, "net1."), named(apart, "net1.")));
}

TEST_CASE("from old predictions and with nothing shared, one after the other is at once") {
    using Together = Collaboration<Small, Other, MutualLearning<>>;
    using Stale = Collaboration<Small, Other, MutualLearning<>, IterativeStale>;
    Double<Together> together(settings<Together>());
    Double<Stale> stale(settings<Stale>());
    steps(together, 3);
    steps(stale, 3);
    CHECK(same_bits(together.parameters(), stale.parameters()));
    CHECK(same_bits(together.state(), stale.state()));
    using Shared = Collaboration<Small, Other, Base<>, IterativeStale>;
    CHECK_THROWS_WITH_AS(Double<Shared>(settings<Shared>()),
                         doctest::Contains("what they share would have changed in between"), Error);
}

TEST_CASE("attached peers pull where detached ones do not") {
    using A = Collaboration<Small, Other, MutualLearning<Attached>>;
    using D = Collaboration<Small, Other, MutualLearning<>>;
    Double<A> attached(settings<A>());
    Double<D> detached(settings<D>());
    steps(attached, 1);
    steps(detached, 1);
    CHECK(loss_of(attached, 0) == loss_of(detached, 0));
    CHECK_FALSE(same_bits(attached.parameters(), detached.parameters()));
}

TEST_CASE("without a peer's weight, updates in any order are those of networks alone") {
    using Apart = Collaboration<Small, Other, Base<IdentityMerge>, Iterative>;
    auto s = settings<Apart>();
    s.alpha = 0;
    s.names = {"small", "other"};
    Double<Apart> pair(s);
    Double<Small> small({.seed = 4, .batch = samples, .names = {"small"}});
    Double<Other> other({.seed = 4, .batch = samples, .names = {"other"}});
    steps(pair, 4);
    steps(small, 4);
    steps(other, 4);
    CHECK(same_bits(named(pair, "small."), small.parameters()));
    CHECK(same_bits(named(pair, "other."), other.parameters()));
    // statistics moved once for each batch
    CHECK(same_bits(named(pair, "small.", true), small.state()));
    CHECK(same_bits(named(pair, "other.", true), other.state()));
}

TEST_CASE(
    "around a knowledge base, a half step moves one network, its own parts and what is shared") {
    using Apart = Collaboration<Small, Other, Base<>, Iterative>;
    using Together = Collaboration<Small, Other, Base<>>;
    Double<Apart> apart(settings<Apart>());
    Double<Together> together(settings<Together>());
    steps(apart, 1);
    steps(together, 1);
    // moved from the same point
    CHECK(same_bits(named(apart, "net0."), named(together, "net0.")));
    CHECK(same_bits(named(apart, "mkb0.net0.encoder"), named(together, "mkb0.net0.encoder")));
    // from another
    CHECK_FALSE(same_bits(named(apart, "net1."), named(together, "net1.")));
    // moved twice
    CHECK_FALSE(same_bits(named(apart, "mkb0.transfer"), named(together, "mkb0.transfer")));
    // Momentum of what is private was added to once: it is the gradient (and decay) of one half
    // step.
    const auto m = apart.momentum();
    const auto t = together.momentum();
    for (const Named& n : apart.named_tensors().parameters)
        if (n.name.starts_with("net0.") || n.name.starts_with("mkb0.net0."))
            for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
                CHECK(m[i] == t[i]);
}

TEST_CASE("iterative training learns") {
    using Apart = Collaboration<Small, Other, Base<>, Iterative>;
    Double<Apart> training(settings<Apart>());
    training.evaluate_batch(images().data(), labels().data(), samples);
    training.step(images().data(), labels().data(), samples, 0.05);
    const double before = loss_of(training, 0) + loss_of(training, 1);
    for (int i = 0; i < 30; ++i)
        training.step(images().data(), labels().data(), samples, 0.05);
    CHECK(loss_of(training, 0) + loss_of(training, 1) < 0.8 * before);
}

TEST_CASE("for two networks the mean of the peers is the peer") {
    using Pairs = Collaboration<Small, Other, Base<>, Pairwise>;
    using Mean = Collaboration<Small, Other, Base<>, WithMean>;
    using Default = Collaboration<Small, Other, Base<>>;
    Double<Pairs> pairs(settings<Pairs>());
    Double<Mean> mean(settings<Mean>());
    Double<Default> silent(settings<Default>());
    steps(pairs, 3);
    steps(mean, 3);
    steps(silent, 3);
    CHECK(same_bits(pairs.parameters(), mean.parameters()));
    CHECK(same_bits(pairs.parameters(), silent.parameters()));
}

TEST_CASE("for three networks Eq. 5 is the mean of distances and Eq. 6 the distance to the mean") {
    using Pairs = Collaboration<Small, Other, Third, Base<>>;
    using Mean = Collaboration<Small, Other, Third, Base<>, WithMean>;
    Double<Pairs> pairs(settings<Pairs>());
    Double<Mean> mean(settings<Mean>());
    pairs.evaluate_batch(images().data(), labels().data(), samples);
    mean.evaluate_batch(images().data(), labels().data(), samples);
    const int width = int(pairs.embeddings(0).size()) / samples;
    for (int i = 0; i < 3; ++i) {
        double eq5 = 0;
        double eq6 = 0;
        const auto own = pairs.embeddings(i);
        const auto a = pairs.embeddings((i + 1) % 3);
        const auto b = pairs.embeddings((i + 2) % 3);
        for (int s = 0; s < samples; ++s) {
            const auto row = [&](const auto& e) { return e.data() + s * width; };
            std::vector<double> m;
            for (int d = 0; d < width; ++d)
                m.push_back((row(a)[d] + row(b)[d]) / 2);
            eq5 += (CosineDistance{}.value(width, row(own), row(a)) +
                    CosineDistance{}.value(width, row(own), row(b))) /
                   (2 * samples);
            eq6 += CosineDistance{}.value(width, row(own), m.data()) / samples;
        }
        CHECK(pairs.losses()[std::size_t(i)].metric == doctest::Approx(eq5).epsilon(1e-12));
        CHECK(mean.losses()[std::size_t(i)].metric == doctest::Approx(eq6).epsilon(1e-12));
    }
    CHECK(std::abs(pairs.losses()[0].metric - mean.losses()[0].metric) > 1e-4);
}

TEST_CASE("different inputs: rolled images and labels, and the difference of two distances") {
    using Apart = Collaboration<Small, Other, Base<>, DifferentInputs<ExactDistance>>;
    using Siamese = Collaboration<Small, Other, Base<>>;
    Double<Apart> apart(settings<Apart>());
    Double<Siamese> first(settings<Siamese>());
    Double<Siamese> rolled(settings<Siamese>());
    apart.compute_gradients(images().data(), labels().data(), samples);
    auto x = images();
    auto y = labels();
    first.compute_gradients(x.data(), y.data(), samples);
    // sample b becomes sample b + 1
    std::rotate(x.begin(), x.begin() + Image::dims.size(), x.end());
    std::rotate(y.begin(), y.begin() + 1, y.end());
    rolled.compute_gradients(x.data(), y.data(), samples);
    CHECK(same_bits(apart.logits(0), first.logits(0)));
    CHECK(apart.losses()[1].task == rolled.losses()[1].task);
    const auto a = apart.embeddings(0);
    const auto b = apart.embeddings(1);
    const int width = int(a.size()) / samples;
    double expected = 0;
    ExactDistance distance;
    for (int s = 0; s < samples; ++s) {
        Mass p, q;
        image_mass(images().data() + s * Image::dims.size(), Image::dims, p);
        image_mass(images().data() + (s + 1) % samples * Image::dims.size(), Image::dims, q);
        const double off =
            CosineDistance{}.value(width, a.data() + s * width, b.data() + s * width) -
            distance(p, q);
        expected += off * off / samples;
    }
    CHECK(apart.losses()[0].metric == doctest::Approx(expected).epsilon(1e-10));
    CHECK(apart.losses()[1].metric == doctest::Approx(expected).epsilon(1e-10));
    // Evaluation shows everyone the same.
    apart.evaluate_batch(images().data(), labels().data(), samples);
    first.evaluate_batch(images().data(), labels().data(), samples);
    CHECK(std::abs(apart.losses()[1].task - first.losses()[1].task) < 0.5);
    steps(apart, 3);
}

TEST_CASE("a frozen knowledge base does not move, and before that it does") {
    using Pair2 = Collaboration<Small, Other, Base<>>;
    auto s = settings<Pair2>();
    s.freeze_mkb_after = 2;
    Double<Pair2> training(s);
    Double<Pair2> free(settings<Pair2>());
    const auto p0 = named(training, "mkb0.");
    steps(training, 2);
    steps(free, 2);
    const auto p2 = named(training, "mkb0.");
    const auto n2 = named(training, "net0.");
    CHECK_FALSE(same_bits(p0, p2));
    CHECK(same_bits(training.parameters(), free.parameters()));
    steps(training, 3);
    steps(free, 3);
    CHECK(same_bits(named(training, "mkb0."), p2));
    CHECK_FALSE(same_bits(named(training, "net0."), n2));
    CHECK_FALSE(same_bits(named(free, "mkb0."), p2));
}

TEST_CASE("a frozen network runs in inference mode, and nothing about it moves") {
    using Taught = Collaboration<Small, Other, Frozen<0>, Distillation<0, 1>>;
    Double<Small> teacher({.seed = 9, .batch = samples});
    steps(teacher, 3);
    Double<Taught> taught(settings<Taught>());
    taught.set_network_weights(0, teacher.network_weights(0));
    const auto p = named(taught, "net0.");
    const auto s = named(taught, "net0.", true);
    CHECK(same_bits(p, teacher.parameters()));
    steps(taught, 3);
    CHECK(same_bits(named(taught, "net0."), p));
    CHECK(same_bits(named(taught, "net0.", true), s));
    const auto during = taught.logits(0);  // of the last batch of training
    teacher.evaluate_batch(images(2).data(), labels(2).data(), samples);
    CHECK(same_bits(during, teacher.logits(0)));
    CHECK_THROWS_WITH_AS(taught.set_network_weights(1, teacher.network_weights(0)),
                         doctest::Contains("parameters in this network"), Error);
    CHECK_THROWS_WITH_AS(taught.network_weights(2), "there is no network 2; this training has 2",
                         Error);
}

TEST_CASE("deployed networks say what they said in training, whatever the method and the manner") {
    const auto verify = [](auto training) {
        steps(training, 2);
        training.evaluate_batch(images().data(), labels().data(), samples);
        const auto x = images();
        const std::vector<double> converted(x.begin(), x.end());
        static_for<2>([&](auto i) {
            CHECK(same_bits(training.logits(i),
                            training.template deploy<i>().predict(converted.data(), samples)));
        });
    };
    verify(Double<Collaboration<Small, Other, Base<>, Iterative>>({.seed = 4, .batch = samples}));
    verify(Double<Collaboration<Small, Other, Base<>, DifferentInputs<SlicedDistance<>>>>(
        {.seed = 4, .batch = samples}));
    verify(Double<Collaboration<Small, Other, MutualLearning<>>>({.seed = 4, .batch = samples}));
    verify(Double<Collaboration<Small, Other, Base<>, MutualLearning<>, Iterative>>(
        {.seed = 4, .batch = samples}));
    verify(
        Double<Collaboration<Other, Small, Frozen<0>, Hints<0, 1>>>({.seed = 4, .batch = samples}));
}

TEST_CASE("weights follow the moment") {
    CHECK(Weight(RampUp{.epochs = 80})({0, 0, 1}) ==
          doctest::Approx(0.006737946999085467).epsilon(1e-12));
    CHECK(Weight(RampUp{.epochs = 80})({0, 20, 1}) ==
          doctest::Approx(0.060054667895307945).epsilon(1e-12));
    CHECK(Weight(RampUp{.epochs = 80})({0, 40, 1}) ==
          doctest::Approx(0.2865047968601901).epsilon(1e-12));
    CHECK(Weight(RampUp{.epochs = 80})({0, 80, 1}) == 1);
    CHECK(Weight(3)({}) == 3);
    CHECK((2 * Weight([](const Moment& m) { return double(m.step); }))({5, 0, 1}) == 10);
}
