// SPDX-License-Identifier: Apache-2.0
// adversarial: derivatives of networks and critics, and that a step moves the critic first.
#include <collab/collaboration/method/adversarial.hpp>

#include "methods.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
double critic_loss(const std::vector<Term>& terms) {
    double sum = 0;
    for (const Term& t : terms)
        if (t.owner == critic)
            sum += t.weight * t.value;
    return sum;
}
using Rivals = Collaboration<Small, Other, AdversarialFeatures<3, 3>>;
struct Teacher : Sequential<Image, Conv2d<4, 3>, BatchNorm, Relu, Cut<early>,
                            Conv2d<5, 3, Stride<2>>, Relu, Cut<mutual>, GlobalAvgPool, Linear<3>> {
};
using Taught = Collaboration<Teacher, Small, Frozen<0>, AckdReconstructed<early, mutual>>;

template <class C>
// the critic moves by Adam, then the networks by SGD against the new critic
void fools_nobody(std::uint64_t seed) {
    Training<C, Reference<double>> training(
        {.seed = seed, .batch = samples, .critic = {.learning_rate = 0.01}});
    std::vector<float> x(std::size_t(samples) * Image::dims.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(std::sin(0.37 * double(i) * double(i)));
    const std::vector<int> y{0, 1, 2, 1};
    training.compute_gradients(x.data(), y.data(), samples);
    const std::vector<double> p = training.parameters();
    const std::vector<double> g = training.gradients();
    const std::vector<double> s = training.state();
    Training<C, Reference<double>> fresh(
        {.seed = seed, .batch = samples, .critic = {.learning_rate = 0.01}});
    fresh.step(x.data(), y.data(), samples, 0.05);
    long moved = 0;
    std::vector<double> after = p;
    for (const Named& n : training.named_tensors().parameters) {
        const bool of_critic = n.name.find("discriminator") != std::string::npos ||
                               (C::frozen::has(0) && n.name.find("adapter") != std::string::npos);
        if (!of_critic)
            continue;
        const std::vector<double> now = fresh.parameter(n.name);
        // the first step of Adam: the sign of the gradient, nearly
        for (std::size_t i = 0; i < now.size(); ++i) {
            const double gradient = g[n.offset + i];
            const double expected = p[n.offset + i] - 0.01 * gradient / (std::abs(gradient) + 1e-8);
            CHECK(now[i] == doctest::Approx(expected).epsilon(1e-9));
            after[n.offset + i] = now[i];
            ++moved;
        }
    }
    CHECK(moved > 50);
    // The networks then move against the critic as it has become.
    Training<C, Reference<double>> second({.seed = seed, .batch = samples});
    second.set_parameters(after);
    second.compute_gradients(x.data(), y.data(), samples);
    const std::vector<double> h = second.gradients();
    for (const Named& n : training.named_tensors().parameters) {
        const bool network = n.name.starts_with("net") && !C::frozen::has(n.name[3] - '0');
        if (!network)
            continue;
        const std::vector<double> now = fresh.parameter(n.name);
        for (std::size_t i = 0; i < now.size(); ++i) {
            const std::size_t at = n.offset + i;
            CHECK(now[i] == doctest::Approx(p[at] - 0.05 * (h[at] + 1e-4 * p[at])).epsilon(1e-9));
        }
    }
    CHECK(fresh.state().size() == s.size());
}
}  // namespace

TEST_CASE("AFD: networks and adapters follow their own loss, critics theirs") {
    Trial<Rivals> trial({.seed = 3, .methods = {{.weight = 0.5}}});
    own_losses(trial, {{"method0.adapter0"}, {"method0.adapter1"}});
    trial.check({"method0.discriminator"},
                [&](const auto&) { return critic_loss(trial.training.terms()); });
    CHECK(trial.report.checked > 100);
}
TEST_CASE("AFD: the losses of least squares are those computed by hand") {
    const double own[] = {0.2, 0.4, 0.6, 0.1};
    const double peer[] = {0.7, 0.9, 0.3, 0.8};
    double of_critic = 0;
    double of_network = 0;
    for (int b = 0; b < 4; ++b) {
        Row<double> row;
        row.dims[0] = {1, 1, 1};
        row.count = 1;
        double y = 0;
        row.x[0] = &peer[b];
        SquareTo{1}.forward(row, &y);
        of_critic += y / 4;
        row.x[0] = &own[b];
        SquareTo{0}.forward(row, &y);
        of_critic += y / 4;
        SquareTo{1}.forward(row, &y);
        of_network += y / 4;
    }
    CHECK(of_critic == doctest::Approx(0.3).epsilon(1e-14));
    CHECK(of_network == doctest::Approx(0.4925).epsilon(1e-14));
}
TEST_CASE("AFD: a step moves the critic by Adam, then the networks against it") {
    fools_nobody<Rivals>(5);
}

TEST_CASE("ACKD (reconstruction): the critic follows its own loss, and the teacher feels nothing") {
    Trial<Taught> trial({.seed = 3});
    for (const Named& n : trial.training.named_tensors().parameters)
        if (n.name.starts_with("net0."))
            for (int i = 0; i < n.tensor.size; ++i)
                CHECK(trial.analytic[n.offset + std::size_t(i)] == 0);
    trial.check({"method0.discriminator", "method0.adapter"},
                [&](const auto&) { return critic_loss(trial.training.terms()); });
    CHECK(trial.report.checked > 100);
}
TEST_CASE("ACKD (reconstruction): without the constant target of the fused learner everything "
          "follows the sum") {
    Trial<Taught> trial({.seed = 3, .methods = {{.fused = 0.0, .adversarial = 0.3}}});
    trial.check(
        {"net1.", "method0.attention", "method0.learner0", "method0.classifier0", "method0.fused"},
        [&](const auto& l) { return l[1].total(0); });
    CHECK(trial.report.checked > 300);
    CHECK(AckdReconstructed<early, mutual>::reconstruction);
}
TEST_CASE("ACKD (reconstruction): a step moves the critic by Adam, then the student against it") {
    fools_nobody<Taught>(6);
}
