// SPDX-License-Identifier: Apache-2.0
// golden: inputs by formula on which losses were computed by hand in double (plain Python, from the
// published formulas).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method_value.hpp>
#include <collab/loss/batch_pair.hpp>

namespace collab::golden {

constexpr int samples = 4;
constexpr int classes = 5;
constexpr int width = 6;
template <class F>
std::vector<double> table(int columns, F f) {
    std::vector<double> v;
    for (int b = 0; b < samples; ++b)
        for (int c = 0; c < columns; ++c)
            v.push_back(f(b, c));
    return v;
}
inline const std::vector<double> z1 =
    table(classes, [](int b, int c) { return 2 * std::sin(0.7 * b + 1.3 * c + 0.1); });
inline const std::vector<double> z2 =
    table(classes, [](int b, int c) { return 2 * std::cos(0.5 * b - 0.9 * c + 0.2); });
inline const std::vector<double> z3 =
    table(classes, [](int b, int c) { return 1.5 * std::sin(0.4 * b * c + 0.3); });
inline const std::vector<int> y{0, 2, 1, 4};
inline const std::vector<double> e1 =
    table(width, [](int b, int d) { return std::sin(0.3 * b + 0.7 * d + 0.5); });
inline const std::vector<double> e2 =
    table(width, [](int b, int d) { return std::cos(0.6 * b - 0.4 * d + 0.1); });
inline const std::vector<double> e3 =
    table(width, [](int b, int d) { return std::sin(0.2 * b * d + 0.9); });
/// Maps of 4x4, stored [height][width][channels].
inline const std::vector<double> fs = table(48, [](int b, int i) {
    return std::sin(0.3 * b + 0.5 * (i % 3) + 0.7 * (i / 12) + 1.1 * (i / 3 % 4) + 0.1);
});
inline const std::vector<double> ft = table(80, [](int b, int i) {
    return std::cos(0.2 * b + 0.4 * (i % 5) + 0.6 * (i / 20) + 0.8 * (i / 5 % 4) + 0.3);
});

/// The mean over samples of a metric of rows.
template <class M>
double mean(const M& metric, const std::vector<double>& a, const std::vector<double>& b) {
    const int d = int(a.size()) / samples;
    double sum = 0;
    for (int s = 0; s < samples; ++s)
        sum += metric.value(d, a.data() + s * d, b.data() + s * d) / samples;
    return sum;
}
inline double cross_entropy(const std::vector<double>& z) {
    double sum = 0;
    for (int s = 0; s < samples; ++s) {
        double all = 0;
        for (int c = 0; c < classes; ++c)
            all += std::exp(z[std::size_t(s * classes + c)]);
        sum += (std::log(all) - z[std::size_t(s * classes + y[std::size_t(s)])]) / samples;
    }
    return sum;
}

/// One value of every sample.
struct Side {
    Dims dims;
    const std::vector<double>& values;
};
/// The loss of a metric of whole batches and, where `da` is given, its gradient times `scale`,
/// added.
template <class M>
double over_batch(const M& metric, int n, const Side& a, const Side& b,
                  std::vector<double>* da = nullptr, double scale = 1) {
    Reference<double> backend;
    std::vector<double> rows(std::size_t(n), std::nan(""));
    std::vector<double> scratch(M::scratch(n, a.dims, b.dims), std::nan(""));
    metric.evaluate(backend,
                    BatchPair<double>{n, a.dims, a.values.data(), b.dims, b.values.data(), scale,
                                      rows.data(), da ? da->data() : nullptr, scratch.data()});
    double sum = 0;
    for (const double r : rows)
        sum += r / n;
    return sum;
}
/// The largest difference between the gradient of a metric of batches and central differences,
/// relative to the largest gradient.
template <class M>
double gradient_error(const M& metric, int n, Dims da_, std::vector<double> a, Dims db_,
                      const std::vector<double>& b) {
    std::vector<double> g(a.size(), 0.25);
    over_batch(metric, n, {da_, a}, {db_, b}, &g, 0.7);
    double worst = 0;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double at = a[i];
        const double h = 1e-5;
        a[i] = at + h;
        const double up = over_batch(metric, n, {da_, a}, {db_, b});
        a[i] = at - h;
        const double down = over_batch(metric, n, {da_, a}, {db_, b});
        a[i] = at;
        worst = std::max(worst, std::abs(g[i] - 0.25 - 0.7 * (up - down) / (2 * h)));
        largest = std::max(largest, std::abs(g[i] - 0.25));
    }
    REQUIRE(largest > 0);
    return worst / largest;
}

/// The result of a function of several values, for every sample.
template <class F>
std::vector<double> combined(const F& f, int out,
                             const std::vector<const std::vector<double>*>& inputs) {
    std::vector<double> result;
    for (int s = 0; s < samples; ++s) {
        Row<double> row;
        row.count = int(inputs.size());
        row.label = y[std::size_t(s)];
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const int d = int(inputs[k]->size()) / samples;
            row.dims[k] = {d, 1, 1};
            row.x[k] = inputs[k]->data() + s * d;
        }
        std::vector<double> one(static_cast<std::size_t>(out));
        f.forward(row, one.data());
        result.insert(result.end(), one.begin(), one.end());
    }
    return result;
}
/// The same check for a function of several values, of a fixed random sum of its results.
/// `learning`: how many of the values feel it, all by default.
template <class F>
double combined_gradient_error(const F& f, int out, std::vector<Dims> dims,
                               std::vector<std::vector<double>> x, int label = 1,
                               std::size_t learning = Row<double>::most) {
    learning = std::min(learning, x.size());
    Row<double> row;
    row.count = int(x.size());
    row.label = label;
    std::vector<std::vector<double>> dx;
    for (std::size_t k = 0; k < x.size(); ++k) {
        row.dims[k] = dims[k];
        dx.push_back(std::vector<double>(x[k].size(), 0.25));
    }
    std::vector<double> y_(static_cast<std::size_t>(out));
    std::vector<double> dy;
    for (int i = 0; i < out; ++i)
        dy.push_back(std::sin(2.3 * i + 1));
    const auto value = [&] {
        for (std::size_t k = 0; k < x.size(); ++k)
            row.x[k] = x[k].data();
        f.forward(row, y_.data());
        double sum = 0;
        for (std::size_t i = 0; i < y_.size(); ++i)
            sum += y_[i] * dy[i];
        return sum;
    };
    value();
    for (std::size_t k = 0; k < learning; ++k)
        row.dx[k] = dx[k].data();
    f.backward(row, y_.data(), dy.data());
    double worst = 0;
    double largest = 0;
    for (std::size_t k = 0; k < learning; ++k)
        for (std::size_t i = 0; i < x[k].size(); ++i) {
            const double at = x[k][i];
            const double h = 1e-5;
            x[k][i] = at + h;
            const double up = value();
            x[k][i] = at - h;
            const double down = value();
            x[k][i] = at;
            worst = std::max(worst, std::abs(dx[k][i] - 0.25 - (up - down) / (2 * h)));
            largest = std::max(largest, std::abs(dx[k][i] - 0.25));
        }
    REQUIRE(largest > 0);
    return worst / largest;
}

}  // namespace collab::golden
