// SPDX-License-Identifier: Apache-2.0
// losses: cross entropy and the metrics of embeddings against PyTorch.
#include <limits>

#include <collab/backend/reference/reference.hpp>
#include <collab/loss/metrics.hpp>

#include "backends.hpp"
#include "fixture.hpp"

namespace {

using namespace collab;
using oracle::Judge;

template <class B>
void cross_entropy(B& backend, double tolerance) {
    using T = typename B::Scalar;
    oracle::Fixture fixture("layers");
    Judge judge{fixture, tolerance};
    constexpr int rows = 5;
    constexpr int classes = 7;
    const std::vector<T> z = oracle::numbers<T>("cross_entropy.z", rows * classes, 6);
    const std::vector<int> y = oracle::labels("cross_entropy.y", rows, classes);
    std::vector<T> gradient(z.size(), std::numeric_limits<T>::quiet_NaN());
    std::vector<T> losses(rows);
    std::vector<T> hits(rows);
    backend.softmax_cross_entropy({rows, classes, {z.data(), classes}, y.data()}, T(0.7),
                                  View<T>{gradient.data(), classes}, losses.data(), hits.data());
    judge("cross_entropy/losses", oracle::widened(losses));
    judge("cross_entropy/gradient", oracle::widened(gradient));
    judge("cross_entropy/hits", oracle::widened(hits));
    judge.finish("cross_entropy");
}

template <class T, class M>
void compare(Judge& judge, const char* name, const M& metric) {
    constexpr int rows = 3;
    constexpr int width = 21;
    const std::vector<T> a = oracle::numbers<T>("metric.a", rows * width);
    const std::vector<T> b = oracle::numbers<T>("metric.b", rows * width);
    std::vector<T> value(rows);
    std::vector<T> gradient(a.size());
    for (int r = 0; r < rows; ++r) {
        value[std::size_t(r)] = metric.value(width, a.data() + r * width, b.data() + r * width);
        metric.gradient(width, a.data() + r * width, b.data() + r * width, T(1.5 + r),
                        gradient.data() + r * width);
    }
    judge(std::string(name) + "/value", oracle::widened(value));
    judge(std::string(name) + "/gradient", oracle::widened(gradient));
    judge.finish(name);
}
template <class T>
void metrics(double tolerance) {
    oracle::Fixture fixture("layers");
    Judge judge{fixture, tolerance};
    compare<T>(judge, "cosine", CosineDistance{});
    compare<T>(judge, "negative_dot", NegativeDot{});
    compare<T>(judge, "squared_euclidean", SquaredEuclidean{});
    compare<T>(judge, "l1", LnDistance{1});
    compare<T>(judge, "l2", LnDistance{2});
    compare<T>(judge, "l3", LnDistance{3});
}

}  // namespace

TEST_CASE("softmax cross entropy computes what PyTorch does") {
    Reference<double> reference;
    cross_entropy(reference, 1e-12);
    const auto fast = oracle::fast();
    cross_entropy(*fast, 2e-6);
}
TEST_CASE("metrics and their gradients are what PyTorch computes") {
    metrics<double>(1e-12);
    metrics<float>(2e-6);
}
