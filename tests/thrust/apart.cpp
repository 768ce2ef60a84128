// SPDX-License-Identifier: Apache-2.0
// apart: that the host apart notices what it is for, and a program's whole way on it.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <collab/collab.hpp>

#include "data/temporary.hpp"
#include "gradient/whole.hpp"
#include "thrust/apart.hpp"

using namespace collab;
using apart::Host;

namespace {
/// Whether a program that does this ends there.
template <class F>
bool ends(const F& f) {
    const pid_t child = fork();
    if (child == 0) {
        close(STDOUT_FILENO), close(STDERR_FILENO);   // a sanitizer would tell
        f();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}
std::vector<float> values(Host<float>& backend, const float* from, std::size_t n) {
    std::vector<float> to(n);
    backend.download(from, n, to.data());
    return to;
}
}  // namespace

TEST_CASE("the host cannot touch memory apart, and nobody what was freed") {
    Host<float> backend;
    auto memory = backend.allocate<float>(8);
    volatile float* const at = memory.data();
    CHECK_FALSE(ends([] {}));
    CHECK(ends([&] { at[3] = 1; }));
    CHECK(ends([&] { static_cast<void>(at[3]); }));
    float* const freed = backend.allocate<float>(8).data();
    CHECK(ends([&] { backend.fill(8, 1, freed), values(backend, memory.data(), 1); }));
    CHECK(values(backend, memory.data(), 8) == std::vector<float>(8));
}
TEST_CASE("operations are done in their order, when somebody waits") {
    Host<float> backend;
    auto memory = backend.allocate<float>(2);
    float* const p = memory.data();
    std::vector<float> mine{1, 2};
    backend.upload(mine.data(), 2, p);
    mine = {7, 7};
    backend.for_each(2, [p](std::size_t i) { p[i] *= 10; });
    CHECK(values(backend, p, 2) == std::vector<float>{10, 20});
    backend.fill(2, 5, p);
    backend.for_each(2, [p](std::size_t i) { p[i] += float(i); });
    CHECK(values(backend, p, 2) == std::vector<float>{5, 6});
}
TEST_CASE("an operation is given no address of the host's") {
    Host<float> backend;
    auto memory = backend.allocate<float>(2);
    float* const p = memory.data();
    std::vector<float> mine(2);
    float* const q = mine.data();
    CHECK_THROWS_AS(backend.fill(2, 1, q), Error);
    CHECK_THROWS_AS(backend.upload(q, 2, q), Error);
    CHECK_THROWS_AS(backend.download(q, 2, q), Error);
#if __has_builtin(__builtin_clear_padding)   // what looks into a functor's bytes
    CHECK_THROWS_AS(backend.linear({1, 1, 2}, {p, 1}, q, nullptr, {p, 2}), Error);
    CHECK_THROWS_AS(backend.for_each(2, [q](std::size_t i) { q[i] = 1; }), Error);
    CHECK_THROWS_AS(backend.for_each(2, [p, q](std::size_t i) { p[i] = q[i]; }), Error);
    const auto by_reference = [&](std::size_t i) { p[i] = 1; };
    CHECK_THROWS_AS(backend.for_each(2, by_reference), Error);
#endif
    backend.for_each(2, [p](std::size_t i) { p[i] = 1; });
    CHECK(values(backend, p, 2) == std::vector<float>{1, 1});
}

namespace {
using Pair = Collaboration<whole::Small, whole::Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder>, MutualLearning<>>;

/// Numbers from every corner of a program that trains, looks, stops, goes on, and deploys.
template <class B>
std::vector<double> program() {
    std::vector<double> said;
    const auto add = [&](const auto& numbers) { said.insert(said.end(), numbers.begin(), numbers.end()); };
    const DataSet data = synthetic(whole::Image::dims, 3, 44, 12);
    const Folder folder;
    using Trained = Training<Pair, B>;
    const typename Trained::Settings settings{.seed = 3, .batch = 6};
    FitOptions options{.epochs = 2, .rate = StepRate{.base = 0.05}, .checkpoints = {.folder = (folder.path / "run").string(), .every = 3}};
    {
        Trained first(settings);
        options.watch = [](const FitEvent& e) { return e.step < 8; };
        first.fit(data, options, ClipGradients{.norm = 0.5});
    }
    Trained training(settings);
    options.watch = {}, options.checkpoints.resume = true;
    ExponentialAverage average{.decay = 0.5};
    const History history = training.fit(data, options, ClipGradients{.norm = 0.5});
    for (const Record& r : history.records)
        for (const NetworkRecord& k : r.networks) add(std::vector<double>{k.classification, k.metric, k.verification, k.coupling, k.test_loss, k.test_accuracy});
    training.fit(data, {.epochs = 1, .rate = 0.01}, average);
    average.apply(training);
    for (const Evaluation& e : training.evaluate(data.test)) add(std::vector<double>{e.loss, e.accuracy});
    add(training.logits(1)), add(training.template embeddings<0>(0)), add(ensemble_weights(training, data.test));
    for (const Term& t : training.terms()) said.push_back(t.value);
    std::vector<float> image(whole::Image::dims.size(), 0.5f);
    const int label = 1;
    training.step(image.data(), &label, 1, 0.01, [&] { said.push_back(training.gradient_norm()); });
    save(training, (folder.path / "all.safetensors").string());
    Trained again(settings);
    load(again, (folder.path / "all.safetensors").string());
    add(again.parameters()), add(again.momentum()), add(again.state());
    again.set_network_weights(1, training.network_weights(1));
    auto deployed = training.template deploy<0>();
    add(deployed.predict(data.test));
    said.push_back(deployed.accuracy(data.test));
    save(deployed, (folder.path / "one.safetensors").string());
    load(deployed, (folder.path / "one.safetensors").string());
    add(deployed.predict(image.data(), 1));
    return said;
}
}  // namespace

TEST_CASE("a program says the same whether the backend's memory is the host's or not") {
    const std::vector<double> here = program<ThrustHost<float>>();
    CHECK(here.size() > 400);
    CHECK(program<Host<float>>() == here);
}
