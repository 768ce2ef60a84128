// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>

#include "gapped.hpp"

using namespace collab;
using namespace collab::backend;

namespace {

std::vector<float> numbers(int n, std::uint64_t seed, float least, float most) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<float> uniform(least, most);
    std::vector<float> v(static_cast<std::size_t>(n));
    for (float& one : v)
        one = uniform(random);
    return v;
}

struct Extents {
    int channels, side, gaps;  ///< gaps: a bit for each map that has some
    static constexpr int batch = 2;
    long pixels() const { return long(batch) * side * side; }
    backend::Map map() const { return {batch, {channels, side, side}}; }
    Gapped gapped(int which) const {
        return {pixels(), channels, gaps >> which & 1 ? which + 1 : 0, std::uint64_t(which + 1)};
    }
};

/// Maps with and without gaps, of less than a strip, of several, and wider than one; numbers of
/// pixels that fill no whole rows, too.
template <class F>
void for_shapes(const F& f) {
    for (const int channels : {1, 12, 16, 100, 256, 300, 600})
        for (const int side : {1, 5, 13})
            for (const int gaps : {0, 1, 2, 4, 8, 15}) {
                CAPTURE(channels);
                CAPTURE(side);
                CAPTURE(gaps);
                f(Extents{channels, side, gaps});
            }
}

template <class Function>
void sums_and_gradient(Function f) {
    for_shapes([&](const Extents& shape) {
        const int channels = shape.channels;
        const long pixels = shape.pixels();
        Gapped x = shape.gapped(0);
        Gapped y = shape.gapped(1);
        Gapped dy = shape.gapped(2);
        Gapped g = shape.gapped(3);
        for (long p = 0; p < pixels; ++p)
            for (int c = 0; c < channels; ++c)
                y(p, c) = f(y(p, c));
        const std::vector<float> saved = numbers(2 * channels, 5, 0.5f, 1.5f);
        std::vector<float> dgamma(std::size_t(channels), 1.f);
        std::vector<float> dbeta(std::size_t(channels), 2.f);
        std::vector<float> sums(std::size_t(2 * channels));
        Cpu<float> cpu(2);
        cpu.normalized_sums(shape.map(), f,
                            {std::as_const(x).view(), std::as_const(y).view(),
                             std::as_const(dy).view(), saved.data(), dgamma.data(), dbeta.data()},
                            sums.data(), g.view());
        bool right = true;
        bool close = true;
        for (int c = 0; c < channels; ++c) {
            double total = 0;
            double product = 0;
            for (long p = 0; p < pixels; ++p) {
                const float expected = dy(p, c) * f.slope(y(p, c));
                right = right && g(p, c) == expected;
                total += double(expected);
                product += double(expected) * (double(x(p, c)) - double(saved[std::size_t(c)]));
            }
            product *= double(saved[std::size_t(channels + c)]);
            const auto near = [&](double a, double b) {
                return std::abs(a - b) <= 1e-6 * double(pixels);
            };
            close = close && near(double(sums[std::size_t(c)]), total) &&
                    near(double(sums[std::size_t(channels + c)]), product) &&
                    near(double(dbeta[std::size_t(c)]) - 2, total) &&
                    near(double(dgamma[std::size_t(c)]) - 1, product);
        }
        CHECK(right);
        CHECK(close);
        CHECK(g.gaps_untouched());
    });
}

template <class Function>
void formed(Function f) {
    for_shapes([&](const Extents& shape) {
        const int channels = shape.channels;
        const long pixels = shape.pixels();
        Gapped x = shape.gapped(0);
        Gapped skip = shape.gapped(1);
        Gapped y = shape.gapped(2);
        Gapped plain = shape.gapped(3);
        const std::vector<float> saved = numbers(2 * channels, 5, 0.5f, 1.5f);
        const std::vector<float> gamma = numbers(channels, 6, -2, 2);
        const std::vector<float> beta = numbers(channels, 7, -1, 1);
        Cpu<float> cpu(2);
        const Normalized<float, Identity> input{std::as_const(x).view(), gamma.data(), beta.data(),
                                                saved.data()};
        cpu.normalize(shape.map(), f, input, std::as_const(skip).view(), y.view());
        cpu.normalize(shape.map(), f, input, View<const float>{}, plain.view());
        double worst = 0;
        for (int c = 0; c < channels; ++c)
            for (long p = 0; p < pixels; ++p) {
                const double z = (double(x(p, c)) - double(saved[std::size_t(c)])) *
                                     double(gamma[std::size_t(c)]) *
                                     double(saved[std::size_t(channels + c)]) +
                                 double(beta[std::size_t(c)]);
                worst = std::max({worst, std::abs(double(plain(p, c)) - f(z)),
                                  std::abs(double(y(p, c)) - f(z + double(skip(p, c))))});
            }
        CHECK(worst < 2e-6);
        CHECK(y.gaps_untouched());
        CHECK(plain.gaps_untouched());
    });
}

}  // namespace

TEST_CASE("the gradient behind a normalization and its sums, for maps with and without gaps") {
    sums_and_gradient(ReluFunction{});
    sums_and_gradient(EluFunction{});
    sums_and_gradient(LeakyReluFunction{0.1});
}

TEST_CASE("a normalized and activated map, for maps with and without gaps") {
    formed(Identity{});
    formed(ReluFunction{});
    formed(EluFunction{});
}

TEST_CASE("statistics of a batch, for maps with and without gaps") {
    for_shapes([](const Extents& shape) {
        const int channels = shape.channels;
        const long pixels = shape.pixels();
        Gapped x = shape.gapped(0);
        for (long p = 0; p < pixels; ++p)
            // a mean far larger than the stddev
            for (int c = 0; c < channels; ++c)
                x(p, c) += 100;
        const auto n = static_cast<std::size_t>(channels);
        std::vector<float> saved(2 * n);
        std::vector<float> mean(n);
        std::vector<float> variance(n);
        Cpu<float> cpu(2);
        Statistics<float> s{};
        s.saved = saved.data();
        s.running_mean = mean.data();
        s.running_variance = variance.data();
        cpu.batch_statistics(shape.map(), std::as_const(x).view(), s);
        bool close = true;
        for (int c = 0; c < channels; ++c) {
            double total = 0;
            double squares = 0;
            for (long p = 0; p < pixels; ++p)
                total += double(x(p, c));
            for (long p = 0; p < pixels; ++p)
                squares += std::pow(double(x(p, c)) - total / double(pixels), 2);
            const double inverse = 1 / std::sqrt(squares / double(pixels) + s.constants.epsilon);
            close = close &&
                    std::abs(double(saved[std::size_t(c)]) - total / double(pixels)) < 1e-4 &&
                    std::abs(double(saved[std::size_t(channels + c)]) / inverse - 1) < 1e-3;
        }
        CHECK(close);
    });
}
