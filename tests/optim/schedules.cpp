// SPDX-License-Identifier: Apache-2.0
// schedules: beside the rates of PyTorch 1.13, and step by step.
#include <doctest/doctest.h>

#include <vector>

#include <collab/optim/lr_scheduler.hpp>
#include <collab/optim/schedules.hpp>
#include <collab/train/fit_options.hpp>

using namespace collab;

namespace {
template <class R>
std::vector<double> rates(R schedule, int asked, int of) {
    std::vector<double> all;
    for (int e = 0; e < asked; ++e)
        all.push_back(schedule(e, of));
    return all;
}
void verify(const std::vector<double>& rates, const std::vector<double>& expected) {
    REQUIRE(rates.size() == expected.size());
    for (std::size_t i = 0; i < rates.size(); ++i)
        CHECK_MESSAGE(rates[i] == doctest::Approx(expected[i]).epsilon(1e-12), "epoch ", i);
}
template <class R>
int falls_at(const R& schedule, int epochs) {
    for (int e = 1; e < epochs; ++e)
        if (schedule(e, epochs) < schedule(e - 1, epochs))
            return e;
    return -1;
}
}  // namespace

TEST_CASE("milestones are fractions of the epochs or whole epochs, and fall where they say") {
    verify(rates(MultiStepLR{.base = 0.4, .factor = 0.5, .milestones = {2, 5}}, 8, 8),
           {0.4, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1});
    for (int epochs = 1; epochs <= 200; ++epochs)
        for (int m = 1; m < epochs; ++m) {
            CHECK(falls_at(MultiStepLR{.milestones = {double(m) / epochs}}, epochs) == m);
            CHECK(falls_at(MultiStepLR{.milestones = {m}}, epochs) == m);
        }
    CHECK(falls_at(MultiStepLR{.milestones = {14 / 50.}}, 50) == 14);
    CHECK(falls_at(MultiStepLR{.milestones = {1}}, 50) == 1);
    CHECK(falls_at(MultiStepLR{.milestones = {1.0}}, 50) == -1);
    CHECK_THROWS_WITH_AS((LearningRate{MultiStepLR{.milestones = {1.5}}}),
                         "MultiStepLR: a milestone is 1.5; expected a number from 0 to 1", Error);
    CHECK_THROWS_WITH_AS((LearningRate{MultiStepLR{.milestones = {-1}}}),
                         "MultiStepLR: a milestone is -1; expected a finite number of at least 0",
                         Error);
}

TEST_CASE("a cosine begins anew after each period, which may grow") {
    verify(rates(
               CosineAnnealingWarmRestarts{
                   .base = 0.4, .period = 3, .period_factor = 2, .min_lr = 0.01},
               10, 10),
           {0.4, 0.3025, 0.10750000000000004, 0.4, 0.3738749537379656, 0.3025, 0.20500000000000002,
            0.10750000000000004, 0.03612504626203445, 0.4});
    verify(rates(CosineAnnealingWarmRestarts{.base = 0.4, .period = 2}, 5, 5),
           {0.4, 0.2, 0.4, 0.2, 0.4});
}

TEST_CASE("one cycle goes up and down as PyTorch's does") {
    verify(rates(OneCycleLR{.max_lr = 0.4}, 10, 10),
           {0.016000000000000014, 0.20800000000000002, 0.4, 0.38019385280538953, 0.3246982615799052,
            0.24450480877451572, 0.1554967912254843, 0.0753033384200948, 0.019807747194610516,
            1.6e-06});
    verify(rates(OneCycleLR{.max_lr = 1, .rise = 0.5, .div_factor = 10, .final_div_factor = 100}, 7,
                 7),
           {0.09999999999999998, 0.41094235253127365, 0.9140576474687263, 0.9505339495172583,
            0.611649206511179, 0.18906684397156262, 0.001});
    // too short to rise
    CHECK(OneCycleLR{.max_lr = 1}(0, 1) == doctest::Approx(4e-6));
    CHECK(OneCycleLR{.max_lr = 1, .rise = 0.1}(0, 10) == 1);
}

TEST_CASE("straight lines and powers are PyTorch's") {
    verify(
        rates(LinearLR{.base = 0.3, .start_factor = 1.0 / 3, .end_factor = 1, .length = 5}, 8, 8),
        {0.1, 0.14, 0.18, 0.22, 0.26, 0.3, 0.3, 0.3});
    verify(rates(LinearLR{.base = 0.4}, 4, 4), {0.4, 0.3, 0.2, 0.1});
    verify(rates(PolynomialLR{.base = 0.3, .power = 2.5, .length = 5}, 7, 7),
           {0.3, 0.17173002067198387, 0.08365644027808018, 0.030357865537616442,
            0.005366563145999492, 0, 0});
    verify(rates(PolynomialLR{.base = 0.4}, 4, 4), {0.4, 0.3, 0.2, 0.1});
}

TEST_CASE("schedules follow each other, each as if alone") {
    verify(rates(
               SequentialLR<LinearLR, CosineAnnealingLR>{
                   {3},
                   {LinearLR{.base = 0.4, .start_factor = 0.1, .end_factor = 1},
                    CosineAnnealingLR{.base = 0.4}}},
               8, 8),
           {0.04, 0.16, 0.28, 0.4, 0.3618033988749895, 0.2618033988749895, 0.13819660112501053,
            0.03819660112501053});
    // an error goes to the one that gave the rate of its epoch
    SequentialLR<ReduceLROnPlateau, LinearLR, ReduceLROnPlateau> chain{
        {2, 3}, {{.base = 1, .patience = 0}, {.base = 5}, {.base = 8, .patience = 0}}};
    LearningRate rate(chain);
    CHECK(rate(0, 6, 1) == 1);
    CHECK(rate(1, 6, 0.5) == 1);
    CHECK(rate(2, 6, 0.5) == 5);
    CHECK(rate(3, 6, 0.1) == 8);
    CHECK(rate(4, 6, 0.3) == 8);
    CHECK(rate(5, 6, 0.4) == doctest::Approx(0.8));
    CHECK_THROWS_WITH_AS((LearningRate{SequentialLR<LinearLR, LinearLR>{{0}}}),
                         "SequentialLR: an end is 0; expected a finite number of at least 1",
                         Error);
    CHECK_THROWS_AS((LearningRate{SequentialLR<LinearLR, LinearLR>{{1}, {{}, {.base = -1}}}}),
                    Error);
}

TEST_CASE("a plateau is PyTorch's") {
    ReduceLROnPlateau schedule{.base = 0.35, .factor = 0.5, .patience = 2, .min_lr = 0.1};
    std::vector<double> seen;
    for (const double e : {.9, .8, .85, .8, .9, .7, .7, .7, .7, .7}) {
        schedule.observe(e);
        seen.push_back(schedule(0, 1));
    }
    verify(seen, {0.35, 0.35, 0.35, 0.35, 0.175, 0.175, 0.175, 0.175, 0.1, 0.1});
}

TEST_CASE("a schedule by steps says so, and is asked with steps") {
    LearningRate rate(PerStep<PolynomialLR>{{.base = 0.4}});
    CHECK(rate.per_step());
    CHECK(rate(25, 100, 1) == doctest::Approx(0.3));
    CHECK_FALSE(LearningRate(PolynomialLR{}).per_step());
    CHECK_FALSE(LearningRate(0.1).per_step());
    CHECK_THROWS_AS((LearningRate{PerStep<PolynomialLR>{{.base = -1}}}), Error);
    static_assert(LRScheduler<PerStep<OneCycleLR>> && LRScheduler<PerStep<LinearWarmup<LinearLR>>>);
}
