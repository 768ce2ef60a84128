// SPDX-License-Identifier: Apache-2.0
// exact: the reference's operations, and roundings of what they leave.
#include "exact.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#ifdef COLLAB_RANDOM_THRUST
#include <collab/backend/cuda/thrust_host.hpp>
#endif
#include <collab/backend/functor.hpp>
#include <collab/core/random.hpp>

namespace collab::random {

struct Exact::Engines {
    Reference<double> reference;
    std::unique_ptr<Cpu<double>> cpu;
#ifdef COLLAB_RANDOM_THRUST
    ThrustHost<double> thrust;
#endif
};
Exact::Exact(Rounding rounding) : rounding_(rounding), engines_(std::make_unique<Engines>()) {
    if (rounding.engine == Engine::cpu)
        engines_->cpu = std::make_unique<Cpu<double>>(2);
}
Exact::~Exact() = default;
/// f(the backend whose operations are used).
template <class F>
void Exact::engine(F f) {
#ifdef COLLAB_RANDOM_THRUST
    if (rounding_.engine == Engine::thrust)
        return f(engines_->thrust);
#endif
    if (engines_->cpu)
        f(*engines_->cpu);
    else
        f(engines_->reference);
}

void Exact::disturb(int n, double* p) {
    if (rounding_.size == 0)
        return;
    const Random random = Random{rounding_.seed}.child(drawn_++);
    for (int i = 0; i < n; ++i)
        p[i] *= 1 + rounding_.size * (2 * uniform<double>(random.word(std::uint64_t(i))) - 1);
}
void Exact::disturb(const Map& map, Out y) {
    if (rounding_.size == 0)
        return;
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        disturb(map.dims.channels, detail::pixel(y, p));
}

void Exact::disturb_merged(double factor, double& result) {
    if (rounding_.size == 0 || result == factor)
        return;
    const Random random = Random{rounding_.seed}.child(drawn_++);
    result += rounding_.size * (2 * uniform<double>(random.word(0)) - 1) *
              std::max(std::abs(factor), std::abs(result));
}

// A sum of many terms that cancel has the roundings of its terms.
template <class Factor>
void Exact::disturb_sums(const Map& map, In x, Factor factor, double* sums) {
    if (rounding_.size == 0)
        return;
    const Random random = Random{rounding_.seed}.child(drawn_++);
    std::vector<double> sizes(std::size_t(map.dims.channels));
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < map.dims.channels; ++c)
            sizes[std::size_t(c)] += std::abs(detail::pixel(x, p)[c] * factor(p, c));
    for (std::size_t c = 0; c < sizes.size(); ++c)
        sums[c] += rounding_.size * (2 * uniform<double>(random.word(c)) - 1) * sizes[c];
}

void Exact::conv2d(const backend::Convolution& g, In x, const double* w, const double* bias,
                   Out y) {
    engine([&](auto& b) { b.conv2d(g, x, w, bias, y); });
    disturb(Map{g.batch, g.out}, y);
}
void Exact::conv2d_input_gradient(const backend::Convolution& g, In dy, const double* w,
                                  const double* bias, Out dx) {
    engine([&](auto& b) { b.conv2d_input_gradient(g, dy, w, bias, dx); });
    disturb(Map{g.batch, g.in}, dx);
}
void Exact::conv2d_weight_gradient(const backend::Convolution& g, In x, In dy, double* dw) {
    engine([&](auto& b) { b.conv2d_weight_gradient(g, x, dy, dw); });
    disturb(g.weights(), dw);
}
void Exact::bias_gradient(const Map& map, In dy, double* db) {
    engine([&](auto& b) { b.bias_gradient(map, dy, db); });
    disturb_sums(map, dy, [](auto, int) { return 1.0; }, db);
}
void Exact::linear(const backend::Product& g, In x, const double* w, const double* bias, Out y) {
    engine([&](auto& b) { b.linear(g, x, w, bias, y); });
    disturb(Map{g.batch, {g.out, 1, 1}}, y);
}
void Exact::linear_input_gradient(const backend::Product& g, In dy, const double* w, Out dx) {
    engine([&](auto& b) { b.linear_input_gradient(g, dy, w, dx); });
    disturb(Map{g.batch, {g.in, 1, 1}}, dx);
}
void Exact::linear_weight_gradient(const backend::Product& g, In x, In dy, double* dw) {
    engine([&](auto& b) { b.linear_weight_gradient(g, x, dy, dw); });
    disturb(g.in * g.out, dw);
}

// What an activation saturates is left alone: roundings behind it would break ties that no backend
// breaks.
template <class F>
void Exact::activate(const Map& map, F f, In x, Out y) {
    engine([&](auto& b) { b.activate(map, f, x, y); });
}
template <class F>
void Exact::activate_backward(const Map& map, F f, In y, In dy, Out dx) {
    engine([&](auto& b) { b.activate_backward(map, f, y, dy, dx); });
    disturb(map, dx);
}
template <class F>
void Exact::batch_norm(const Map& map, F f, In x, const backend::Affine<double>& affine,
                       const backend::Statistics<double>& statistics, Out y) {
    if (rounding_.size == 0)
        return engine([&](auto& b) { b.batch_norm(map, f, x, affine, statistics, y); });
    engine([&](auto& b) { b.batch_norm(map, Identity{}, x, affine, statistics, y); });
    double* const saved = statistics.saved;
    disturb(map, y);
    const int channels = map.dims.channels;
    // The mean is one for all pixels, and so is what rounding takes from it.
    const std::vector<double> off =
        mean_roundings(map, [&](auto p, int c) { return detail::pixel(x, p)[c]; });
    const std::vector<double> wide = variance_roundings(map, x);
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < channels; ++c) {
            const double inverse = saved[channels + c];
            const double normalised = (detail::pixel(x, p)[c] - saved[c]) * inverse;
            detail::pixel(y, p)[c] -=
                affine.gamma[c] * (inverse * off[std::size_t(c)] +
                                   normalised * inverse * inverse * wide[std::size_t(c)] / 2);
        }
    const double unbiased = double(map.pixels()) / std::max(double(map.pixels()) - 1, 1.0);
    for (int c = 0; c < channels; ++c) {
        double& inverse = saved[channels + c];
        saved[c] += off[std::size_t(c)];
        statistics.running_variance[c] +=
            statistics.constants.momentum * unbiased * wide[std::size_t(c)];
        inverse -= inverse * inverse * inverse * wide[std::size_t(c)] / 2;
    }
    disturb(channels, statistics.running_mean);
    disturb(channels, statistics.running_variance);
    disturb(2 * channels, saved);
    engine([&](auto& b) { b.activate(map, f, In(y), y); });
}
template <class F>
void Exact::batch_norm_inference(const Map& map, F f, In x, const backend::Affine<double>& affine,
                                 const backend::PopulationStatistics<double>& statistics, Out y) {
    if (rounding_.size == 0)
        return engine([&](auto& b) { b.batch_norm_inference(map, f, x, affine, statistics, y); });
    engine([&](auto& b) { b.batch_norm_inference(map, Identity{}, x, affine, statistics, y); });
    disturb(map, y);
    engine([&](auto& b) { b.activate(map, f, In(y), y); });
}
/// What rounding takes from the mean of `value`(pixel, channel) of every channel.
template <class Value>
std::vector<double> Exact::mean_roundings(const Map& map, Value value) {
    const Random random = Random{rounding_.seed}.child(drawn_++);
    std::vector<double> all(std::size_t(map.dims.channels));
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < map.dims.channels; ++c)
            all[std::size_t(c)] += std::abs(value(p, c)) / double(map.pixels());
    for (std::size_t c = 0; c < all.size(); ++c)
        all[c] *= rounding_.size * (2 * uniform<double>(random.word(c)) - 1);
    return all;
}
/// What rounding takes from the variance of every channel, whose terms are squares about some
/// pixel, here the first.
std::vector<double> Exact::variance_roundings(const Map& map, In x) {
    return mean_roundings(map, [&](auto p, int c) {
        const double distance = detail::pixel(x, p)[c] - detail::pixel(x, 0)[c];
        return distance * distance;
    });
}
std::vector<double> Exact::subtraction_roundings(const Map& map, In dy, const double* gamma,
                                                 const double* saved) {
    const int n = map.dims.channels;
    std::vector<double> means(std::size_t(n), 0.0);
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < n; ++c)
            means[std::size_t(c)] += std::abs(detail::pixel(dy, p)[c]) / double(map.pixels());
    const Random random = Random{rounding_.seed}.child(drawn_++);
    std::vector<double> all(std::size_t(map.size()));
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < n; ++c) {
            const auto i = std::size_t(p * n + c);
            const double terms = std::abs(detail::pixel(dy, p)[c]) + means[std::size_t(c)];
            all[i] = rounding_.size * (2 * uniform<double>(random.word(i)) - 1) *
                     std::abs(gamma[c] * saved[n + c]) * terms;
        }
    return all;
}
template <class F>
void Exact::batch_norm_backward(const Map& map, F f,
                                const backend::NormalizationBackward<double>& backward,
                                const double* gamma, Out dx) {
    if (rounding_.size == 0)
        return engine([&](auto& b) { b.batch_norm_backward(map, f, backward, gamma, dx); });
    const In x = backward.x;
    const In dy = backward.dy;
    const double* const saved = backward.saved;
    const int n = map.dims.channels;
    disturb_sums(map, dy, [](auto, int) { return 1.0; }, backward.dbeta);
    const auto normalised = [&](auto p, int c) {
        return (detail::pixel(x, p)[c] - saved[c]) * saved[n + c];
    };
    disturb_sums(map, dy, normalised, backward.dgamma);
    // Little may be left of dy, from which two means are subtracted.
    const std::vector<double> roundings = subtraction_roundings(map, dy, gamma, saved);
    const std::vector<double> of_sum =
        mean_roundings(map, [&](auto p, int c) { return detail::pixel(dy, p)[c]; });
    const std::vector<double> of_product = mean_roundings(
        map, [&](auto p, int c) { return detail::pixel(dy, p)[c] * normalised(p, c); });
    engine([&](auto& b) { b.batch_norm_backward(map, f, backward, gamma, dx); });
    disturb(map, dx);
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < n; ++c)
            detail::pixel(dx, p)[c] +=
                roundings[std::size_t(p * n + c)] -
                gamma[c] * saved[n + c] *
                    (of_sum[std::size_t(c)] + normalised(p, c) * of_product[std::size_t(c)]);
}

void Exact::average_pool(const backend::Pooling& g, In x, Out y) {
    engine([&](auto& b) { b.average_pool(g, x, y); });
    disturb(Map{g.batch, g.out}, y);
}
void Exact::average_pool_backward(const backend::Pooling& g, In dy, Out dx) {
    engine([&](auto& b) { b.average_pool_backward(g, dy, dx); });
    disturb(Map{g.batch, g.in}, dx);
}
void Exact::adaptive_average_pool(const backend::Pooling& g, In x, Out y) {
    engine([&](auto& b) { b.adaptive_average_pool(g, x, y); });
    disturb(Map{g.batch, g.out}, y);
}
void Exact::adaptive_average_pool_backward(const backend::Pooling& g, In dy, Out dx) {
    engine([&](auto& b) { b.adaptive_average_pool_backward(g, dy, dx); });
    disturb(Map{g.batch, g.in}, dx);
}
void Exact::max_pool(const backend::Pooling& g, In x, Out y) {
    engine([&](auto& b) { b.max_pool(g, x, y); });
}
void Exact::max_pool_backward(const backend::Pooling& g, In x, In y, In dy, Out dx) {
    engine([&](auto& b) { b.max_pool_backward(g, x, y, dy, dx); });
    disturb(Map{g.batch, g.in}, dx);
}
void Exact::shuffle_channels(const Map& map, int groups, In x, Out y) {
    engine([&](auto& b) { b.shuffle_channels(map, groups, x, y); });
}
void Exact::pad_channels(const Map& map, int channels, In x, Out y) {
    engine([&](auto& b) { b.pad_channels(map, channels, x, y); });
}
void Exact::maxout(const Map& map, int pieces, In x, Out y) {
    engine([&](auto& b) { b.maxout(map, pieces, x, y); });
}
void Exact::maxout_backward(const Map& map, int pieces, In x, In dy, Out dx) {
    engine([&](auto& b) { b.maxout_backward(map, pieces, x, dy, dx); });
}
void Exact::pad_shortcut(const backend::Convolution& g, In x, Out y) {
    engine([&](auto& b) { b.pad_shortcut(g, x, y); });
    disturb(Map{g.batch, g.out}, y);
}
void Exact::pad_shortcut_backward(const backend::Convolution& g, In dy, Out dx) {
    engine([&](auto& b) { b.pad_shortcut_backward(g, dy, dx); });
    disturb(Map{g.batch, g.in}, dx);
}
void Exact::dropout(const Map& map, double p, const Random& random, In x, Out y) {
    engine([&](auto& b) { b.dropout(map, p, random, x, y); });
}
void Exact::copy(const Map& map, In x, Out y) {
    engine([&](auto& b) { b.copy(map, x, y); });
}
void Exact::add(const Map& map, In x, Out y) {
    engine([&](auto& b) { b.add(map, x, y); });
    disturb(map, y);
}
void Exact::softmax_cross_entropy(const backend::LabeledLogits<double>& labeled, double scale,
                                  Out dlogits, double* losses, double* hits) {
    engine([&](auto& b) { b.softmax_cross_entropy(labeled, scale, dlogits, losses, hits); });
    if (rounding_.size == 0)
        return;
    if (dlogits)
        disturb(Map{labeled.rows, {labeled.classes, 1, 1}}, dlogits);
    disturb(labeled.rows, losses);
    // A loss near 0 is the logarithm of a sum near 1, whose rounding it has.
    const Random random = Random{rounding_.seed}.child(drawn_++);
    for (int b = 0; b < labeled.rows; ++b)
        losses[b] += rounding_.size * (2 * uniform<double>(random.word(std::uint64_t(b))) - 1);
}

#define COLLAB_RANDOM_FUNCTION(F)                                                                  \
    template void Exact::activate<F>(const Map&, F, In, Out);                                      \
    template void Exact::activate_backward<F>(const Map&, F, In, In, Out);                         \
    template void Exact::batch_norm<F>(const Map&, F, In, const backend::Affine<double>&,          \
                                       const backend::Statistics<double>&, Out);                   \
    template void Exact::batch_norm_inference<F>(                                                  \
        const Map&, F, In, const backend::Affine<double>&,                                         \
        const backend::PopulationStatistics<double>&, Out);                                        \
    template void Exact::batch_norm_backward<F>(                                                   \
        const Map&, F, const backend::NormalizationBackward<double>&, const double*, Out);
COLLAB_RANDOM_FUNCTION(Identity)
COLLAB_RANDOM_FUNCTION(ReluFunction)
COLLAB_RANDOM_FUNCTION(Relu6Function)
COLLAB_RANDOM_FUNCTION(EluFunction)
COLLAB_RANDOM_FUNCTION(LeakyReluFunction)
COLLAB_RANDOM_FUNCTION(SigmoidFunction)
#undef COLLAB_RANDOM_FUNCTION

}  // namespace collab::random
