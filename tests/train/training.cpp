// SPDX-License-Identifier: Apache-2.0
// training: what must hold whatever the numbers: who influences whom, what moves when, and which
// settings are refused.
#include <doctest/doctest.h>

#include <limits>

#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Alone = Collaboration<Small, Other, Base<IdentityMerge>>;

template <class B>
void learns_as_if_alone(std::shared_ptr<B> backend) {
    Training<Alone, B> pair({.alpha = 0, .seed = 4, .batch = samples, .names = {"small", "other"}},
                            backend);
    Training<Small, B> small({.alpha = 0, .seed = 4, .batch = samples, .names = {"small"}},
                             backend);
    Training<Other, B> other({.alpha = 0.2, .seed = 4, .batch = samples, .names = {"other"}},
                             backend);
    const auto before = named(pair, "small.");
    steps(pair, 5);
    steps(small, 5);
    steps(other, 5);
    CHECK(same_bits(named(pair, "small."), small.parameters()));
    CHECK(same_bits(named(pair, "other."), other.parameters()));
    CHECK(same_bits(named(pair, "small.", true), small.state()));
    CHECK(same_bits(named(pair, "other.", true), other.state()));
    CHECK_FALSE(same_bits(named(pair, "small."), before));
    CHECK(pair.losses()[0].task == small.losses()[0].task);
    CHECK(pair.losses()[1].task == other.losses()[0].task);
}

template <class C, class B>
void take(Training<C, B>& to, const std::string& prefix, const Training<C, B>& from,
          const std::string& other) {
    for (const Named& n : from.named_tensors().parameters)
        if (n.name.rfind(other, 0) == 0)
            to.set_parameter(prefix + n.name.substr(other.size()), from.parameter(n.name));
}
}  // namespace

TEST_CASE("without a weight on collaboration and with the identity as merge, networks learn bit "
          "for bit as if alone") {
    learns_as_if_alone(std::make_shared<Reference<double>>());
    learns_as_if_alone(std::make_shared<Cpu<float>>(1));
    learns_as_if_alone(std::make_shared<Cpu<float>>(2));
}

TEST_CASE("with a weight on collaboration networks do not learn as if alone") {
    Training<Alone, Reference<double>> pair(
        {.alpha = 0.2, .seed = 4, .batch = samples, .names = {"small", "other"}});
    Training<Small, Reference<double>> small({.seed = 4, .batch = samples, .names = {"small"}});
    CHECK(same_bits(named(pair, "small."), small.parameters()));  // they begin alike
    steps(pair, 2);
    steps(small, 2);
    CHECK_FALSE(same_bits(named(pair, "small."), small.parameters()));
}

TEST_CASE("swapping the networks swaps the results") {
    Training<Collaboration<Small, Other, Base<>>, Reference<double>> one(
        {.seed = 2, .batch = samples, .names = {"small", "other"}});
    Training<Collaboration<Other, Small, Base<>>, Reference<double>> two(
        {.seed = 2, .batch = samples, .names = {"other", "small"}});
    REQUIRE(one.named_tensors().parameter_count == two.named_tensors().parameter_count);
    steps(one, 4);
    steps(two, 4);
    double worst = 0;
    for (const Named& n : one.named_tensors().parameters) {
        const auto a = one.parameter(n.name);
        const auto b = two.parameter(n.name);
        for (std::size_t i = 0; i < a.size(); ++i)
            worst = std::max(worst, std::abs(a[i] - b[i]));
    }
    CHECK(worst < 1e-12);
    for (int i = 0; i < 2; ++i) {
        const NetworkLoss a = one.losses()[std::size_t(i)];
        const NetworkLoss b = two.losses()[std::size_t(1 - i)];
        CHECK(a.task == doctest::Approx(b.task).epsilon(1e-12));
        CHECK(a.metric == doctest::Approx(b.metric).epsilon(1e-12));
        CHECK(a.verification == doctest::Approx(b.verification).epsilon(1e-12));
    }
}

TEST_CASE("the shared parts receive the contributions of both networks") {
    struct Deterministic : Sequential<Image, Conv2d<4, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                                      Flatten, Linear<3>> {};
    using Twins = Collaboration<Deterministic, Deterministic, Base<>>;
    Training<Twins, Reference<double>> twins({.seed = 3, .batch = samples, .names = {"x", "y"}});
    take(twins, "y.", twins, "x.");
    take(twins, "mkb0.y.", twins, "mkb0.x.");
    Training<Collaboration<Deterministic, Base<>>, Reference<double>> single(
        {.seed = 3, .batch = samples, .names = {"x"}});
    twins.compute_gradients(images().data(), labels().data(), samples);
    single.compute_gradients(images().data(), labels().data(), samples);
    const auto both = twins.gradients();
    const auto one = single.gradients();
    // Equal networks have equal embeddings: the metric is 0 and pulls nowhere, and each contributes
    // the same.
    CHECK(std::abs(twins.losses()[0].metric) < 1e-15);
    CHECK(same_bits(twins.embeddings(0), twins.embeddings(1)));
    long shared = 0;
    long own = 0;
    for (const Named& n : single.named_tensors().parameters) {
        const bool is_shared =
            n.name.rfind("mkb0.transfer", 0) == 0 || n.name.rfind("mkb0.verification", 0) == 0;
        const Named& there = twins.named_tensors().find(n.name);
        for (std::size_t i = 0; i < std::size_t(n.tensor.size); ++i) {
            const double expected = (is_shared ? 2 : 1) * one[n.offset + i];
            CHECK(std::abs(both[there.offset + i] - expected) <= 1e-12 * (1 + std::abs(expected)));
            (is_shared ? shared : own) += std::abs(expected) > 1e-9;
        }
    }
    CHECK(shared > 100);
    CHECK(own > 100);
}

TEST_CASE("running statistics move exactly once in a step") {
    Training<Pair, Reference<double>> training({.seed = 5, .batch = samples});
    // With a rate of 0 the batch's statistics stay the same, so each step takes the same fraction
    // of what is left of the way. Small's dropout lies behind its statistics.
    const auto s0 = training.state();
    training.step(images().data(), labels().data(), samples, 0);
    const auto s1 = training.state();
    training.step(images().data(), labels().data(), samples, 0);
    const auto s2 = training.state();
    REQUIRE(s0.size() == training.named_tensors().state_count);
    long moved = 0;
    for (std::size_t i = 0; i < s0.size(); ++i) {
        CHECK(std::abs((s2[i] - s1[i]) - 0.9 * (s1[i] - s0[i])) < 1e-14);
        moved += std::abs(s1[i] - s0[i]) > 1e-9;
    }
    CHECK(moved == long(s0.size()));
}

TEST_CASE("running statistics move towards the batch's mean and unbiased variance") {
    struct First : Sequential<Image, BatchNorm, Flatten, Linear<3>> {};
    Training<First, Reference<double>> training({.batch = samples});
    training.step(images().data(), labels().data(), samples, 0);
    const auto x = images();
    const int pixels = samples * 64;
    for (int c = 0; c < 2; ++c) {
        double mean = 0;
        double square = 0;
        for (int p = 0; p < pixels; ++p)
            mean += double(x[std::size_t(2 * p + c)]) / pixels;
        for (int p = 0; p < pixels; ++p)
            square += (double(x[std::size_t(2 * p + c)]) - mean) *
                      (double(x[std::size_t(2 * p + c)]) - mean);
        CHECK(training.state()[std::size_t(c)] == doctest::Approx(0.1 * mean).epsilon(1e-12));
        CHECK(training.state()[std::size_t(2 + c)] ==
              doctest::Approx(0.9 + 0.1 * square / (pixels - 1)).epsilon(1e-12));
    }
}

TEST_CASE("evaluation changes nothing") {
    Training<Pair, Cpu<float>> watched({.seed = 6, .batch = samples});
    Training<Pair, Cpu<float>> left_alone({.seed = 6, .batch = samples});
    steps(watched, 2);
    steps(left_alone, 2);
    const auto p = watched.parameters();
    const auto m = watched.momentum();
    const auto s = watched.state();
    watched.evaluate_batch(images(9).data(), labels(9).data(), samples);
    watched.evaluate_batch(images(8).data(), labels(8).data(), 2);
    CHECK(same_bits(watched.parameters(), p));
    CHECK(same_bits(watched.momentum(), m));
    CHECK(same_bits(watched.state(), s));
    steps(watched, 2);
    steps(left_alone, 2);
    CHECK(same_bits(watched.parameters(), left_alone.parameters()));
    CHECK(same_bits(watched.state(), left_alone.state()));
}

TEST_CASE("the workspace is known before the first step, and asking for it changes nothing") {
    Training<Pair, Cpu<float>> asked({.seed = 6, .batch = samples});
    Training<Pair, Cpu<float>> not_asked({.seed = 6, .batch = samples});
    CHECK(asked.backend().workspace_bytes() == 0);
    const std::size_t bytes = asked.workspace_bytes();
    CHECK(bytes > 0);
    CHECK_THROWS_WITH_AS(asked.losses(), doctest::Contains("before the first batch"), Error);
    CHECK(asked.steps() == 0);
    steps(asked, 3);
    steps(not_asked, 3);
    CHECK(asked.workspace_bytes() == bytes);
    CHECK(not_asked.workspace_bytes() == bytes);
    CHECK(same_bits(asked.parameters(), not_asked.parameters()));
    CHECK(same_bits(asked.momentum(), not_asked.momentum()));
    CHECK(same_bits(asked.state(), not_asked.state()));
    Training<Pair, Reference<double>> other({.batch = samples});  // a backend that cannot tell
    CHECK(other.workspace_bytes() == 0);
}

TEST_CASE("evaluation is repeatable and does not depend on what else is in the batch") {
    Training<Pair, Reference<double>> training({.seed = 6, .batch = samples});
    steps(training, 3);
    const auto x = images(3);
    const auto y = labels(3);
    training.evaluate_batch(x.data(), y.data(), samples);
    const auto all = training.logits(0);
    const auto others = training.logits(1);
    training.evaluate_batch(x.data(), y.data(), samples);
    CHECK(same_bits(all, training.logits(0)));
    training.evaluate_batch(x.data(), y.data(), 2);
    CHECK(same_bits(std::vector<double>(all.begin(), all.begin() + 6), training.logits(0)));
    CHECK(same_bits(std::vector<double>(others.begin(), others.begin() + 6), training.logits(1)));
}

TEST_CASE(
    "a step with fewer samples than there is room for does as a training with just that room") {
    Training<Pair, Reference<double>> wide({.seed = 7, .batch = samples + 5});
    Training<Pair, Reference<double>> tight({.seed = 7, .batch = samples});
    steps(wide, 3);
    steps(tight, 3);
    CHECK(same_bits(wide.parameters(), tight.parameters()));
    CHECK(same_bits(wide.state(), tight.state()));
}

TEST_CASE("losses are what their names say") {
    Training<Pair, Reference<double>> training({.alpha = 0.3, .seed = 8, .batch = samples});
    CHECK_THROWS_WITH_AS(training.losses(), "losses were asked for before the first batch", Error);
    training.evaluate_batch(images().data(), labels().data(), samples);
    const auto losses = training.losses();
    for (int k = 0; k < 2; ++k) {
        const auto z = training.logits(k);
        double loss = 0;
        double hits = 0;
        for (std::size_t b = 0; b < std::size_t(samples); ++b) {
            const double* row = &z[3 * b];
            const int y = labels()[b];
            loss += (std::log(std::exp(row[0]) + std::exp(row[1]) + std::exp(row[2])) - row[y]) /
                    samples;
            hits += (std::max_element(row, row + 3) - row == y) / double(samples);
        }
        CHECK(losses[std::size_t(k)].task == doctest::Approx(loss).epsilon(1e-12));
        CHECK(losses[std::size_t(k)].score() == doctest::Approx(hits).epsilon(1e-12));
    }
    const auto a = training.embeddings(0);
    const auto b = training.embeddings(1);
    REQUIRE(a.size() == std::size_t(samples) * 16);
    double distance = 0;
    for (int i = 0; i < samples; ++i)
        distance +=
            CosineDistance{}.value(16, &a[std::size_t(16 * i)], &b[std::size_t(16 * i)]) / samples;
    CHECK(losses[0].metric == doctest::Approx(distance).epsilon(1e-12));
    CHECK(losses[1].metric == doctest::Approx(distance).epsilon(1e-12));
    CHECK(losses[0].total(0.3) ==
          doctest::Approx(losses[0].task + 0.3 * (losses[0].metric + losses[0].verification)));
    double verification = 0;  // one linear layer on the embedding, against the labels
    const auto w = training.parameter("mkb0.verification.0.weight");
    const auto bias = training.parameter("mkb0.verification.0.bias");
    for (std::size_t i = 0; i < std::size_t(samples); ++i) {
        double v[3] = {bias[0], bias[1], bias[2]};
        for (std::size_t d = 0; d < 16; ++d)
            for (std::size_t c = 0; c < 3; ++c)
                v[c] += a[16 * i + d] * w[3 * d + c];
        verification +=
            (std::log(std::exp(v[0]) + std::exp(v[1]) + std::exp(v[2])) - v[labels()[i]]) / samples;
    }
    CHECK(losses[0].verification == doctest::Approx(verification).epsilon(1e-12));
}

TEST_CASE("a step is gradient descent with momentum on the gradients that it computes") {
    Training<Pair, Reference<double>> stepped(
        {.seed = 9, .batch = samples, .optimizer = {.momentum = 0.8, .weight_decay = 0.01}});
    Training<Pair, Reference<double>> shown({.seed = 9, .batch = samples});
    const auto w0 = stepped.parameters();
    shown.compute_gradients(images(0).data(), labels(0).data(), samples);
    CHECK(same_bits(shown.parameters(), w0));
    const auto g = shown.gradients();
    stepped.step(images(0).data(), labels(0).data(), samples, 0.1);
    const auto w1 = stepped.parameters();
    const auto m = stepped.momentum();
    for (std::size_t i = 0; i < w0.size(); ++i) {
        CHECK(m[i] == doctest::Approx(g[i] + 0.01 * w0[i]).epsilon(1e-12));
        CHECK(w1[i] == doctest::Approx(w0[i] - 0.1 * m[i]).epsilon(1e-12));
    }
    CHECK(stepped.steps() == 1);
}

TEST_CASE("the seed decides the initial weights, and another seed others") {
    Training<Pair, Reference<double>> a({.seed = 1});
    Training<Pair, Reference<double>> b({.seed = 1});
    Training<Pair, Reference<double>> c({.seed = 2});
    CHECK(same_bits(a.parameters(), b.parameters()));
    CHECK_FALSE(same_bits(a.parameters(), c.parameters()));
}

TEST_CASE("dropout differs from step to step and from network to network") {
    struct Dropping : Sequential<Image, Dropout<1, 2>, Cut<mutual>, Flatten, Linear<3>> {};
    Training<Collaboration<Dropping, Dropping>, Reference<double>> training(
        {.seed = 1, .batch = samples, .names = {"x", "y"}});
    take(training, "y.", training, "x.");
    training.compute_gradients(images().data(), labels().data(), samples);
    const auto x = training.logits(0);
    const auto y = training.logits(1);
    CHECK_FALSE(same_bits(x, y));
    training.compute_gradients(images().data(), labels().data(), samples);
    CHECK(same_bits(x, training.logits(0)));  // a look is no step
    training.set_steps(1);
    training.compute_gradients(images().data(), labels().data(), samples);
    CHECK_FALSE(same_bits(x, training.logits(0)));
    training.evaluate_batch(images().data(), labels().data(), samples);
    CHECK(same_bits(training.logits(0), training.logits(1)));
}

TEST_CASE("all parts have names") {
    Training<Pair, Cpu<float>> training({.names = {"small", "other"}});
    const NamedTensors& c = training.named_tensors();
    for (const char* name : {"small.0.weight",
                             "small.1.weight",
                             "small.1.bias",
                             "small.5.weight",
                             "small.9.weight",
                             "small.9.bias",
                             "other.0.weight",
                             "other.3.body.0.weight",
                             "other.3.body.4.bias",
                             "other.7.weight",
                             "mkb0.transfer.0.weight",
                             "mkb0.transfer.1.weight",
                             "mkb0.transfer.3.weight",
                             "mkb0.transfer.4.bias",
                             "mkb0.verification.0.weight",
                             "mkb0.verification.0.bias",
                             "mkb0.small.encoder.0.weight",
                             "mkb0.small.encoder.1.bias",
                             "mkb0.small.decoder.0.weight",
                             "mkb0.small.decoder.1.weight",
                             "mkb0.other.encoder.0.weight",
                             "mkb0.other.decoder.1.bias"})
        CHECK(c.find(name).name == name);
    for (const char* name :
         {"small.1.running_mean", "small.1.running_var", "other.3.body.1.running_mean",
          "mkb0.small.encoder.1.running_var", "mkb0.small.transfer.1.running_mean",
          "mkb0.other.transfer.4.running_var", "mkb0.other.decoder.1.running_mean"})
        CHECK(c.find(name, true).name == name);
    std::size_t at = 0;  // they fill their buffers without a gap
    for (const Named& n : c.parameters) {
        CHECK(n.offset == at);
        at += std::size_t(n.tensor.size);
    }
    CHECK(at == c.parameter_count);
    CHECK(at == training.parameters().size());
    CHECK(training.parameter("mkb0.verification.0.weight").size() == 16 * 3);
}

TEST_CASE("tensors are set and read by name") {
    Training<Pair, Reference<double>> training({.names = {"small", "other"}});
    training.set_parameter("other.7.bias", {1, 2, 3});
    CHECK(training.parameter("other.7.bias") == std::vector<double>{1, 2, 3});
    CHECK_THROWS_WITH_AS(training.set_parameter("other.7.bias", {1, 2}),
                         "parameter 'other.7.bias' has 3 values, not 2", Error);
    CHECK_THROWS_WITH_AS(training.parameter("small.9.wieght"),
                         "no parameter is called 'small.9.wieght'; those of the same part: "
                         "small.0.weight, small.1.weight, small.1.bias, "
                         "small.5.weight, small.9.weight, small.9.bias",
                         Error);
    CHECK_THROWS_WITH_AS(training.parameter("tiny.0.weight"),
                         doctest::Contains("no parameter is called 'tiny.0.weight'; the first of "),
                         Error);
    CHECK_THROWS_WITH_AS(training.named_tensors().find("small.0.weight", true),
                         doctest::Contains("no state is called 'small.0.weight'"), Error);
    CHECK_THROWS_WITH_AS(training.set_parameters({1, 2}), doctest::Contains(" parameters, not 2"),
                         Error);
    CHECK_THROWS_WITH_AS(training.set_state({1, 2}),
                         doctest::Contains(" running statistics, not 2"), Error);
}

TEST_CASE("settings that make no sense are refused") {
    using T = Training<Pair, Reference<double>>;
    const double inf = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH_AS(T({.alpha = -0.1}), doctest::Contains("alpha is -0.1"), Error);
    CHECK_THROWS_WITH_AS(T({.alpha = nan}), doctest::Contains("alpha is "), Error);
    CHECK_THROWS_WITH_AS(T({.alpha = inf}), doctest::Contains("alpha is "), Error);
    CHECK_THROWS_WITH_AS(T({.batch = 0}), "a batch has at least one sample, not 0", Error);
    CHECK_THROWS_WITH_AS(T({.batch = 3}, nullptr),
                         "a training needs a backend; it was given a null pointer", Error);
    CHECK_THROWS_WITH_AS(T({.batch = -3}), "a batch has at least one sample, not -3", Error);
    CHECK_THROWS_WITH_AS(T({.optimizer = {.momentum = 1}}), doctest::Contains("momentum is 1"),
                         Error);
    CHECK_THROWS_WITH_AS(T({.optimizer = {.momentum = -0.5}}),
                         doctest::Contains("momentum is -0.5"), Error);
    CHECK_THROWS_WITH_AS(T({.optimizer = {.weight_decay = -1}}),
                         doctest::Contains("weight decay is -1"), Error);
    CHECK_THROWS_WITH_AS(T({.optimizer = {.weight_decay = nan}}),
                         doctest::Contains("weight decay is "), Error);
    CHECK_THROWS_WITH_AS(T({.names = {"one"}}), "a collaboration of 2 networks was given 1 names",
                         Error);
    CHECK_THROWS_WITH_AS(T({.names = {"one", "two", "three"}}),
                         "a collaboration of 2 networks was given 3 names", Error);
    CHECK_THROWS_WITH_AS(T({.names = {"one", "one"}}), "two networks are called 'one'", Error);
    CHECK_THROWS_WITH_AS(T({.names = {"one", "t.wo"}}),
                         "a network cannot be called 't.wo': names are not empty and have no dot",
                         Error);
    CHECK_THROWS_WITH_AS(T({.names = {"one", ""}}),
                         "a network cannot be called '': names are not empty and have no dot",
                         Error);
    CHECK(T(T::Settings{}).name(1) == "net1");
}

TEST_CASE("batches that make no sense are refused, and leave the training as it was") {
    Training<Pair, Reference<double>> training({.batch = samples});
    const auto p = training.parameters();
    const auto s = training.state();
    auto y = labels();
    y[4] = 3;
    CHECK_THROWS_WITH_AS(training.step(images().data(), y.data(), samples, 0.1),
                         "label 3 of sample 4 lies outside [0, 3)", Error);
    CHECK_THROWS_WITH_AS(training.evaluate_batch(images().data(), y.data(), samples),
                         "label 3 of sample 4 lies outside [0, 3)", Error);
    y[4] = -1;
    CHECK_THROWS_WITH_AS(training.step(images().data(), y.data(), samples, 0.1),
                         "label -1 of sample 4 lies outside [0, 3)", Error);
    CHECK_THROWS_WITH_AS(training.step(images().data(), labels().data(), samples + 1, 0.1),
                         "this training has room for 1 to 6 samples per step, not 7", Error);
    CHECK_THROWS_WITH_AS(training.step(images().data(), labels().data(), 0, 0.1),
                         "this training has room for 1 to 6 samples per step, not 0", Error);
    CHECK_THROWS_WITH_AS(training.step(images().data(), labels().data(), samples, -0.1),
                         "the learning rate is -0.1; expected a number of at least 0", Error);
    CHECK_THROWS_WITH_AS(training.step(images().data(), labels().data(), samples, std::nan("")),
                         "the learning rate is nan; expected a number of at least 0", Error);
    CHECK(same_bits(training.parameters(), p));
    CHECK(same_bits(training.state(), s));
    CHECK(training.steps() == 0);
}
TEST_CASE("an epoch that there is not is refused") {
    Training<Pair, Reference<double>> training({.batch = samples});
    CHECK_NOTHROW(training.begin_epoch(0, 1));
    CHECK_NOTHROW(training.begin_epoch(2, 3));
    CHECK_THROWS_WITH_AS(
        training.begin_epoch(-1, 3),
        "epoch -1 of 3 was begun; expected one of at least 0 and below their number", Error);
    CHECK_THROWS_WITH_AS(
        training.begin_epoch(3, 3),
        "epoch 3 of 3 was begun; expected one of at least 0 and below their number", Error);
}

TEST_CASE("a network that a training does not have is refused by its number") {
    Training<Pair, Reference<double>> training({.batch = samples});
    training.evaluate_batch(images().data(), labels().data(), samples);
    CHECK(training.logits(1).size() == samples * 3);
    for (const int k : {-1, 2}) {
        const std::string sentence =
            collab::sentence("there is no network ", k, "; this training has 2");
        CHECK_THROWS_WITH_AS(training.logits(k), sentence.c_str(), Error);
        CHECK_THROWS_WITH_AS(training.embeddings(k), sentence.c_str(), Error);
        CHECK_THROWS_WITH_AS(training.name(k), sentence.c_str(), Error);
        CHECK_THROWS_WITH_AS(training.network_weights(k), sentence.c_str(), Error);
    }
}
