// SPDX-License-Identifier: Apache-2.0
// combinations: every combination of feed, agreement, knowledge base, method, metric and frozen
// networks is refused by its sentence or allowed; and those that are allowed move every network
// along the gradient of its own loss, in every order of updates.
#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>

#include "gradient/whole.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
enum class Says { nothing, frozen_mkb, feed, images, feed_use, feed_mean, mean_use, metric_use };

/// One place in the table, by a digit for each choice.
struct Choice {
    int networks;  ///< 1 to 3
    bool different, with_mean, mkb;
    int method;  ///< none, one that imitates, one that compares images
    bool frozen, metric;
};
constexpr int places = 3 * 2 * 2 * 2 * 3 * 2 * 2;
constexpr Choice choice(int k) {
    Choice c{};
    const auto digit = [&](int base) {
        const int d = k % base;
        k /= base;
        return d;
    };
    c.networks = digit(3) + 1;
    c.different = digit(2) != 0;
    c.with_mean = digit(2) != 0;
    c.mkb = digit(2) != 0;
    c.method = digit(3);
    c.frozen = digit(2) != 0;
    c.metric = digit(2) != 0;
    return c;
}
/// What should be said, from what the words mean.
constexpr Says expected(const Choice& c) {
    if (c.frozen && c.mkb)
        return Says::frozen_mkb;
    if (c.method == 1 && c.different)
        return Says::feed;
    if (c.method == 2 && !c.different)
        return Says::images;
    if (c.different && (c.networks == 1 || (!c.mkb && c.method == 0)))
        return Says::feed_use;
    if (c.different && c.with_mean && c.networks > 2)
        return Says::feed_mean;
    if (c.with_mean && !c.mkb)
        return Says::mean_use;
    if (c.metric && !c.mkb)
        return Says::metric_use;
    return Says::nothing;
}

template <bool If, class... Items>
using some = std::conditional_t<If, Pack<Items...>, Pack<>>;
template <class Items>
struct SortedPack;
template <class... Items>
struct SortedPack<Pack<Items...>> : collab::detail::Sorted<Items...> {};
template <int K>
struct Place {
    static constexpr Choice c = choice(K);
    using items =
        joined<Pack<Small>, some<(c.networks > 1), Other>, some<(c.networks > 2), Third>,
               some<c.different, DifferentInputs<SlicedDistance<4>>>, some<c.with_mean, WithMean>,
               some<c.mkb, Base<mutual>>, some<c.method == 1, MutualLearning<>>,
               some<c.method == 2, WassersteinEmbedding<5>>, some<c.frozen, Frozen<0>>,
               some<c.metric, SquaredEuclidean>>;
    using wrong = typename SortedPack<items>::wrong;
};

namespace d = collab::detail;
template <class Sentence>
inline constexpr Says said = Says::nothing;
template <class F>
inline constexpr Says said<d::CheckFrozenMkb<F>> = Says::frozen_mkb;
template <class M>
inline constexpr Says said<d::CheckFeed<M>> = Says::feed;
template <class M>
inline constexpr Says said<d::CheckImages<M>> = Says::images;
template <class F>
inline constexpr Says said<d::CheckFeedUse<F>> = Says::feed_use;
template <class F>
inline constexpr Says said<d::CheckFeedMean<F>> = Says::feed_mean;
template <class A>
inline constexpr Says said<d::CheckAgreementUse<A>> = Says::mean_use;
template <class M>
inline constexpr Says said<d::CheckMetricUse<M>> = Says::metric_use;
}  // namespace

TEST_CASE("every combination of policies is refused by its sentence, or allowed") {
    static_for<places>([&](auto k) {
        using Here = Place<k>;
        using Wrong = typename Here::wrong;
        constexpr Says should = expected(Here::c);
        CAPTURE(int(k));
        CHECK(Wrong::holds == (should == Says::nothing));
        CHECK(int(said<typename Wrong::sentence>) == int(should));
    });
}

namespace {
/// A step in the given order: what each update is given is the gradient of the loss of the networks
/// it moves, where they stand then (of IterativeStale: where they stood when the step began).
template <class Order, class... Items>
void verify_step() {
    using C = Collaboration<Items..., Order>;
    Trial<Collaboration<Items...>> trial({.seed = 3});  // judges, and never moves
    Training<C, Reference<double>> training({.seed = 3, .batch = samples + 1});
    training.set_parameters(trial.training.parameters());
    struct Seen {
        std::vector<double> at, gradients;
    };
    std::vector<Seen> seen;
    training.step(trial.images.data(), trial.labels.data(), samples, 0.05,
                  [&] { seen.push_back({training.parameters(), training.gradients()}); });
    std::vector<int> moving;
    for (int k = 0; k < C::size; ++k)
        if (!C::frozen::has(k))
            moving.push_back(k);
    REQUIRE(seen.size() == (Order::iterative ? moving.size() : 1));
    for (std::size_t m = 0; m < moving.size(); ++m) {
        const int k = moving[m];
        CAPTURE(k);
        const Seen& now = seen[Order::iterative ? m : 0];
        trial.training.set_parameters(seen[Order::refreshes && Order::iterative ? m : 0].at);
        trial.analytic = now.gradients;
        trial.check({sentence("net", k, "."), sentence("mkb0.net", k, "."),
                     sentence("method0.embedding", k, ".")},
                    [&](const auto& losses) {
                        return losses[std::size_t(k)].total(training.settings().alpha);
                    });
        CHECK(trial.report.checked > 50);
    }
}
}  // namespace

TEST_CASE("allowed combinations move each network along the gradient of its own loss") {
    using Different = DifferentInputs<SlicedDistance<4>>;
    SUBCASE("three networks and a knowledge base, one after the other") {
        verify_step<Iterative, Small, Other, Third, Base<mutual>>();
    }
    SUBCASE("the same, with the mean of the peers") {
        verify_step<Iterative, Small, Other, Third, Base<mutual>, WithMean>();
    }
    SUBCASE("the same, with different inputs") {
        verify_step<Iterative, Small, Other, Third, Base<mutual>, Different>();
    }
    SUBCASE("two networks with different inputs and a mean, at once") {
        verify_step<Simultaneous, Small, Other, Base<mutual>, Different, WithMean>();
    }
    SUBCASE("different inputs and a method, from old predictions") {
        verify_step<IterativeStale, Small, Other, Third, Different, WassersteinEmbedding<5>>();
    }
    SUBCASE("a frozen peer, one after the other") {
        verify_step<Iterative, Small, Other, Third, MutualLearning<>, Frozen<0>>();
    }
    SUBCASE("a knowledge base and a method, with a mean") {
        verify_step<Iterative, Small, Other, Base<mutual>, MutualLearning<>, WithMean>();
    }
}

TEST_CASE("what networks share cannot be moved from old predictions") {
    using C = Collaboration<Small, Other, Base<mutual>, IterativeStale>;
    CHECK_THROWS_WITH((Training<C, Reference<double>>{}),
                      doctest::Contains("IterativeStale moves networks one after the other"));
}
