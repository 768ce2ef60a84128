// SPDX-License-Identifier: Apache-2.0
// activated: the passes over normalised maps that depend on an activation; one class names them all, so that those of known activations can be compiled once.
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <collab/backend/cpu/after.hpp>
#include <collab/backend/cpu/load.hpp>
#include <collab/backend/cpu/pieces.hpp>
#include <collab/backend/functor.hpp>
#include <collab/backend/fusion.hpp>

namespace collab::backend::detail {

/// Coefficient arrays that the loads of one operation need at most: two loads and a gate.
inline constexpr int most_coefficients = 12;
template <class T>
Coefficients<T> coefficients(Threads& threads, int channels) {
    return Coefficients<T>(threads.shared<T>(Coefficients<T>::room(most_coefficients, channels), Threads::coefficients));
}
inline int widest(const Convolution& g) { return std::max(g.in.channels, g.out.channels); }

/// The pixels of a map in pieces of whole strips; the same pieces and sums whatever the number of threads.
template <class F>
int in_pieces(Threads& threads, const Map& map, int most, const F& f) {
    const long fold = fold_of(map.dims.channels);
    const Cut cut((map.pixels() + fold - 1) / fold, grain / (fold * map.dims.channels), most);
    threads.run(cut.count, [&](int piece) {
        const long first = cut.begin(piece) * fold;
        f(piece, first, std::min(map.pixels(), cut.end(piece) * fold) - first);
    });
    return cut.count;
}
inline constexpr int most_sums = 64;   ///< pieces with sums of their own
inline double* zero_sums(Threads& threads, int channels) {
    const std::size_t n = std::size_t(most_sums) * 2 * std::size_t(channels);
    double* const sums = threads.shared<double>(n, Threads::sums);
    std::fill_n(sums, n, 0.0);
    return sums;
}

/// The passes without one.
template <class T>
struct Passes {
    static void statistics(const After<T>&, int part, long first, long count, int channel, int channels);
    static void plus(const After<T>&, int part, long first, long count, int channel, int channels);
    static Load<T> gradient_load(Coefficients<T>&, const NormalisedGradient<T>&, int channels);
};
/// The passes with activation F.
template <class T, class F>
struct Activated {
    static Load<T> of(Coefficients<T>&, const Normalised<T, F>&, int channels);
    static void load(const Load<T>&, long first, long count, int channel, int channels, T* to, std::ptrdiff_t to_pixel);
    static void gate(const After<T>&, int part, long first, long count, int channel, int channels);
    static void output_gate(const After<T>&, int part, long first, long count, int channel, int channels);
    /// y = f(normalised y + more).
    static void finish(const After<T>&, int part, long first, long count, int channel, int channels);
    static void normalise(Threads&, const Map&, F f, const Normalised<T, Identity>& input, View<const T> skip, View<T> y);
    static void sums(Threads&, const Map&, F f, View<const T> x, View<const T> y, View<const T> dy, const T* saved, T* dgamma, T* dbeta, T* sums, View<T> g);
};

template <class T>
Load<T> load_of(Coefficients<T>&, const View<const T>& x, int channels) { return Load<T>(x, channels); }
template <class T, class F>
Load<T> load_of(Coefficients<T>& room, const Normalised<T, F>& n, int channels) { return Activated<T, F>::of(room, n, channels); }
/// The coefficients of a normalisation, whatever the activation.
template <class T>
COLLAB_NOINLINE void normalise_by(Load<T>& l, Coefficients<T>& room, const T* gamma, const T* beta, const T* saved, int channels) {
    l.mean = room.copy(channels, saved);
    l.scale = room.fill(channels, [=](long c) { return static_cast<T>(static_cast<double>(gamma[c]) * static_cast<double>(saved[channels + c])); });
    l.offset = room.copy(channels, beta);
}
template <class T, class F>
COLLAB_NOINLINE Load<T> Activated<T, F>::of(Coefficients<T>& room, const Normalised<T, F>& n, int channels) {
    Load<T> l(n.x, channels);
    normalise_by(l, room, n.gamma, n.beta, n.saved, channels);
    l.function = &n.f;
    l.run = Activated<T, F>::load;
    return l;
}
template <class T>
Load<T> load_of(Coefficients<T>& room, const NormalisedGradient<T>& n, int channels) { return Passes<T>::gradient_load(room, n, channels); }

template <class T, class F>
void Activated<T, F>::load(const Load<T>& l, long first, long count, int channel, int channels, T* to, std::ptrdiff_t to_pixel) {
    load_normalised<T, F>(l, first, count, channel, channels, to, to_pixel);
}
template <class T, class F>
void Activated<T, F>::gate(const After<T>& after, int part, long first, long count, int channel, int channels) { gate_after<T, F>(after, part, first, count, channel, channels); }
template <class T, class F>
void Activated<T, F>::output_gate(const After<T>& after, int part, long first, long count, int channel, int channels) {
    output_gate_after<T, F>(after, part, first, count, channel, channels);
}
template <class T, class F>
void Activated<T, F>::finish(const After<T>& after, int, long first, long count, int channel, int channels) {
    const F f = *static_cast<const F*>(after.function);
    T* const y = after.y.data + first * after.y.pixel + channel;
    const T* const more = after.more ? after.more.data + first * after.more.pixel + channel : nullptr;
    over_strips(count, after.all, channel, channels, after.y.pixel, more ? after.more.pixel : after.y.pixel, [&](long c, long n, long at, long from) {
        const T *mean = after.mean + c, *scale = after.scale + c, *offset = after.offset + c;
        T* to = y + at;
        const F local = f;
        if (more) {
            const T* other = more + from;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i) to[i] = local((to[i] - mean[i]) * scale[i] + offset[i] + other[i]);
        } else {
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i) to[i] = local((to[i] - mean[i]) * scale[i] + offset[i]);
        }
    });
}
template <class T, class F>
void Activated<T, F>::normalise(Threads& threads, const Map& map, F f, const Normalised<T, Identity>& input, View<const T> skip, View<T> y) {
    const int channels = map.dims.channels;
    auto room = coefficients<T>(threads, channels);
    if (!skip) {
        const Normalised<T, F> whole{input.x, input.gamma, input.beta, input.saved, f};
        const Load<T> formed = load_of(room, whole, channels);
        in_pieces(threads, map, 4096, [&](int, long first, long count) { load(formed, first, count, 0, channels, y.data + first * y.pixel, y.pixel); });
        return;
    }
    const Load<T> source = load_of(room, input, channels);
    in_pieces(threads, map, 4096, [&](int, long first, long count) {
        T* const out = y.data + first * y.pixel;
        const T *const x = source.x.data + first * source.x.pixel, *const more = skip.data + first * skip.pixel;
        const auto pass = [&](long c, long n, const T* in, const T* other, T* to) COLLAB_LAMBDA_INLINE {
            const T *mean = source.mean + c, *scale = source.scale + c, *offset = source.offset + c;
            const F local = f;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i) to[i] = local((in[i] - mean[i]) * scale[i] + offset[i] + other[i]);
        };
        if (skip.pixel == y.pixel) over_strips(count, channels, 0, channels, source.x.pixel, y.pixel, [&](long c, long n, long from, long at) { pass(c, n, x + from, more + at, out + at); });
        else
            for (long p = 0; p < count; ++p) pass(0, channels, x + p * source.x.pixel, more + p * skip.pixel, out + p * y.pixel);
    });
}

template <class T, class F>
void Activated<T, F>::sums(Threads& threads, const Map& map, F f, View<const T> x, View<const T> y, View<const T> dy, const T* saved, T* dgamma, T* dbeta, T* sums, View<T> g) {
    const int channels = map.dims.channels;
    auto room = coefficients<T>(threads, channels);
    const T* const means = room.copy(channels, saved);
    double* const all = zero_sums(threads, channels);
    const bool same = x.pixel == y.pixel && dy.pixel == (g ? g.pixel : dy.pixel);
    const int parts = in_pieces(threads, map, most_sums, [&](int piece, long first, long count) {
        double* const mine = all + std::ptrdiff_t(piece) * 2 * channels;
        const auto pass = [&](auto writes) COLLAB_LAMBDA_INLINE {
            const T *const in = x.data + first * x.pixel, *const out = y.data + first * y.pixel, *const grad = dy.data + first * dy.pixel;
            T* const to = g ? g.data + first * g.pixel : nullptr;
            accumulate<T, rows_from_memory>(count, channels, 0, channels, dy.pixel, x.pixel, mine, [=](long c, long at, long from, T& a, T& b) COLLAB_LAMBDA_INLINE {
                T d = grad[at];
                if constexpr (decltype(writes)::value) d *= f.slope(out[from]), to[at] = d;
                a += d;
                b += d * (in[from] - means[c]);
            });
        };
        // Only the identity leaves its gradient where it is. (No code for the pairs that do not occur: each is a large loop.)
        constexpr bool writes = !std::is_same_v<F, Identity>;
        if (same && writes == bool(g)) return pass(std::bool_constant<writes>{});
        for (const long end = first + count; first < end; ++first)
            for (int c = 0; c < channels; ++c) {
                const T d = dy.data[first * dy.pixel + c] * f.slope(y.data[first * y.pixel + c]);
                if (g) g.data[first * g.pixel + c] = d;
                mine[c] += static_cast<double>(d), mine[channels + c] += static_cast<double>(d * (x.data[first * x.pixel + c] - means[c]));
            }
    });
    add_parts(all, parts, channels);
    finish_gate(all, channels, saved, dgamma, dbeta, sums);
}

template <class T>
void Passes<T>::statistics(const After<T>& after, int part, long first, long count, int channel, int channels) { statistics_after(after, part, first, count, channel, channels); }
template <class T>
void Passes<T>::plus(const After<T>& after, int part, long first, long count, int channel, int channels) { plus_after(after, part, first, count, channel, channels); }
template <class T>
Load<T> Passes<T>::gradient_load(Coefficients<T>& room, const NormalisedGradient<T>& n, int channels) {
    // With z the normalised x and N pixels: dx = gamma inverse (g - (sum g) / N - z (sum g z) / N) = scale g + slope (x - mean) + offset.
    const double share = 1 / static_cast<double>(n.pixels);
    const auto inverse = [&](long c) { return static_cast<double>(n.saved[channels + c]); };
    const auto scale = [&](long c) { return static_cast<double>(n.gamma[c]) * inverse(c); };
    Load<T> l(n.g, channels);
    l.raw = n.x;
    l.mean = room.copy(channels, n.saved);
    l.scale = room.fill(channels, [&](long c) { return static_cast<T>(scale(c)); });
    l.slope = room.fill(channels, [&](long c) { return static_cast<T>(-scale(c) * inverse(c) * static_cast<double>(n.sums[channels + c]) * share); });
    l.offset = room.fill(channels, [&](long c) { return static_cast<T>(-scale(c) * static_cast<double>(n.sums[c]) * share); });
    l.run = load_gradient<T>;
    return l;
}

#ifdef COLLAB_PRECOMPILED
extern template struct Passes<float>;
extern template struct Passes<double>;
extern template struct Activated<float, Identity>;
extern template struct Activated<float, ReluFunction>;
extern template struct Activated<float, Relu6Function>;
extern template struct Activated<float, EluFunction>;
extern template struct Activated<float, LeakyReluFunction>;
extern template struct Activated<float, SigmoidFunction>;
extern template struct Activated<double, Identity>;
extern template struct Activated<double, ReluFunction>;
extern template struct Activated<double, Relu6Function>;
extern template struct Activated<double, EluFunction>;
extern template struct Activated<double, LeakyReluFunction>;
extern template struct Activated<double, SigmoidFunction>;
#endif

}  // namespace collab::backend::detail
