// SPDX-License-Identifier: Apache-2.0
// invariants: what holds for every method: swapped networks give swapped results, and a half step
// moves one network.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>

#include "gradient/whole.hpp"

using namespace collab;
using namespace collab::whole;

namespace {
using Head = Layers<GlobalAvgPool, Linear<3>>;

/// One of several methods between networks `A` and `B`, chosen when the test runs so that all share
/// one compiled training.
template <int A, int B>
struct OneOfMany {
    using taps = Pack<early, mutual, penultimate>;
    int which = 0;

    void check() const { Expect{"OneOfMany"}.between("which", which, 0, 23); }
    template <class G>
    void build(G& g) const {
        int next = 0;
        const auto option = [&](auto method) {
            if (next++ == which)
                method.build(g);
        };
        option(MutualLearning<>{});
        option(MutualLearning<Attached>{});
        option(MutualLearningWithMean{.temperature = 2});
        option(CollaborativeHeads{});
        option(TfKd{});
        option(CtslMkt<2>{});
        option(CollaborativeDistillation<MinimumLogits>{});
        option(CollaborativeDistillation<BestLogits>{});
        option(CollaborativeDistillation<MeanLogits>{});
        option(CollaborativeDistillation<BestMixture>{});
        option(CollaborativeDistillation<WeightedLogits>{});
        option(DenseCrossLayers<Exit<early, Head>, Exit<mutual, Head>>{});
        option(AdversarialFeatures<3, 3>{});
        option(Distillation<A, B>{});
        option(Hints<A, B>{});
        option(RelationalDistillation<A, B>{});
        option(AttentionTransfer<A, B, early, mutual>{});
        option(NeuronSelectivity<A, B, mutual>{});
        option(VariationalInformation<A, B, mutual>{});
        option(ContrastiveDistillation<A, B, 5>{});
        option(Related<SimilarityPreserving, A, B>{});
        option(Related<CorrelationCongruence, A, B>{});
        option(Related<ProbabilisticTransfer, A, B>{});
        option(Related<KernelAlignment, A, B>{});
    }
};
constexpr int many = 24;

/// The name of a tensor after networks 0 and 1 have changed places: names of networks stay, numbers
/// of networks in names of parts change.
std::string swapped(std::string name) {
    for (const std::string_view part : {".adapter", ".discriminator", ".exit", ".embedding"}) {
        const std::size_t at = name.find(part);
        const std::size_t digit = at + part.size();
        if (at != std::string::npos && digit < name.size() &&
            std::isdigit(static_cast<unsigned char>(name[digit])))
            name[digit] = name[digit] == '0' ? '1' : '0';
    }
    return name;
}

const std::vector<float> images = [] {
    std::vector<float> x(std::size_t(samples) * Image::dims.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(std::sin(0.37 * double(i) * double(i)));
    return x;
}();
const std::vector<int> labels{0, 1, 2, 1};

/// `one` and `two` are the same networks in the other order. The second sees `first`, samples that
/// the first sees from the beginning.
template <class One, class Two>
void verify_swap(One& one, Two& two, int n = samples, int first = 0) {
    std::vector<float> x = images;
    std::vector<int> y(labels.begin(), labels.begin() + n);
    std::rotate(x.begin(), x.begin() + first * Image::dims.size(),
                x.begin() + n * Image::dims.size());
    std::rotate(y.begin(), y.begin() + first, y.end());
    REQUIRE(one.named_tensors().parameter_count == two.named_tensors().parameter_count);
    const std::vector<double> begin = one.parameters();
    for (const Named& t : one.named_tensors().parameters)
        two.set_parameter(swapped(t.name), one.parameter(t.name));
    for (int s = 0; s < 3; ++s) {
        one.step(images.data(), labels.data(), n, 0.02);
        two.step(x.data(), y.data(), n, 0.02);
    }
    double worst = 0;
    double moved = 0;
    for (const Named& t : one.named_tensors().parameters) {
        const auto a = one.parameter(t.name);
        const auto b = two.parameter(swapped(t.name));
        for (std::size_t i = 0; i < a.size(); ++i) {
            worst = std::max(worst, std::abs(a[i] - b[i]));
            moved = std::max(moved, std::abs(a[i] - begin[t.offset + i]));
        }
    }
    CHECK(worst < 1e-11);
    CHECK(moved > 1e-3);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(one.losses()[i].task == doctest::Approx(two.losses()[1 - i].task).epsilon(1e-11));
        CHECK(one.losses()[i].coupling ==
              doctest::Approx(two.losses()[1 - i].coupling).epsilon(1e-10));
    }
}
}  // namespace

TEST_CASE("swapping the networks swaps the results, method by method") {
    using One = Training<Collaboration<Small, Other, OneOfMany<0, 1>>, Reference<double>>;
    using Two = Training<Collaboration<Other, Small, OneOfMany<1, 0>>, Reference<double>>;
    int coupled = 0;
    for (int m = 0; m < many; ++m) {
        CAPTURE(m);
        One one({.seed = 3, .batch = samples, .names = {"small", "other"}, .methods = {{m}}});
        Two two({.seed = 4, .batch = samples, .names = {"other", "small"}, .methods = {{m}}});
        verify_swap(one, two);
        coupled += std::abs(one.losses()[0].coupling) + std::abs(one.losses()[1].coupling) > 1e-6;
    }
    CHECK(coupled == many);  // no method was silent
}

TEST_CASE("swapping the networks swaps the results of a knowledge base with a sum, and of two") {
    const auto verify = []<class... Options>(Pack<Options...>) {
        Training<Collaboration<Small, Other, Options...>, Reference<double>> one(
            {.seed = 3, .batch = samples, .names = {"small", "other"}});
        Training<Collaboration<Other, Small, Options...>, Reference<double>> two(
            {.seed = 4, .batch = samples, .names = {"other", "small"}});
        verify_swap(one, two);
    };
    verify(Pack<Base<mutual, SumMerge>>{});
    verify(Pack<Base<early>, Base<mutual>, SquaredEuclidean>{});
}

TEST_CASE("swapping the networks swaps the results of different inputs, the second network seeing "
          "what the first saw") {
    // of two samples: rolled twice they are as before
    using Items = Pack<DifferentInputs<MarginalDistance>, WassersteinEmbedding<5>>;
    Training<Collaboration<Small, Other, Items::at<0>, Items::at<1>>, Reference<double>> one(
        {.seed = 3, .batch = 2, .names = {"small", "other"}});
    Training<Collaboration<Other, Small, Items::at<0>, Items::at<1>>, Reference<double>> two(
        {.seed = 4, .batch = 2, .names = {"other", "small"}});
    verify_swap(one, two, 2, 1);
}

namespace {
struct Seen {
    std::vector<double> weights, momentum;
};
bool stands(const Named& t, const Seen& before, const Seen& after) {
    bool same = true;
    for (std::size_t i = t.offset; i < t.offset + std::size_t(t.tensor.size); ++i)
        same = same && before.weights[i] == after.weights[i] &&
               before.momentum[i] == after.momentum[i];
    return same;
}
bool belongs_to(const Named& t, std::size_t network) {
    return t.name.starts_with(sentence("net", network, ".")) ||
           t.name.find(sentence(".net", network, ".")) != std::string::npos;
}
/// Of one tensor, in the half step of network `half` of so many networks.
void check_half_step(const Named& t, std::size_t networks, std::size_t half,
                     const std::vector<Seen>& seen) {
    bool others = false;
    bool own = false;
    for (std::size_t k = 0; k < networks; ++k)
        if (belongs_to(t, k))
            (k == half ? own : others) = true;
    CHECK_MESSAGE(stands(t, seen[half], seen[half + 1]) == others,
                  t.name << " in half step " << half
                         << std::string(own ? ", of this network" : ""));
}
}  // namespace

TEST_CASE("one after the other, a half step moves its own network and what is shared, and leaves "
          "every other network as it was") {
    const auto verify = []<class C>(C) {
        Training<C, Reference<double>> training({.seed = 3, .batch = samples});
        std::vector<Seen> seen;
        const auto look = [&] { seen.push_back({training.parameters(), training.momentum()}); };
        // the second time there is momentum that could move what stands
        for (int s = 0; s < 2; ++s) {
            seen.clear();
            training.step(images.data(), labels.data(), samples, 0.02, look);
            look();
            REQUIRE(seen.size() == std::size_t(C::size) + 1);
            for (std::size_t half = 0; half < std::size_t(C::size); ++half)
                for (const Named& t : training.named_tensors().parameters)
                    check_half_step(t, std::size_t(C::size), half, seen);
        }
    };
    verify(Collaboration<Small, Other, MutualLearning<>, Iterative>{});
    verify(Collaboration<Small, Other, Third, MutualLearning<>, IterativeStale>{});
    verify(Collaboration<Small, Other, Base<mutual>, Iterative>{});
    verify(Collaboration<Small, Other, Third, Base<early>, Base<mutual>, MutualLearning<>,
                         Iterative>{});
}

TEST_CASE("a method for every network leaves out those that are frozen") {
    Training<Collaboration<Small, Other, TfKd, Frozen<0>>, Reference<double>> training(
        {.seed = 3, .batch = samples});
    training.step(images.data(), labels.data(), samples, 0.02);
    const std::vector<Term> terms = training.terms();
    REQUIRE(terms.size() == 1);
    CHECK(terms[0].owner == 1);
    CHECK(terms[0].value > 0);
}
