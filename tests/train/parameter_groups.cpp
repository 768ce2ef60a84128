// SPDX-License-Identifier: Apache-2.0
// parameter_groups: what is in a group moves as in a training that has its numbers everywhere.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include <collab/optim/adam.hpp>
#include <collab/train/checkpoint_manager.hpp>
#include <collab/train/parameter_groups.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
using Exact = Reference<double>;
using GroupList = std::vector<ParameterGroup>;
using Choice = std::function<bool(const Named&)>;

struct Run {
    GroupList groups{};
    Sgd optimizer{.weight_decay = 0.1};
    double rate = 0.05;
    int steps = 1;
    std::vector<double> before{}, after{}, gradients{};
    NamedTensors tensors{};
    Run& go() {
        Training<Pair, Exact> t({.batch = samples, .optimizer = optimizer, .groups = groups});
        before = t.parameters();
        trial::steps(t, steps, rate);
        after = t.parameters();
        gradients = t.gradients();
        tensors = t.named_tensors();
        return *this;
    }
};
/// Every tensor that `chosen` holds is as in `a`, every other as in `b`, bit for bit.
void verify(const Run& run, const Choice& chosen, const Run& a, const Run& b) {
    std::size_t in = 0;
    for (const Named& n : run.tensors.parameters) {
        const bool inside = chosen(n);
        in += inside;
        CAPTURE(n.name);
        for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
            CHECK(run.after[i] == (inside ? a : b).after[i]);
    }
    CHECK(in > 0);
    CHECK(in < run.tensors.parameters.size());
    CHECK(a.after != b.after);
}
bool begins(const Named& n, const char* with) {
    return n.name.starts_with(with);
}
}  // namespace

TEST_CASE("patterns stand for names") {
    using detail::matches;
    for (const char* yes : {"*", "net0.0.weight", "net0.*", "*.weight", "net?.0.*", "*0*weight",
                            "net0.0.weight*", "**t", "n*t*.*.*"})
        CHECK_MESSAGE(matches(yes, "net0.0.weight"), yes);
    for (const char* no :
         {"", "net0", "net1.*", "*.bias", "net0.0.weigh", "?", "net0.0.weight?", "*net0.0", "n*x"})
        CHECK_MESSAGE(!matches(no, "net0.0.weight"), no);
    CHECK(matches("", ""));
    CHECK(matches("*", ""));
}

TEST_CASE("groups by role, layer and name have their own rate and decay") {
    Run plain;
    plain.go();
    Run slow{.rate = 0.05 * 0.25};
    slow.go();
    Run still{.optimizer = {.weight_decay = 0}};
    still.go();
    Run both{.optimizer = {.weight_decay = 0}, .rate = 0.05 * 0.25};
    both.go();
    verify(
        Run{{{.names = "net1.*", .rate = 0.25}}}.go(),
        [](const Named& n) { return begins(n, "net1."); }, slow, plain);
    verify(
        Run{{{.names = "net0.5.*", .rate = 0.25}}}.go(),
        [](const Named& n) { return begins(n, "net0.5."); }, slow, plain);
    verify(
        Run{{{.names = "mkb0.*", .rate = 0.25}}}.go(),
        [](const Named& n) { return begins(n, "mkb0."); }, slow, plain);
    verify(
        Run{{without_decay()}}.go(), [](const Named& n) { return n.tensor.role != Role::weight; },
        still, plain);
    // factors multiply
    const Choice first = [](const Named& n) { return begins(n, "net0."); };
    const Run twice =
        Run{{{.names = "net0.*", .rate = 0.5}, {.names = "net0.*", .rate = 0.5, .decay = 0}}}.go();
    verify(twice, first, both, plain);
    CHECK(Run{{{.decay = 0.5}, {.decay = 0.5}}}.go().after ==
          Run{.optimizer = {.weight_decay = 0.1 * 0.25}}.go().after);
    // one number of a training is that of a group of all
    CHECK(Run{{{.rate = 0.25}}}.go().after == slow.after);
}

TEST_CASE("a group moves by Adam with its own decay") {
    const auto run = [](const GroupList& groups, double decay) {
        Training<Pair, Exact, AdamW> t(
            {.batch = samples, .optimizer = {.weight_decay = decay}, .groups = groups});
        t.step(images().data(), labels().data(), samples, 0.01);
        return t.parameters();
    };
    CHECK(run({{.decay = 0}}, 0.5) == run({}, 0));
    CHECK(run({{.decay = 0.5}}, 0.5) == run({}, 0.25));
    CHECK(run({{.names = "net0.0.weight", .decay = 0.5}}, 0.5) != run({}, 0.5));
}

TEST_CASE("a frozen group does not move and has no gradient") {
    const Run run =
        Run{.groups = {{.names = "net0.*", .roles = {Role::weight}, .frozen = true}}, .steps = 3}
            .go();
    std::size_t frozen = 0;
    for (const Named& n : run.tensors.parameters)
        for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i) {
            const bool still = begins(n, "net0.") && n.tensor.role == Role::weight;
            frozen += still;
            if (still)
                CHECK(run.gradients[i] == 0);
            if (still)
                CHECK(run.after[i] == run.before[i]);
        }
    CHECK(frozen > 50);
    CHECK(run.after != run.before);
    Training<Pair, Exact> all({.batch = samples, .groups = {{.frozen = true}}});
    all.compute_gradients(images().data(), labels().data(), samples);
    CHECK(all.gradient_norm() == 0);
}

TEST_CASE("a group that holds nothing or has wrong numbers is refused") {
    const auto error = [](const GroupList& groups) {
        return error_of([&] { Training<Pair, Exact>({.batch = samples, .groups = groups}); });
    };
    CHECK(error({{.names = "net7.*", .roles = {Role::weight, Role::scale}}})
              .starts_with("a parameter group of 'net7.* weight scale' holds none of the "));
    CHECK(error({{.rate = -1}}) ==
          "a parameter group: rate is -1; expected a finite number of at least 0");
    CHECK(error({without_decay()}).empty());
}

TEST_CASE("a training with groups goes on from a checkpoint to the same bits, and none without") {
    const Splits data{synthetic_images({2, 8, 8}, 3, 26, 1), synthetic_images({2, 8, 8}, 3, 12, 2)};
    const GroupList groups{without_decay(), {.names = "*.0.*", .rate = 0.5}};
    const auto fit = [&](const GroupList& g, const std::string& folder, bool resume, long last) {
        Training<Pair, Exact> t({.batch = 6, .groups = g});
        t.fit(data,
              {.epochs = 2,
               .learning_rate = 0.05,
               .watch = [=](const FitEvent& e) { return e.step < last; }},
              Checkpoints{.folder = folder, .resume = resume});
        return t.parameters();
    };
    const Folder folder;
    const std::string path = folder.path.string();
    fit(groups, path, false, 3);
    CHECK(error_of([&] { fit({}, path, true, 100); })
              .ends_with("was written by a training with parameter groups * bias scale shift: rate "
                         "1, decay 0; *.0.*: rate 0.5, decay 1; this one has none"));
    CHECK(same_bits(fit(groups, path, true, 100), fit(groups, "", false, 100)));
}
