// SPDX-License-Identifier: Apache-2.0
// targets: trainings whose targets are values: from the set through loader, step, evaluation,
// checkpoint and logs, on every kind of target.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <collab/backend/reference/reference.hpp>
#include <collab/collab.hpp>

using namespace collab;

namespace {

using Knowledge = MKB<Encoder<8>, Transfer<8>, Decoder>;
struct A
    : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, BatchNorm, Relu, Cut<mutual>, Flatten, Linear<2>> {};
struct B
    : Sequential<Shape<1, 8, 8>, Conv2d<6, 3>, BatchNorm, Relu, Cut<mutual>, Flatten, Linear<2>> {};
struct Classes : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<4>> {};
struct Maps : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, BatchNorm, Relu, Cut<mutual>, Conv2d<1, 3>> {
};

/// Pictures with two numbers each, from 0 to 1: the mean of the pixels, and that of the upper half.
Images numbers(int count, std::uint64_t seed) {
    Images images = synthetic_images({1, 8, 8}, 4, count, seed);
    images.target_size = 2;
    for (int i = 0; i < count; ++i)
        for (const int pixels : {64, 32})
            images.targets.push_back(
                float(std::accumulate(images.image(i), images.image(i) + pixels, 0)) /
                float(255 * pixels));
    images.labels.clear();
    images.class_names.clear();
    images.classes = 0;
    return images;
}
Splits set() {
    return {numbers(200, 2), numbers(60, 3)};
}
template <class F>
std::string refusal(F&& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing";
}
std::string text(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("two networks learn numbers together, and each is deployed") {
    const Splits data = set();
    Training<Collaboration<A, B, Knowledge, MeanSquaredError>, Cpu<float>> training({.batch = 20});
    static_assert(decltype(training)::target_size == 2);
    const auto before = training.evaluate(data.test);
    const History h = training.fit(data, {.epochs = 15, .learning_rate = 0.02});
    const auto after = training.evaluate(data.test);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(after[i].loss < 0.01);
        CHECK(after[i].loss < 0.1 * before[i].loss);
        CHECK(after[i].score() == h.records.back().networks[i].test_score());
    }
    // lower is better: the best record is the one with the smallest error
    double least = 1e9;
    for (const Record& r : h.records)
        least = std::min(least, (r.networks[0].test_score() + r.networks[1].test_score()) / 2);
    CHECK(h.best == least);
    auto network = training.deploy<0>();
    const std::vector<float> z = network.predict(data.test);
    double error = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
        error += double(z[i] - data.test.targets[i]) * double(z[i] - data.test.targets[i]);
    CHECK(error / double(z.size()) == doctest::Approx(after[0].loss).epsilon(1e-4));
}

TEST_CASE("a step on values is the same on both backends, and its gradient that of the loss") {
    const Images images = numbers(10, 4);
    std::vector<float> pixels(images.pixels.begin(), images.pixels.end());
    for (float& p : pixels)
        p /= 255;
    using C = Collaboration<A, B, Knowledge, BinaryCrossEntropy>;
    Training<C, Reference<double>> exact({.batch = 10});
    Training<C, Cpu<float>> fast({.batch = 10});
    fast.set_parameters([&] {
        const std::vector<double> p = exact.parameters();
        return std::vector<float>(p.begin(), p.end());
    }());
    exact.compute_gradients(pixels.data(), images.targets.data(), 10);
    fast.compute_gradients(pixels.data(), images.targets.data(), 10);
    const std::vector<double> g = exact.gradients();
    const std::vector<float> f = fast.gradients();
    for (std::size_t i = 0; i < g.size(); ++i)
        CHECK(double(f[i]) == doctest::Approx(g[i]).epsilon(1e-4).scale(0.1));
    // by a difference in one weight of the first network
    const auto total = [&] {
        double sum = 0;
        exact.compute_gradients(pixels.data(), images.targets.data(), 10);
        for (const NetworkLoss& l : exact.losses())
            sum += l.task + 0.2 * l.verification;
        return sum;
    };
    const NamedTensors& names = exact.named_tensors();
    std::size_t at = names.parameters[0].offset;
    for (const Named& n : names.parameters)
        if (n.name.find("verif") != std::string::npos)
            at = n.offset;
    std::vector<double> p = exact.parameters();
    const double h = 1e-6;
    p[at] += h;
    exact.set_parameters(p);
    const double up = total();
    p[at] -= 2 * h;
    exact.set_parameters(p);
    const double down = total();
    CHECK((up - down) / (2 * h) == doctest::Approx(g[at]).epsilon(1e-6));
}

TEST_CASE("distributions over classes teach what class numbers teach") {
    const Splits classes = synthetic({1, 8, 8}, 4, 100, 40);
    const Splits values{one_hot(classes.train), one_hot(classes.test)};
    Training<Collaboration<Classes, Knowledge>, Reference<double>> a({.batch = 20});
    Training<Collaboration<Classes, Knowledge, ProbabilityCrossEntropy>, Reference<double>> b(
        {.batch = 20});
    const History x = a.fit(classes, {.epochs = 2, .learning_rate = 0.01});
    const History y = b.fit(values, {.epochs = 2, .learning_rate = 0.01});
    CHECK(x.records.back().networks[0].test_score() == y.records.back().networks[0].test_score());
    CHECK(x.records.back().networks[0].test_loss ==
          doctest::Approx(y.records.back().networks[0].test_loss).epsilon(1e-9));
}

TEST_CASE("a training on mixed pictures goes on from a checkpoint to the same bits") {
    const Splits classes = synthetic({1, 8, 8}, 4, 60, 20);
    const Splits values{one_hot(classes.train), one_hot(classes.test)};
    const auto fit = [&](const PictureMixer& mix, const std::string& folder, bool resume,
                         long last) {
        Training<Collaboration<Classes, Knowledge, ProbabilityCrossEntropy>, Reference<double>> t(
            {.batch = 20});
        t.fit(values,
              {.epochs = 2,
               .learning_rate = 0.01,
               .mix = mix,
               .watch = [=](const FitEvent& e) { return e.step < last; }},
              Checkpoints{.folder = folder, .resume = resume});
        return t.parameters();
    };
    const auto folder = std::filesystem::temp_directory_path() / "collab-test-mixed";
    std::filesystem::remove_all(folder);
    const std::string path = folder.string();
    fit(Mixup{}, path, false, 4);
    CHECK(refusal([&] {
              fit(CutMix{}, path, true, 100);
          }).ends_with("was written by a training with mixing Mixup 0.2; this one has CutMix 1"));
    const auto whole = fit(Mixup{}, "", false, 100);
    CHECK(fit(Mixup{}, path, true, 100) == whole);
    CHECK(whole != fit({}, "", false, 100));
    std::filesystem::remove_all(folder);
}

TEST_CASE("a loss may be of whole maps") {
    Images images = synthetic_images({1, 8, 8}, 2, 60, 5);
    images.target_size = 64;  // each picture itself, with a head that sees its features
    for (const std::uint8_t p : images.pixels)
        images.targets.push_back(float(p) / 255);
    images.labels.clear();
    images.class_names.clear();
    images.classes = 0;
    Training<Collaboration<Maps, Maps, Knowledge, MeanSquaredError>, Cpu<float>> training(
        {.batch = 20});
    const double before = training.evaluate(images)[0].loss;
    training.fit({images, images}, {.epochs = 20, .learning_rate = 0.02});
    CHECK(training.evaluate(images)[0].loss < 0.3 * before);
}

TEST_CASE("scores are a list: of the loss and of the user, in records and logs") {
    const Splits data = synthetic({1, 8, 8}, 4, 100, 40);
    Training<Collaboration<Classes, Scores<TopAccuracy<2>, TopAccuracy<4>>>, Cpu<float>> training(
        {.batch = 20});
    const std::string path =
        (std::filesystem::temp_directory_path() / "collab_targets.csv").string();
    const History h =
        training.fit(data, {.epochs = 2, .learning_rate = 0.01}, CsvFile{.path = path});
    const NetworkRecord& r = h.records.back().networks[0];
    CHECK(r.test_scores[2] == 1);
    CHECK(r.test_scores[1] >= r.test_scores[0]);
    CHECK(r.test_scores[1] > 0.5);
    const std::string head = text(path).substr(0, text(path).find('\n'));
    CHECK(head == "epoch,step,rate,seconds,net0.classification,net0.metric,net0.verification,net0."
                  "coupling,net0.accuracy,net0.top2_accuracy,net0.top4_accuracy,net0.test_loss,"
                  "net0.test_accuracy,net0.test_top2_accuracy,net0.test_top4_accuracy");
    std::filesystem::remove(path);
}

TEST_CASE("a training on values goes on from a checkpoint to the same bits") {
    const Splits data = set();
    using C = Collaboration<A, B, Knowledge, MeanSquaredError, Scores<MeanAbsoluteError>>;
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / "collab_targets_checkpoint";
    std::filesystem::remove_all(folder);
    FitOptions options{.epochs = 4, .learning_rate = 0.02};
    Training<C, Cpu<float>> whole({.batch = 20});
    const History all = whole.fit(data, options);
    Checkpoints checkpoints{.folder = folder.string()};
    options.epochs = 2;
    {
        Training<C, Cpu<float>> half({.batch = 20});
        half.fit(data, options, checkpoints);
    }
    checkpoints.resume = true;
    options.epochs = 4;
    Training<C, Cpu<float>> resumed({.batch = 20});
    const History rest = resumed.fit(data, options, checkpoints);
    CHECK(rest.resumed == 20);
    CHECK(resumed.parameters() == whole.parameters());
    REQUIRE(rest.records.size() == all.records.size());
    for (std::size_t k = 0; k < rest.records.size(); ++k)
        CHECK(rest.records[k].networks[1].test_scores == all.records[k].networks[1].test_scores);
    // other targets are other data
    Splits other = data;
    other.train.targets[7] += 1;
    Training<C, Cpu<float>> wrong({.batch = 20});
    CHECK(refusal([&] { wrong.fit(other, options, checkpoints); }).find("checksum") !=
          std::string::npos);
    std::filesystem::remove_all(folder);
}

TEST_CASE("targets of the wrong kind, size or value are refused with a sentence") {
    const Splits values = set();
    const Splits classes = synthetic({1, 8, 8}, 2, 40, 20);
    Training<Collaboration<A, MeanSquaredError>, Cpu<float>> squares({.batch = 20});
    Training<A, Cpu<float>> entropy({.batch = 20});
    CHECK(refusal([&] { squares.fit(classes); }) ==
          "synthetic has class numbers; the loss of this training (mean_squared_error) expects 2 "
          "target values a sample");
    CHECK(refusal([&] { entropy.fit(values); }) ==
          "synthetic has 2 target values a sample; the loss of this training (classification) "
          "expects class numbers");
    CHECK(refusal([&] { entropy.evaluate(values.test); }).starts_with("synthetic has 2 target"));
    const std::vector<float> pixels(64, 0.5f);
    const float targets[] = {1, std::nanf("")};
    CHECK(refusal([&] { squares.step(pixels.data(), targets, 1, 0.1); }) ==
          "target value 1 of sample 0 is nan; expected a finite number");
    Training<Collaboration<A, BinaryCrossEntropy>, Cpu<float>> labels({.batch = 20});
    const float outside[] = {1, 2};
    CHECK(refusal([&] { labels.step(pixels.data(), outside, 1, 0.1); }) ==
          "the target values of sample 0 begin with 1; expected values from 0 to 1");
    Model<A, Cpu<float>> model(20);
    CHECK(refusal([&] { model.accuracy(values.test); }) ==
          "synthetic has 2 target values a sample; an accuracy needs class numbers");
    Images both = values.train;
    both.labels.assign(std::size_t(both.size()), 0);
    CHECK(refusal([&] { check(both); }) ==
          "synthetic: both labels and target values; expected one of them");
}

TEST_CASE("parts of a set with values keep each picture's target") {
    const Images images = numbers(20, 6);
    const auto [rest, held] = split(images, 5, 1);
    CHECK(rest.size() == 15);
    CHECK(held.size() == 5);
    CHECK(held.targets.size() == 10);
    for (int i = 0; i < held.size(); ++i) {
        bool found = false;
        for (int j = 0; j < images.size(); ++j)
            found =
                found ||
                (std::equal(held.image(i), held.image(i) + 64, images.image(j)) &&
                 held.targets[std::size_t(2 * i)] == images.targets[std::size_t(2 * j)] &&
                 held.targets[std::size_t(2 * i + 1)] == images.targets[std::size_t(2 * j + 1)]);
        CHECK(found);
    }
}
