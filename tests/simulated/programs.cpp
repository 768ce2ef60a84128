// SPDX-License-Identifier: Apache-2.0
// programs: whole trainings by `Cuda` on the simulated runtime, beside the same operations on plain
// memory, one after the other.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/cuda.cuh>
#include <collab/layer/dropout.hpp>

#include "simulated/runtime.hpp"
#include "thrust/courses.hpp"
#include "thrust/program.hpp"

using namespace collab;
using simulated::counts;
using simulated::Counts;
using whole::Image;
using whole::Other;
using whole::Small;
using Knowledge = MKB<Encoder<3, 3>, Transfer<3>, Decoder>;
using Pair = Collaboration<Small, Other, Knowledge>;

TEST_CASE("a program says the same on the simulated runtime") {
    const long before = simulated::taken();
    CHECK(program::said<Cuda<float>>() == program::said<ThrustHost<float>>());
    CHECK(simulated::taken() == before);
}

namespace {
struct Forgetful
    : Sequential<Image, Conv2d<3, 3>, Elu, Cut<mutual>, Dropout<1, 4>, Flatten, Linear<3>> {};

/// The course is that of the host, bit for bit; `captures` graphs were made in it, `instantiated`
/// of them anew, and `launches` launched.
template <class C>
void same(const std::string& what, long captures, long instantiated, long launches,
          typename Training<C, Cuda<float>>::Settings settings = {}) {
    CAPTURE(what);
    typename Training<C, ThrustHost<float>>::Settings of_host;
    of_host.critic = {.learning_rate = settings.critic.learning_rate};
    of_host.freeze_mkb_after = settings.freeze_mkb_after;
    const auto expected =
        courses::bits<C>(of_host, std::make_shared<ThrustHost<float>>(), 1, [] {});
    for (const int losses_every : {1, 16}) {
        const auto backend = std::make_shared<Cuda<float>>();
        const Counts before = counts();
        Counts now;
        CHECK(courses::bits<C>(settings, backend, losses_every, [&] { now = counts(); }) ==
              expected);
        CHECK(now.captures - before.captures == captures);
        CHECK(now.instantiated - before.instantiated == instantiated);
        CHECK(now.updated - before.updated == captures - instantiated);
        CHECK(now.launched - before.launched == launches);
        CHECK(now.waits - before.waits == (losses_every == 1 ? 21 : 4) + 3);  // see courses.hpp
    }
}
}  // namespace

TEST_CASE("steps are captured as graphs, which are changed where they can be, and their course is "
          "the host's") {
    same<Collaboration<Small>>("one network", 3, 1, 20);
    same<Pair>("a knowledge base that is frozen", 4, 1, 20, {.freeze_mkb_after = 10});
    same<Collaboration<Small, Forgetful, Knowledge>>("dropout", 20, 1, 20);
    same<Collaboration<Small, Other, AdversarialFeatures<3, 3>>>(
        "critics", 3, 1, 20, {.critic = {.learning_rate = 0.01}});
}

TEST_CASE("a graph is changed to other numbers, and made anew for other operations") {
    Cuda<float> backend;
    auto memory = backend.allocate<float>(2);
    float* const p = memory.data();
    const Counts before = counts();
    const auto step = [&](std::uint64_t number, bool more) {
        backend.record({1, number, more}, [&] {
            backend.for_each(2, [p, number](std::size_t i) { p[i] += float(number); });
            if (more)
                backend.fill(1, 100, p + 1);
        });
        std::vector<float> found(2);
        backend.download(static_cast<const float*>(p), 2, found.data());
        return found;
    };
    using Values = std::vector<float>;
    CHECK(step(1, false) == Values{1, 1});
    CHECK(step(1, false) == Values{2, 2});
    CHECK(step(2, false) == Values{4, 4});
    CHECK(step(2, true) == Values{6, 100});
    CHECK(step(2, true) == Values{8, 100});
    CHECK(step(3, true) == Values{11, 100});
    CHECK(step(4, false) == Values{15, 104});
    CHECK(counts().captures - before.captures == 5);
    CHECK(counts().instantiated - before.instantiated == 3);
    CHECK(counts().updated - before.updated == 2);
    CHECK(counts().launched - before.launched == 6);
}

TEST_CASE("a step that copies from the host is not captured") {
    Cuda<float> backend;
    auto memory = backend.allocate<float>(1);
    float* const p = memory.data();
    const Counts before = counts();
    for (int i = 1; i < 6; ++i) {
        const float mine = float(i);
        backend.record({1, 5}, [&] {
            backend.upload(&mine, 1, p);
            backend.for_each(1, [p](std::size_t) { *p *= 10; });
        });
        float found = 0;
        backend.download(static_cast<const float*>(p), 1, &found);
        CHECK(found == float(10 * i));
    }
    CHECK(counts().captures - before.captures == 1);
    CHECK(counts().launched == before.launched);
}
TEST_CASE(
    "a captured step may need more room than before, and keeps what it has when others need more") {
    Cuda<float> backend;
    auto memory = backend.allocate<float>(1);
    float* const p = memory.data();
    const Counts before = counts();
    const auto step = [&](std::size_t n) {
        backend.record({1, n}, [&] {
            float* const room = backend.room<float>(n);
            backend.fill(n, 2, room);
            backend.for_each(1, [p, room, n](std::size_t) { *p += room[0] + room[n - 1]; });
        });
        float found = 0;
        backend.download(static_cast<const float*>(p), 1, &found);
        return found;
    };
    CHECK(step(10) == 4);
    CHECK(step(10) == 8);
    CHECK(step(100'000) == 12);  // memory is taken while the step is captured
    CHECK(step(100'000) == 16);
    backend.fill(1'000'000, 3, backend.room<float>(1'000'000));
    CHECK(step(100'000) == 20);
    CHECK(counts().captures - before.captures == 2);
    CHECK(counts().launched - before.launched == 4);
}

TEST_CASE("copies beside computation arrive whole and in their turn") {
    Cuda<float> backend;
    constexpr std::size_t n = 3'000'000;  // three of the four buffers
    auto memory = backend.allocate<float>(n);
    auto sums = backend.allocate<float>(n);
    float* const p = memory.data();
    float* const s = sums.data();
    std::vector<float> mine(n);
    std::vector<float> found(n);
    const int copies = 12;
    for (int i = 0; i < copies; ++i) {
        std::fill(mine.begin(), mine.end(), float(1 << i));
        backend.upload(mine.data(), n, p);
        std::fill(mine.begin(), mine.end(), -1.0f);
        backend.for_each(n, [p, s](std::size_t k) { s[k] += p[k]; });
    }
    backend.download(static_cast<const float*>(s), n, found.data());
    CHECK(std::all_of(found.begin(), found.end(),
                      [&](float x) { return x == float((1 << copies) - 1); }));
}

TEST_CASE("two GPUs train beside each other as each does alone") {
    const auto start = [](int device) {
        return Training<Pair, Cuda<float>>({.seed = 3, .batch = 4},
                                           std::make_shared<Cuda<float>>(device));
    };
    std::vector<float> images(4 * Image::dims.size());
    for (std::size_t i = 0; i < images.size(); ++i)
        images[i] = float(i % 13) / 13 - 0.5f;
    const std::vector<int> labels{0, 1, 2, 1};
    std::vector<float> expected;
    {
        auto alone = start(0);
        for (int i = 0; i < 5; ++i)
            alone.step(images.data(), labels.data(), 4, 0.05);
        expected = alone.parameters();
    }
    auto first = start(0);
    auto second = start(1);
    for (int i = 0; i < 5; ++i) {
        first.step(images.data(), labels.data(), 4, 0.05);
        second.step(images.data(), labels.data(), 4, 0.05);
    }
    CHECK(first.parameters() == expected);
    CHECK(second.parameters() == expected);

    Cuda<float> zero(0);
    Cuda<float> one(1);
    auto of_zero = zero.allocate<float>(9);
    auto of_one = one.allocate<float>(9);
    float* const p = of_zero.data();
    float* const q = of_one.data();
    for (int i = 0; i < 3; ++i) {
        zero.for_each(8, [p](std::size_t k) { p[k] += 1; });
        one.for_each(8, [q](std::size_t k) { q[k] += 2; });
        zero.fill(1, 7, p);
        one.fill(1, 9, q);
        zero.linear({1, 8, 1}, {p, 8}, p, nullptr, {p + 8, 1});
        one.linear({1, 8, 1}, {q, 8}, q, nullptr, {q + 8, 1});
    }
    CHECK(zero.sum(1, p + 8) == 7 * 7 + 7 * 3 * 3);
    CHECK(one.sum(1, q + 8) == 9 * 9 + 7 * 6 * 6);
}

namespace {
/// Takes what a training takes, trains over captured steps and a new learning rate, and looks.
std::vector<double> training() {
    Training<Pair, Cuda<float>> training({.seed = 3, .batch = 4});
    std::vector<float> images(4 * Image::dims.size(), 0.25f);
    images[7] = 1;
    const std::vector<int> labels{0, 1, 2, 1};
    std::vector<double> said;
    for (const double rate : {0.05, 0.05, 0.05, 0.01}) {
        training.step(images.data(), labels.data(), 4, rate);
        said.push_back(training.losses()[0].task);
    }
    for (const float w : training.parameters())
        said.push_back(double(w));
    return said;
}
}  // namespace

TEST_CASE("whatever call fails, it is an error, and all that was taken is given back") {
    const long taken = simulated::taken();
    const std::vector<double> expected = training();
    const long before = counts().calls;
    CHECK(training() == expected);
    const long calls = counts().calls - before;
    REQUIRE(calls > 1000);
    long errors = 0;
    long unharmed = 0;
    for (long i = 0; i < calls; i += i < 200 ? 1 : 17) {
        CAPTURE(i);
        simulated::fail_after(i);
        std::string message;
        try {
            const auto said = training();
            CHECK(said == expected);  // a call whose failure changes nothing
            ++unharmed;
        } catch (const Error& e) {
            message = e.what();
            ++errors;
            const bool clear = message.find("CUDA failed while ") == 0 ||
                               message.find("cuBLAS failed while ") == 0 ||
                               message.find("there is no GPU to compute on") == 0;
            CHECK_MESSAGE(clear, message);
        }
        simulated::fail_after(-1);
        CHECK(simulated::taken() == taken);
        CHECK(cudaGetLastError() == cudaSuccess);  // nothing is left for the next launch to find
    }
    CHECK(errors > 200);
    CHECK(unharmed < errors / 10);
}
TEST_CASE("a GPU that is too small is an error that says what is free, and all that was taken is "
          "given back") {
    const long taken = simulated::taken();
    const std::vector<double> expected = training();
    int refused = 0;
    for (std::size_t room = std::size_t(30) << 20; room < std::size_t(60) << 20;
         room += std::size_t(1) << 19) {
        simulated::set_memory(room);
        try {
            const auto said = training();
            CHECK(said == expected);
        } catch (const Error& e) {
            const std::string message = e.what();
            CHECK_MESSAGE(message.find("GPU 0 has no room for") == 0, message);
            ++refused;
        }
        CHECK(simulated::taken() == taken);
        CHECK(cudaGetLastError() == cudaSuccess);  // nothing is left for the next launch to find
    }
    simulated::set_memory(std::size_t(16) << 30);
    CHECK(refused > 5);
    CHECK(refused < 60);
}
TEST_CASE("a machine without a GPU is refused") {
    simulated::set_devices(0);
    CHECK_THROWS_WITH_AS(Cuda<float>(), doctest::Contains("there is no GPU to compute on"), Error);
    simulated::set_devices(2);
    CHECK_THROWS_WITH_AS(Cuda<float>(2), doctest::Contains("there is no GPU 2: this machine has 2"),
                         Error);
}
