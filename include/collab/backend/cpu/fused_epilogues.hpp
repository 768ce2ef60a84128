// SPDX-License-Identifier: Apache-2.0
// fused_epilogues: over maps that are normalized, or will be, as the convolutions call them and
// alone. They know an activation by its loops, so each is compiled once.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/activation_loops.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/backend/fusion.hpp>

namespace collab::backend::detail {

/// Coefficient arrays that the loads of one operation need at most: two loads and a gate.
inline constexpr int most_coefficients = 12;
template <class T>
Coefficients<T> coefficients(CpuContext& threads, int channels) {
    return Coefficients<T>(threads.shared<T>(Coefficients<T>::room(most_coefficients, channels),
                                             CpuContext::coefficients));
}
inline int widest(const Convolution& g) {
    return std::max(g.in.channels, g.out.channels);
}

/// The pixels of a map in pieces of whole strips; the same pieces and sums whatever the number of
/// threads.
template <class F>
int in_pieces(CpuContext& threads, const Map& map, int most, const F& f) {
    const long fold = fold_of(map.dims.channels);
    const Partition cut((map.pixels() + fold - 1) / fold, grain / (fold * map.dims.channels), most);
    threads.run(cut.count, [&](int piece) {
        const long first = cut.begin(piece) * fold;
        f(piece, first, std::min(map.pixels(), cut.end(piece) * fold) - first);
    });
    return cut.count;
}
inline constexpr int most_sums = 64;  ///< pieces with sums of their own
inline double* zero_sums(CpuContext& threads, int channels, int rows) {
    const std::size_t n = std::size_t(most_sums) * std::size_t(rows) * std::size_t(channels);
    double* const sums = threads.shared<double>(n, CpuContext::sums);
    std::fill_n(sums, n, 0.0);
    return sums;
}

template <class T>
struct FusedEpilogues {
    static void statistics(const Epilogue<T>&, int part, long first, long count, int channel,
                           int channels);
    static void plus(const Epilogue<T>&, int part, long first, long count, int channel,
                     int channels);
    static void gate(const Epilogue<T>&, int part, long first, long count, int channel,
                     int channels);
    static void output_gate(const Epilogue<T>&, int part, long first, long count, int channel,
                            int channels);
    static void finish(const Epilogue<T>&, int part, long first, long count, int channel,
                       int channels);
    static InputTransform<T> normalized_load(Coefficients<T>&, const Normalized<T, Identity>&,
                                             const Activation<T>&, int channels);
    static InputTransform<T> gradient_load(Coefficients<T>&, const NormalizedGradient<T>&,
                                           int channels);
    /// y = f(normalized input + skip).
    static void normalize(CpuContext&, const Map&, const Activation<T>&,
                          const Normalized<T, Identity>& input, View<const T> skip, View<T> y);
    /// What FusionBackend says of normalized_sums; without g, the activation is the identity.
    static void sums(CpuContext&, const Map&, const Activation<T>&, const NormalizationBackward<T>&,
                     T* sums, View<T> g);
};

template <class T>
InputTransform<T> load_of(Coefficients<T>&, const View<const T>& x, int channels) {
    return InputTransform<T>(x, channels);
}
template <class T, class F>
InputTransform<T> load_of(Coefficients<T>& room, const Normalized<T, F>& n, int channels) {
    return FusedEpilogues<T>::normalized_load(room, {n.x, n.gamma, n.beta, n.saved},
                                              Activated<T, F>::of(n.f), channels);
}
template <class T>
InputTransform<T> load_of(Coefficients<T>& room, const NormalizedGradient<T>& n, int channels) {
    return FusedEpilogues<T>::gradient_load(room, n, channels);
}

template <class T>
void FusedEpilogues<T>::statistics(const Epilogue<T>& after, int part, long first, long count,
                                   int channel, int channels) {
    statistics_after(after, part, first, count, channel, channels);
}
template <class T>
void FusedEpilogues<T>::plus(const Epilogue<T>& after, int part, long first, long count,
                             int channel, int channels) {
    plus_after(after, part, first, count, channel, channels);
}
template <class T>
void FusedEpilogues<T>::gate(const Epilogue<T>& after, int part, long first, long count,
                             int channel, int channels) {
    gate_after(after, part, first, count, channel, channels);
}
template <class T>
void FusedEpilogues<T>::output_gate(const Epilogue<T>& after, int part, long first, long count,
                                    int channel, int channels) {
    output_gate_after(after, part, first, count, channel, channels);
}
template <class T>
void FusedEpilogues<T>::finish(const Epilogue<T>& after, int part, long first, long count,
                               int channel, int channels) {
    finish_after(after, part, first, count, channel, channels);
}
template <class T>
InputTransform<T> FusedEpilogues<T>::normalized_load(Coefficients<T>& room,
                                                     const Normalized<T, Identity>& n,
                                                     const Activation<T>& activation,
                                                     int channels) {
    InputTransform<T> l(n.x, channels);
    l.mean = room.copy(channels, n.saved);
    l.scale = room.fill(channels, [&](long c) {
        return static_cast<T>(static_cast<double>(n.gamma[c]) *
                              static_cast<double>(n.saved[channels + c]));
    });
    l.offset = room.copy(channels, n.beta);
    l.activation = activation;
    l.run = load_normalized<T>;
    return l;
}
template <class T>
InputTransform<T> FusedEpilogues<T>::gradient_load(Coefficients<T>& room,
                                                   const NormalizedGradient<T>& n, int channels) {
    // With z the normalized x and N pixels: dx = gamma inverse (g - (sum g) / N - z (sum g z) / N)
    // = scale g + slope (x - mean) + offset.
    const double share = 1 / static_cast<double>(n.pixels);
    const auto inverse = [&](long c) { return static_cast<double>(n.saved[channels + c]); };
    const auto scale = [&](long c) { return static_cast<double>(n.gamma[c]) * inverse(c); };
    InputTransform<T> l(n.g, channels);
    l.raw = n.x;
    l.mean = room.copy(channels, n.saved);
    l.scale = room.fill(channels, [&](long c) { return static_cast<T>(scale(c)); });
    l.slope = room.fill(channels, [&](long c) {
        return static_cast<T>(-scale(c) * inverse(c) * static_cast<double>(n.sums[channels + c]) *
                              share);
    });
    l.offset = room.fill(channels, [&](long c) {
        return static_cast<T>(-scale(c) * static_cast<double>(n.sums[c]) * share);
    });
    l.run = load_gradient<T>;
    return l;
}

template <class T>
void FusedEpilogues<T>::normalize(CpuContext& threads, const Map& map,
                                  const Activation<T>& activation,
                                  const Normalized<T, Identity>& input, View<const T> skip,
                                  View<T> y) {
    const int channels = map.dims.channels;
    auto room = coefficients<T>(threads, channels);
    const InputTransform<T> x = normalized_load(room, input, activation, channels);
    const auto loop = skip ? activation.form_sum : activation.form;
    const bool whole =
        x.x.pixel == channels && y.pixel == channels && (!skip || skip.pixel == channels);
    in_pieces(threads, map, 4096, [&](int, long first, long count) {
        ActivationRows<T> r{x.mean, x.scale, x.offset};
        r.in = x.x.data + first * x.x.pixel;
        r.in_step = x.x.pixel;
        r.to = y.data + first * y.pixel;
        r.to_step = y.pixel;
        if (skip) {
            r.more = skip.data + first * skip.pixel;
            r.more_step = skip.pixel;
        }
        over_strips(r, count, channels, whole,
                    [&](const ActivationRows<T>& rows) { loop(activation.function, rows); });
    });
}
template <class T>
void FusedEpilogues<T>::sums(CpuContext& threads, const Map& map, const Activation<T>& activation,
                             const NormalizationBackward<T>& backward, T* sums, View<T> g) {
    const View<const T> x = backward.x;
    const View<const T> y = backward.y;
    const View<const T> dy = backward.dy;
    const int channels = map.dims.channels;
    auto room = coefficients<T>(threads, channels);
    Gating<T> whole;
    whole.rows.mean = room.copy(channels, backward.saved);
    whole.function = activation.function;
    if (g)
        whole.gate = activation.gate_value;
    double* const all = zero_sums(threads, channels, 2);
    const int parts = in_pieces(threads, map, most_sums, [&](int piece, long first, long count) {
        Gating<T> gating = whole;
        gating.raw = at(x, first, 0);
        gating.rows.in = y.data + first * y.pixel;
        gating.rows.in_step = y.pixel;
        gating.rows.more = dy.data + first * dy.pixel;
        gating.rows.more_step = dy.pixel;
        if (g) {
            gating.rows.to = g.data + first * g.pixel;
            gating.rows.to_step = g.pixel;
        }
        gate_and_sum(gating, count, channels, channels, all + std::ptrdiff_t(piece) * 2 * channels);
    });
    add_parts(all, parts, channels, 2);
    finish_gate(all, channels, backward.saved, backward.dgamma, backward.dbeta, sums);
}

#ifdef COLLAB_PRECOMPILED
extern template struct FusedEpilogues<float>;
extern template struct FusedEpilogues<double>;
#endif

}  // namespace collab::backend::detail
