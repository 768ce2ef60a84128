// SPDX-License-Identifier: Apache-2.0
// feature: functions of the maps of one sample, against values computed by hand and differences.
#include <doctest/doctest.h>

#include <collab/loss/feature.hpp>
#include <collab/loss/metrics.hpp>

#include "golden.hpp"

using namespace collab;
using namespace collab::golden;

namespace {
constexpr Dims fs_dims{3, 4, 4};
constexpr Dims ft_dims{5, 4, 4};

std::vector<double> part(const std::vector<double>& all, int sample, Dims d) {
    const auto begin = all.begin() + std::ptrdiff_t(sample) * std::ptrdiff_t(d.size());
    return {begin, begin + std::ptrdiff_t(d.size())};
}
/// The result for one sample.
template <class F>
std::vector<double> of(const F& f, int out, const std::vector<Dims>& dims,
                       const std::vector<std::vector<double>>& x) {
    Row<double> row;
    row.count = int(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
        row.dims[k] = dims[k];
        row.x[k] = x[k].data();
    }
    std::vector<double> y_(static_cast<std::size_t>(out), std::nan(""));
    f.forward(row, y_.data());
    return y_;
}
}  // namespace

TEST_CASE("functions of maps have the values that were computed independently") {
    double attention = 0;
    double style = 0;
    double information = 0;
    for (int s = 0; s < samples; ++s) {
        const auto a = part(fs, s, fs_dims);
        const auto b = part(ft, s, ft_dims);
        const auto qa = of(AttentionMap{}, 16, {fs_dims}, {a});
        const auto qb = of(AttentionMap{}, 16, {ft_dims}, {b});
        attention += MeanSquares{}.value(16, qa.data(), qb.data()) / samples;
        style += of(StyleDiscrepancy{}, 1, {fs_dims, ft_dims}, {a, b})[0] / samples;
        information += of(GaussianLikelihood{}, 1, {{width, 1, 1}, {width, 1, 1}, {width, 1, 1}},
                          {part(e1, s, {width, 1, 1}), std::vector<double>(width),
                           part(e2, s, {width, 1, 1})})[0] /
                       samples;
    }
    CHECK(attention == doctest::Approx(0.029846898240850534).epsilon(1e-12));
    CHECK(style == doctest::Approx(0.7226708050995941).epsilon(1e-12));
    CHECK(information == doctest::Approx(0.8958158043561685).epsilon(1e-12));
}

TEST_CASE("functions of maps by hand") {
    // Two places, two channels: squares 9 + 16 and 0 + 25, alike at both places.
    const auto q = of(AttentionMap{}, 2, {{2, 1, 2}}, {{3, 4, 0, 5}});
    CHECK(q[0] == doctest::Approx(std::sqrt(0.5)).epsilon(1e-14));
    CHECK(q[1] == doctest::Approx(std::sqrt(0.5)).epsilon(1e-14));
    // Channel i of the first with channel j of the second, averaged over two places.
    const auto flow = of(FlowMatrix{}, 4, {{2, 1, 2}, {2, 1, 2}}, {{1, 2, 3, 4}, {5, 6, 7, 8}});
    CHECK(flow == std::vector<double>{(1 * 5 + 3 * 7) / 2.0, (1 * 6 + 3 * 8) / 2.0,
                                      (2 * 5 + 4 * 7) / 2.0, (2 * 6 + 4 * 8) / 2.0});
    // One channel against one at a right angle: 1 + 1 - 0; against itself: 0.
    CHECK(of(StyleDiscrepancy{}, 1, {{1, 1, 2}, {1, 1, 2}}, {{2, 0}, {0, 3}})[0] == 2);
    CHECK(of(StyleDiscrepancy{}, 1, {{1, 1, 2}, {1, 1, 2}}, {{2, 1}, {4, 2}})[0] ==
          doctest::Approx(0).epsilon(1e-14));
    // The variance is 5 where nothing has been learned.
    CHECK(of(GaussianLikelihood{}, 1, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}, {{1}, {0}, {4}})[0] ==
          doctest::Approx((9 / 5.0 + std::log(5.0)) / 2).epsilon(1e-13));
    // (25 / 2 - 2.5)^2
    CHECK(of(DistanceOff{0.5}, 1, {{2, 1, 1}, {2, 1, 1}, {1, 1, 1}}, {{1, 2}, {4, 6}, {2.5}})[0] ==
          100);
    CHECK(of(SquareTo{1}, 1, {{1, 1, 1}}, {{-2}})[0] == 9);
    CHECK(of(Concatenated{}, 3, {{1, 1, 1}, {2, 1, 1}}, {{7}, {8, 9}}) ==
          std::vector<double>{7, 8, 9});
    const auto p =
        of(ConcatenatedProbabilities{}, 4, {{2, 1, 1}, {2, 1, 1}}, {{0, 0}, {std::log(3.0), 0}});
    CHECK(p[0] == 0.5);
    CHECK(p[2] == doctest::Approx(0.75).epsilon(1e-14));
    // <q, k> of log 3 and 0: three quarters of the first, one of the second.
    const auto mixed =
        of(AttentionMix{}, 1, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
           {{std::log(3.0)}, {1}, {0}, {4}, {8}});
    CHECK(mixed[0] == doctest::Approx(0.75 * 4 + 0.25 * 8).epsilon(1e-14));
    const double a[] = {1, -1, -2};
    const double b[] = {3, -4, 5};  // the second is masked: neither is positive
    CHECK(MaskedSquares{}.value(3, a, b) == 4 + 49);
}

TEST_CASE("functions of maps agree with differences") {
    const auto a = part(fs, 1, fs_dims);
    const auto b = part(ft, 1, ft_dims);
    CHECK(combined_gradient_error(AttentionMap{}, 16, {fs_dims}, {a}) < 1e-8);
    CHECK(combined_gradient_error(FlowMatrix{}, 15, {fs_dims, ft_dims}, {a, b}) < 1e-8);
    CHECK(combined_gradient_error(
              GaussianLikelihood{}, 1, {{3, 2, 1}, {3, 1, 1}, {3, 2, 1}},
              {{0.3, -0.2, 1, 2, 0.7, 0.1}, {0.2, -3, 0.5}, {1, 0.4, -0.6, 0.3, 2, 1}}, 1,
              2) < 1e-8);
    CHECK(combined_gradient_error(StyleDiscrepancy{}, 1, {fs_dims, ft_dims}, {a, b}, 1, 1) < 1e-8);
    CHECK(combined_gradient_error(SquareTo{0.3}, 1, {{1, 1, 1}}, {{1.7}}) < 1e-8);
    CHECK(combined_gradient_error(DistanceOff{0.25}, 1, {{3, 1, 1}, {3, 1, 1}, {1, 1, 1}},
                                  {{0.3, 1, -2}, {1, 0.5, 0.2}, {0.4}}, 1, 2) < 1e-8);
    CHECK(combined_gradient_error(Concatenated{}, 5, {{2, 1, 1}, {3, 1, 1}}, {{1, 2}, {3, 4, 5}}) <
          1e-8);
    CHECK(combined_gradient_error(
              AttentionMix{}, 2, {{2, 1, 1}, {2, 1, 1}, {2, 1, 1}, {2, 1, 1}, {2, 1, 1}},
              {{0.4, -0.3}, {1, 0.2}, {-0.5, 0.8}, {2, -1}, {0.3, 0.9}}) < 1e-8);
}

TEST_CASE("a map of zeros has no direction, and no gradient that is not a number") {
    Row<double> row;
    const std::vector<double> none(8);
    std::vector<double> d(8);
    std::vector<double> y_(4);
    std::vector<double> dy(4, 1.0);
    row.count = 1;
    row.dims[0] = {2, 2, 2};
    row.x[0] = none.data();
    row.dx[0] = d.data();
    AttentionMap{}.forward(row, y_.data());
    AttentionMap{}.backward(row, y_.data(), dy.data());
    row.count = 2;
    row.dims[1] = row.dims[0];
    row.x[1] = none.data();
    StyleDiscrepancy{}.forward(row, y_.data());
    StyleDiscrepancy{}.backward(row, y_.data(), dy.data());
    for (const double v : y_)
        CHECK(v == 0);
    for (const double v : d)
        CHECK(v == 0);
}
