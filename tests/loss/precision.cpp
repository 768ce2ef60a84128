// SPDX-License-Identifier: Apache-2.0
// precision: what single precision costs where the features of a batch lie close together and far
// from zero.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/core/random.hpp>
#include <collab/loss/contrastive.hpp>
#include <collab/loss/relational.hpp>
#include <collab/loss/similarity.hpp>

using namespace collab;

namespace {
constexpr int samples = 6;
constexpr int width = 8;
constexpr Dims dims{width, 1, 1};

/// Uniform around `mean`, 0.3 of standard stddev, as single precision holds them.
std::vector<float> features(double mean, std::uint64_t seed) {
    std::vector<float> x(std::size_t(samples * width));
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(mean + uniform<double>(Random{seed}.word(i)) - 0.5);
    return x;
}
/// The gradient of a metric of batches, and its loss behind it.
template <class B, class M>
std::vector<double> gradient(const M& metric, const std::vector<double>& a,
                             const std::vector<double>& b) {
    using T = typename B::Scalar;
    B backend;
    const std::vector<T> x(a.begin(), a.end());
    const std::vector<T> y(b.begin(), b.end());
    std::vector<T> rows(samples);
    std::vector<T> dx(x.size());
    std::vector<T> scratch(M::scratch(samples, dims, dims));
    metric.evaluate(backend, BatchPair<T>{samples, dims, x.data(), dims, y.data(), T(1),
                                          rows.data(), dx.data(), scratch.data()});
    std::vector<double> all(dx.begin(), dx.end());
    double loss = 0;
    for (const T row : rows)
        loss += double(row) / samples;
    all.push_back(loss);
    return all;
}
/// |x - y| / |y|, without the loss behind the gradient.
double apart(const std::vector<double>& x, const std::vector<double>& y) {
    double off = 0;
    double size = 0;
    for (std::size_t i = 0; i + 1 < y.size(); ++i) {
        off += (x[i] - y[i]) * (x[i] - y[i]);
        size += y[i] * y[i];
    }
    return std::sqrt(off / size);
}
struct Errors {
    double gradient;  ///< of single precision, relative
    double loss;
    double rounding;  ///< what rounding the features once more would change, relative
};
template <class M>
Errors errors(const M& metric, double mean) {
    const std::vector<float> one = features(mean, 3);
    const std::vector<float> two = features(0, 4);
    const std::vector<double> a(one.begin(), one.end());
    const std::vector<double> b(two.begin(), two.end());
    const auto right = gradient<Reference<double>>(metric, a, b);
    const auto single = gradient<Cpu<float>>(metric, a, b);
    Errors e{apart(single, right), std::abs(single.back() - right.back()), 0};
    for (std::uint64_t draw = 0; draw < 5; ++draw) {
        std::vector<double> moved = a;
        for (std::size_t i = 0; i < moved.size(); ++i)
            moved[i] *= 1 + std::ldexp(uniform<double>(Random{draw}.word(i)) - 0.5, -23);
        e.rounding =
            std::max(e.rounding, apart(gradient<Reference<double>>(metric, moved, b), right));
    }
    return e;
}
}  // namespace

TEST_CASE("what does not change when all samples shift loses no digits to a large mean") {
    for (const double mean : {0.0, 1.0, 10.0, 100.0}) {
        CAPTURE(mean);
        const auto verify = [&](const char* name, const auto& metric) {
            CAPTURE(name);
            const Errors e = errors(metric, mean);
            CHECK(e.gradient < 2e-6);
            CHECK(e.loss < 1e-6);
        };
        verify("kernel alignment", KernelAlignment{});
        verify("distances", RelationDistance{});
        verify("angles", RelationAngle{});
    }
}

TEST_CASE("no metric of batches loses more digits than rounding its features would") {
    for (const double mean : {0.0, 1.0, 10.0, 100.0}) {
        CAPTURE(mean);
        const auto verify = [&](const char* name, const auto& metric) {
            CAPTURE(name);
            const Errors e = errors(metric, mean);
            CHECK(e.gradient < 10 * e.rounding);
        };
        verify("similarities", SimilarityPreserving{});
        verify("correlations", CorrelationCongruence{});
        verify("probabilities", ProbabilisticTransfer{});
        verify("contrast", Contrast{});
    }
}
