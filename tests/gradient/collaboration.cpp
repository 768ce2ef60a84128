// SPDX-License-Identifier: Apache-2.0
// collaboration: derivatives of whole collaborations with respect to every weight of every network and of the knowledge bases.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <set>

#include <collab/layer/batch_norm.hpp>
#include <collab/layer/residual.hpp>
#include <collab/test/gradient.hpp>
#include <collab/train/training.hpp>

using namespace collab;

namespace {
using Image = Shape<2, 6, 6>;
struct early;
struct late;
struct Small : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, MaxPool<2>, Cut<mutual>, Conv2d<3, 3>, Relu, Cut<late>, Flatten, Linear<3>> {};
struct Other : Sequential<Image, Conv2d<2, 3, Bias>, Relu, Residual<Layers<Conv2d<2, 3>, BatchNorm, Elu>>, Cut<early>, Conv2d<4, 3>, Sigmoid, Cut<mutual>, AvgPool<2>,
                          Cut<late>, GlobalAvgPool, Linear<3>> {};
struct Third : Sequential<Image, Conv2d<2, 3, Stride<2>>, Cut<early>, LeakyRelu<>, Cut<mutual>, Cut<late>, Flatten, Linear<3>> {};
template <class Tag, class... Options>
using Base = MKB<Encoder<3, 3>, Transfer<3>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>, At<Tag>, Options...>;

constexpr int samples = 4;

template <class What>
struct Trial {
    using C = typename Training<What, Reference<double>>::Description;
    static constexpr int networks = C::size;
    using Settings = typename Training<C, Reference<double>>::Settings;
    Training<C, Reference<double>> training;
    std::vector<float> images;
    std::vector<int> labels;
    GradientReport report;
    std::vector<double> analytic;

    explicit Trial(Settings settings = {}) : training(adjusted(settings)), images(std::size_t(samples) * Image::dims.size()), labels{0, 1, 2, 1} {
        for (std::size_t i = 0; i < images.size(); ++i) images[i] = float(std::sin(0.37 * double(i) * double(i)));
        std::vector<double> p = training.parameters();   // biases and shifts away from 0, scales away from 1
        const std::vector<double> shift = collab::detail::normal_numbers(p.size(), Random{5});
        for (std::size_t i = 0; i < p.size(); ++i) p[i] += 0.2 * shift[i];
        training.set_parameters(p);
        compute();
        analytic = training.gradients();
    }
    static Settings adjusted(Settings s) {
        s.batch = samples + 1;
        return s;
    }
    void compute() { training.compute_gradients(images.data(), labels.data(), samples); }

    /// Compares the gradients of the parameters whose names begin with one of `prefixes` with those of `loss(losses)`.
    template <class Loss>
    void check(const std::vector<std::string>& prefixes, Loss loss) {
        collab::detail::GradientJudge judge({});
        std::vector<double> p = training.parameters();
        for (const Named& n : training.catalogue().parameters) {
            bool wanted = false;
            for (const std::string& prefix : prefixes) wanted = wanted || n.name.rfind(prefix, 0) == 0;
            if (!wanted) continue;
            for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i) {
                const double at = p[i];
                judge.check(sentence(n.name, "[", i - n.offset, "]"), at, analytic[i], [&](double v) {
                    p[i] = v;
                    training.set_parameters(p);
                    compute();
                    return double(loss(training.losses()));
                });
                p[i] = at;
            }
        }
        training.set_parameters(p);
        report = judge.report("collaboration");
        CHECK_MESSAGE(report.passed(), report.describe());
    }
    /// The mean over samples of the sum of D(e_i, e_j) over all pairs and knowledge bases, from the embeddings.
    double pairs() const {
        double sum = 0;
        unroll<C::bases>([&](auto k) {
            for (int i = 0; i < networks; ++i)
                for (int j = i + 1; j < networks; ++j) {
                    const auto a = training.template embeddings<k>(i), b = training.template embeddings<k>(j);
                    const int width = int(a.size()) / samples;
                    for (int row = 0; row < samples; ++row) sum += training.settings().metric.value(width, a.data() + row * width, b.data() + row * width) / samples;
                }
        });
        return sum;
    }
    /// Every parameter, for a symmetric metric: with detached peers the sum of all networks' losses has the gradient of
    /// sum_k [CE(z_k) + alpha CE(v_k)] + alpha / (n - 1) sum_{i<j} D(e_i, e_j), in which every pair counts once.
    void check_all() {
        const double alpha = training.settings().alpha;
        check({""}, [&](const auto& losses) {
            double sum = 0;
            for (const NetworkLoss& l : losses) sum += l.classification + alpha * l.verification;
            return sum + (networks > 1 ? alpha / (networks - 1) * pairs() : 0);
        });
        CHECK(report.checked == long(training.catalogue().parameter_count));
    }
};

/// Not symmetric: the peer's length counts twice.
struct Lopsided {
    template <class T>
    T value(int d, const T* a, const T* b) const {
        T sum = 0;
        for (int i = 0; i < d; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]) + 2 * b[i] * b[i] + a[i] * b[i] * b[i];
        return sum;
    }
    template <class T>
    void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        for (int i = 0; i < d; ++i) da[i] += scale * (2 * (a[i] - b[i]) + b[i] * b[i]);
    }
};
/// Speaks of the peer only.
struct Deaf {
    template <class T>
    T value(int d, const T*, const T* b) const { return std::accumulate(b, b + d, T(0), [](T s, T x) { return s + x * x; }); }
    template <class T>
    void gradient(int, const T*, const T*, T, T*) const {}
};
struct Silent {
    template <class T>
    T value(int, const T*, const T*) const { return 0; }
    template <class T>
    void gradient(int, const T*, const T*, T, T*) const {}
};
}  // namespace

TEST_CASE("two networks and their knowledge base: every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<mutual>, CosineDistance>> trial({.alpha = 0.7, .seed = 3});
    trial.check_all();
}

TEST_CASE("with the literal sum of Eq. 3 every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<mutual, SumMerge>, SquaredEuclidean>> trial({.alpha = 0.2, .seed = 4});
    trial.check_all();
}

TEST_CASE("with a merge that leaves the network alone every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<mutual, IdentityMerge>, NegativeDot>> trial({.alpha = 1.5, .seed = 5});
    // The decoders lead nowhere.
    for (const Named& n : trial.training.catalogue().parameters)
        if (n.name.find(".decoder.") != std::string::npos)
            for (int i = 0; i < n.tensor.size; ++i) CHECK(trial.analytic[n.offset + std::size_t(i)] == 0);
    trial.check_all();
}

TEST_CASE("two knowledge bases at two cuts: every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Base<early>, Base<late, SumMerge>, LnDistance>> trial({.alpha = 0.4, .seed = 6});
    trial.check_all();
}

TEST_CASE("knowledge bases at neighbouring cuts, with nothing between: every gradient agrees with differences") {
    Trial<Collaboration<Third, Third, Base<mutual>, Base<late>>> trial({.alpha = 0.4, .seed = 6});
    trial.check_all();
}

TEST_CASE("three networks: every gradient agrees with differences") {
    Trial<Collaboration<Small, Other, Third, Base<mutual>, CosineDistance>> trial({.alpha = 0.6, .seed = 7});
    trial.check_all();
}

TEST_CASE("one network with a knowledge base of its own: every gradient agrees with differences") {
    Trial<Collaboration<Small, Base<mutual>>> trial({.alpha = 0.6, .seed = 8});
    trial.check_all();
}

TEST_CASE("a network alone: every gradient agrees with differences") {
    Trial<Other> trial({.seed = 9});
    trial.check_all();
}

TEST_CASE("every network follows its own loss when the metric is not symmetric") {
    Trial<Collaboration<Small, Other, Third, Base<mutual>, Lopsided>> trial({.alpha = 0.6, .seed = 10});
    // The peers' embeddings do not depend on what is private, so the network's own loss can be differentiated as it stands.
    for (int k = 0; k < 3; ++k) {
        const std::string name = trial.training.name(k);
        trial.check({name + ".", "mkb0." + name + "."}, [&](const auto& losses) { return losses[std::size_t(k)].total(0.6); });
        CHECK(trial.report.checked > 50);
    }
}

TEST_CASE("the gradient of the metric does not reach the peer") {
    // A metric of the peer alone has a value, and a large weight, but must leave no trace in any gradient.
    Trial<Collaboration<Small, Other, Base<mutual>, Deaf>> deaf({.alpha = 50, .seed = 11});
    Trial<Collaboration<Small, Other, Base<mutual>, Silent>> silent({.alpha = 50, .seed = 11});
    CHECK(deaf.training.losses()[0].metric > 0.01);
    CHECK(silent.training.losses()[0].metric == 0);
    CHECK(deaf.analytic == silent.analytic);
    CHECK(std::set<double>(deaf.analytic.begin(), deaf.analytic.end()).size() > 100);
}
