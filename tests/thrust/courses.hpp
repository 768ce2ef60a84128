// SPDX-License-Identifier: Apache-2.0
// courses: a training whose steps are captured and launched again has the course of one whose steps
// are all asked for, bit for bit.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/images.hpp>

#include "gradient/whole.hpp"
#include "thrust/replay.hpp"

namespace collab::courses {

using whole::Image;
template <class C>
using Trained = Training<C, replay::Host<float>>;
template <class C>
using Settings = typename Trained<C>::Settings;

struct FitState {
    std::vector<std::uint64_t> bits;  // of all that a history says, and of all weights
    long captures = 0;
    long launches = 0;
    long refusals = 0;
    long waits = 0;
};
/// Three epochs of seven steps, evaluated at the end of each; then `look()`, before anything is
/// read.
template <class C, class B, class F>
std::vector<std::uint64_t> bits(typename Training<C, B>::Settings settings,
                                std::shared_ptr<B> backend, int losses_every, const F& look) {
    settings.batch = 6;
    Training<C, B> training(settings, std::move(backend));
    const Splits data = synthetic(Image::dims, 3, 44, 12);
    const History history = training.fit(
        data,
        {.epochs = 3, .learning_rate = MultiStepLR{.base = 0.02}, .losses_every = losses_every});
    look();
    std::vector<std::uint64_t> all;
    const auto add = [&](double x) {
        CHECK(std::isfinite(x));
        all.push_back(std::bit_cast<std::uint64_t>(x));
    };
    for (const Record& r : history.records)
        for (const NetworkRecord& k : r.networks)
            for (const double x : {k.task, k.metric, k.verification, k.coupling, k.score(),
                                   k.test_loss, k.test_score()})
                add(x);
    for (const float w : training.parameters())
        add(double(w));
    for (const float s : training.state())
        add(double(s));
    return all;
}
template <class C>
FitState fitted(const Settings<C>& settings, bool replays, int losses_every) {
    const auto backend = std::make_shared<replay::Host<float>>(replays);
    FitState c;
    c.bits = bits<C>(settings, backend, losses_every, [&] {
        const replay::Tape& tape = backend->tape();
        c.captures = tape.captures;
        c.launches = tape.launches;
        c.refusals = tape.refusals;
        c.waits = tape.waits;
    });
    return c;
}
/// With `captures` of the 21 steps captured: by default the second, and the first of each later
/// epoch, which begins at another rate or after an evaluation.
template <class C>
void same(const std::string& what, const Settings<C>& settings = {}, long captures = 3,
          long launches = 20) {
    CAPTURE(what);
    const FitState asked = fitted<C>(settings, false, 1);
    const FitState each = fitted<C>(settings, true, 1);
    const FitState seldom = fitted<C>(settings, true, 16);
    CHECK(asked.launches == 0);
    for (const FitState* c : {&each, &seldom}) {
        CHECK(c->captures == captures);
        CHECK(c->launches == launches);
        CHECK(c->refusals == 0);
        CHECK(c->bits == asked.bits);
    }
    // The host waits when it looks at losses and at no other time: after each of 21 steps, or after
    // the 16th and at the end of each epoch; and once for each evaluation.
    CHECK(asked.waits == 21 + 3);
    CHECK(each.waits == 21 + 3);
    CHECK(seldom.waits == 4 + 3);
}

}  // namespace collab::courses
