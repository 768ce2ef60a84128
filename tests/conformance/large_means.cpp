// SPDX-License-Identifier: Apache-2.0
// large_means: statistics where the mean is large beside the stddev.
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/core/random.hpp>

using namespace collab;

namespace {

constexpr int channels = 5;
constexpr Dims dims{channels, 9, 7};
constexpr int batch = 6;
constexpr backend::Map map{batch, dims};

/// Means of a million and more, stddevs of about a third.
std::vector<double> far_away() {
    std::vector<double> x(std::size_t(map.size()));
    const Random random{5};
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = 1e6 * double(1 + i % channels) + uniform<double>(random.word(i));
    return x;
}
double inverse_stddev(const std::vector<double>& x, int channel) {
    const auto pixels = std::size_t(map.pixels());
    const auto at = [&](std::size_t p) {
        return static_cast<long double>(x[p * channels + std::size_t(channel)]);
    };
    long double mean = 0, variance = 0;
    for (std::size_t p = 0; p < pixels; ++p)
        mean += at(p) / pixels;
    for (std::size_t p = 0; p < pixels; ++p)
        variance += (at(p) - mean) * (at(p) - mean) / pixels;
    return double(1 / std::sqrt(variance));
}
template <class F>
void check_statistics(F statistics_of) {
    const std::vector<double> x = far_away();
    std::vector<double> mean(channels), variance(channels), saved(2 * channels);
    statistics_of(
        x, backend::Statistics<double>{{0, 0.1}, mean.data(), variance.data(), saved.data()});
    for (int c = 0; c < channels; ++c) {
        CAPTURE(c);
        const double exact = inverse_stddev(x, c);
        CHECK(std::abs(saved[std::size_t(channels + c)] / exact - 1) < 1e-12);
    }
}

}  // namespace

TEST_CASE("statistics of a map in double keep their digits where its mean is large") {
    for (const int threads : {1, 2})
        check_statistics([&](const std::vector<double>& x, const auto& s) {
            Cpu<double>(threads).batch_statistics(map, {x.data(), channels}, s);
        });
}
TEST_CASE("statistics of a convolution in double keep their digits where its mean is large") {
    std::vector<double> weights(channels * channels), y(std::size_t(map.size()));
    for (std::size_t c = 0; c < channels; ++c)
        weights[c * channels + c] = 1;
    const backend::Convolution same{batch, dims, dims, {1, 1}, {1, 1}, {0, 0}, 1};
    for (const int threads : {1, 2})
        check_statistics([&](const std::vector<double>& x, const auto& s) {
            Cpu<double>(threads).fused_conv2d(same, View<const double>{x.data(), channels},
                                              weights.data(), static_cast<const double*>(nullptr),
                                              View<double>{y.data(), channels}, s);
        });
}
