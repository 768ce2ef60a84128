// SPDX-License-Identifier: Apache-2.0
// ranges: which values the numbers of a training, its optimizers, schedules and callbacks may have;
// and that a loop of steps over something that is not a number ends with a sentence.
#include "ranges.hpp"

#include <limits>

#include <collab/data/images.hpp>
#include <collab/optim/lr_scheduler.hpp>
#include <collab/train/callbacks.hpp>

#include "small.hpp"

using namespace collab;
using namespace collab::trial;
using namespace collab::ranges;

namespace {
const double no_number = std::nan("");
const double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> in_0_1{0, 0.5, 0.999};
const std::vector<double> not_in_0_1{-1e-9, 1, 2};
}  // namespace

TEST_CASE("every number of an optimizer is checked") {
    Table<Sgd>()
        .field("momentum", &Sgd::momentum, in_0_1, not_in_0_1)
        .field("weight decay", &Sgd::weight_decay, from_0, below_0)
        .any(&Sgd::nesterov);
    Table<CriticAdam>()
        .field("learning rate", &CriticAdam::learning_rate, from_0, below_0)
        .field("beta1", &CriticAdam::beta1, in_0_1, not_in_0_1)
        .field("beta2", &CriticAdam::beta2, in_0_1, not_in_0_1)
        .field("epsilon", &CriticAdam::epsilon, above_0, not_above_0);
}

TEST_CASE("every number of a schedule is checked, where a rate is made of it") {
    Table<MultiStepLR>()
        .field("base", &MultiStepLR::base, from_0, below_0)
        .field("factor", &MultiStepLR::factor, from_0, below_0)
        .any(&MultiStepLR::milestones);
    Table<CosineAnnealingLR>()
        .field("base", &CosineAnnealingLR::base, from_0, below_0)
        .field("min_lr", &CosineAnnealingLR::min_lr, from_0, below_0);
    Table<ReduceLROnPlateau>()
        .field("base", &ReduceLROnPlateau::base, from_0, below_0)
        .field("factor", &ReduceLROnPlateau::factor, a_share, no_share)
        .field("patience", &ReduceLROnPlateau::patience, {0, 100}, {-1})
        .field("threshold", &ReduceLROnPlateau::threshold, in_0_1, not_in_0_1)
        .field("min_lr", &ReduceLROnPlateau::min_lr, from_0, below_0)
        .any(&ReduceLROnPlateau::seen);
    using Warm = LinearWarmup<MultiStepLR>;
    Table<Warm>()
        .field("epochs", &Warm::epochs, {0, 5}, {-1})
        .inside(&Warm::then, MultiStepLR{.base = -1});
    Table<CosineAnnealingWarmRestarts>()
        .field("base", &CosineAnnealingWarmRestarts::base, from_0, below_0)
        .field("period", &CosineAnnealingWarmRestarts::period, {1, 5}, {0, -1})
        .field("period_factor", &CosineAnnealingWarmRestarts::period_factor, {1, 2}, {0, -1})
        .field("min_lr", &CosineAnnealingWarmRestarts::min_lr, from_0, below_0);
    Table<OneCycleLR>()
        .field("max_lr", &OneCycleLR::max_lr, from_0, below_0)
        .field("rise", &OneCycleLR::rise, a_share, no_share)
        .field("div_factor", &OneCycleLR::div_factor, above_0, not_above_0)
        .field("final_div_factor", &OneCycleLR::final_div_factor, above_0, not_above_0);
    Table<LinearLR>()
        .field("base", &LinearLR::base, from_0, below_0)
        .field("start_factor", &LinearLR::start_factor, from_0, below_0)
        .field("end_factor", &LinearLR::end_factor, from_0, below_0)
        .field("length", &LinearLR::length, {0, 5}, {-1});
    Table<PolynomialLR>()
        .field("base", &PolynomialLR::base, from_0, below_0)
        .field("power", &PolynomialLR::power, above_0, not_above_0)
        .field("length", &PolynomialLR::length, {0, 5}, {-1});
    CHECK(thrown([] { LearningRate{MultiStepLR{.milestones = {60.0, 120.0}}}; }) ==
          "MultiStepLR: a milestone is 60; expected a number from 0 to 1");
    CHECK(thrown([] { LearningRate{CosineAnnealingLR{.base = no_number}}; }) ==
          "CosineAnnealingLR: base is nan; expected a finite number of at least 0");
}

TEST_CASE("every number of a training's settings is checked") {
    using S = TrainingSettings<LnDistance>;
    Table<S>()
        .field("alpha", &S::alpha, from_0, below_0)
        .any(&S::seed)
        .any(&S::batch)
        .inside(&S::optimizer, Sgd{.momentum = 1})
        .any(&S::initialization)
        .any(&S::loss)
        .any(&S::groups)
        .inside(&S::metric, LnDistance{.n = 0})
        .any(&S::names)
        .any(&S::methods)
        .inside(&S::critic, CriticAdam{.beta1 = 1})
        .field("freeze_mkb_after", &S::freeze_mkb_after, {-1, 0, 10}, {-2});
    Table<ParameterGroup>()
        .any(&ParameterGroup::names)
        .any(&ParameterGroup::roles)
        .field("rate", &ParameterGroup::rate, from_0, below_0)
        .field("decay", &ParameterGroup::decay, from_0, below_0)
        .any(&ParameterGroup::frozen)
        .any(&ParameterGroup::elementwise);
    CHECK(thrown([] { S{.groups = {{}, {.decay = -1}}}.check(); }) ==
          "a parameter group: decay is -1; expected a finite number of at least 0");
    S s;
    s.batch = 0;
    CHECK(thrown([&] { s.check(); }) == "a batch has at least one sample, not 0");
    s.batch = 1;
    CHECK_NOTHROW(s.check());
    s.initialization.stddev = no_number;
    CHECK(thrown([&] { s.check(); }) ==
          "settings: initialization.stddev is nan; expected a finite number of at least 0");
    CHECK(thrown([] {
              using C = Collaboration<Small, Other, Base<>, LnDistance>;
              Training<C, Reference<float>> t({.batch = samples, .metric = {.n = 0}});
          }) == "LnDistance: n is 0; expected a finite number of at least 1");
}

namespace {
Training<Small, Reference<float>>& small() {
    static Training<Small, Reference<float>> training({.batch = samples});
    return training;
}
template <class F>
std::string begun(F callback) {
    return thrown([&] { callback.begin(small(), History{}); });
}
}  // namespace

TEST_CASE("every number of a callback is checked") {
    CHECK(begun(EarlyStopping{.patience = -1}).starts_with("EarlyStopping: patience"));
    for (const double wrong : {no_number, infinity, -0.1})
        CHECK(begun(EarlyStopping{.min_delta = wrong}) ==
              sentence("EarlyStopping: min_delta is ", wrong,
                       "; expected a finite number of at least 0"));
    CHECK(begun(EarlyStopping{.network = -2}).starts_with("EarlyStopping: network is -2;"));
    CHECK(begun(EarlyStopping{.network = 1}).starts_with("EarlyStopping: there is no network 1"));
    for (const int network : {-1, 0})
        CHECK(begun(EarlyStopping{.patience = 0, .network = network}) == "nothing was thrown");
    for (const double norm : {0.0, -1.0, no_number, -infinity})
        CHECK(begun(ClipGradients{.norm = norm}).starts_with("ClipGradients: norm"));
    for (const double norm : {1e-9, infinity})
        CHECK(begun(ClipGradients{.norm = norm}) == "nothing was thrown");
    for (const double decay : {1.0, -0.1, no_number, infinity})
        CHECK(begun(ExponentialMovingAverage{.decay = decay})
                  .starts_with("ExponentialMovingAverage: decay"));
}

TEST_CASE("a loop of steps that diverges ends where somebody looks at its losses") {
    using P = Collaboration<Small, Other, Base<>>;
    Training<P, Cpu<float>> training({.batch = samples, .names = {"left", "right"}});
    steps(training, 1);
    training.note_losses();
    CHECK_NOTHROW(training.losses());
    steps(training, 2, 1e30);
    training.note_losses();
    const std::string said = thrown([&] { training.losses(); });
    CHECK(said.find(" loss of left is ") != std::string::npos);
    CHECK(said.find(" after step 3; a smaller learning rate may help") != std::string::npos);
    CHECK(thrown([&] { training.noted_losses(); }) == said);
    // what was noted is gone; those who want to see it take it
    CHECK(training.noted_losses().empty());
    training.note_losses();
    const auto taken = training.take_notes();
    REQUIRE(taken.size() == 1);
    CHECK(!std::isfinite(taken[0][0].task));
    CHECK(training.noted_losses().empty());
    Images set;
    set.name = "a set";
    set.dims = Image::dims;
    set.pixels.assign(std::size_t(samples) * Image::dims.size(), 100);
    set.labels = labels();
    set.classes = 3;
    CHECK(thrown([&] { training.evaluate(set); }).starts_with("the loss of left over a set is "));
}

TEST_CASE("a pixel that is not a number is refused, with its place") {
    Training<Small, Cpu<float>> single({.batch = samples});
    Training<Small, Reference<double>> wide({.batch = samples});
    const std::vector<float> before = single.parameters();
    for (const float value : {std::nanf(""), float(infinity), -float(infinity)}) {
        std::vector<float> x = images();
        // sample 3, row 5, column 6, channel 1 of 2 x 8 x 8
        x[std::size_t(3 * 128 + (5 * 8 + 6) * 2 + 1)] = value;
        const std::string expected =
            sentence("the image of sample 3 holds ", value,
                     " in channel 1, row 5, column 6; expected finite numbers");
        const auto on = [&](auto& t) {
            const std::vector<int> classes = labels();
            const int* const y = classes.data();
            CHECK(thrown([&] { t.step(x.data(), y, samples, 0.1); }) == expected);
            CHECK(thrown([&] { t.evaluate_batch(x.data(), y, samples); }) == expected);
            CHECK(thrown([&] { t.compute_gradients(x.data(), y, samples); }) == expected);
        };
        on(single);
        on(wide);
        // what lies behind the samples is nobody's business
        CHECK_NOTHROW(single.evaluate_batch(x.data(), labels().data(), 3));
    }
    CHECK(single.parameters() == before);
}
