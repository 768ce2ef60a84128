// SPDX-License-Identifier: Apache-2.0
// fused: convolutions that normalise what they read and sum what they write, and the passes at the ends of a chain of them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <collab/backend/cpu/after.hpp>
#include <collab/backend/cpu/load.hpp>
#include <collab/backend/cpu/operations.hpp>
#include <collab/backend/cpu/pieces.hpp>
#include <collab/backend/fusion.hpp>

namespace collab::backend {

namespace detail {

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
}  // namespace detail

/// Mean and inverse deviation of each channel over the batch; running statistics move.
template <class T>
void batch_statistics(Threads& threads, const Map& map, View<const T> x, const Statistics<T>& statistics) {
    const int channels = map.dims.channels;
    detail::After<T> after({const_cast<T*>(x.data), x.pixel}, channels);   // only read
    after.sums = detail::zero_sums(threads, channels);
    const int parts = detail::in_pieces(threads, map, detail::most_sums, [&](int piece, long first, long count) {
        for (const long end = first + count; first < end; first += 4096)   // sums in T stay short
            detail::statistics_after(after, piece, first, std::min(4096L, end - first), 0, channels);
    });
    detail::add_parts(after.sums, parts, channels);
    detail::finish_statistics(after.sums, channels, static_cast<double>(map.pixels()), statistics);
}

/// y = x * w (+ bias): see FusionBackend.
template <class T, class X>
void fused_conv2d(Threads& threads, const Convolution& g, const X& x, const T* w, const T* bias, View<T> y, const Statistics<T>& statistics) {
    auto room = detail::coefficients<T>(threads, detail::widest(g));
    detail::After<T> after(y, g.out.channels);
    if (statistics.saved) after.run = detail::statistics_after<T>;
    const int parts = detail::fused_sweep(threads, g, detail::load_of(room, x, g.in.channels), w, bias, after);
    if (!statistics.saved) return;
    detail::add_parts(after.sums, parts, g.out.channels);
    detail::finish_statistics(after.sums, g.out.channels, static_cast<double>(g.batch) * g.out.area(), statistics);
}

/// Adds to dw: see FusionBackend.
template <class T, class X, class D>
void fused_conv2d_weight_gradient(Threads& threads, const Convolution& g, const X& x, const D& dy, T* dw) {
    auto room = detail::coefficients<T>(threads, detail::widest(g));
    const detail::Load<T> of_x = detail::load_of(room, x, g.in.channels), of_dy = detail::load_of(room, dy, g.out.channels);
    detail::fused_weight_gradient(threads, g, of_x, of_dy, dw);
}

/// Adds to dw, writes dx: see FusionBackend.
template <class T, class X, class D, class Then>
void fused_conv2d_backward(Threads& threads, const Convolution& g, const X& x, const D& dy, const T* w, T* dw, View<T> dx, const Then& then) {
    const int channels = g.in.channels;
    auto room = detail::coefficients<T>(threads, detail::widest(g));
    const detail::Load<T> of_x = detail::load_of(room, x, channels), of_dy = detail::load_of(room, dy, g.out.channels);
    detail::After<T> after(dx, channels);
    const T* saved = nullptr;
    if constexpr (requires { then.value; }) {
        saved = then.saved;
        after.more = then.more, after.value = then.value, after.other = then.raw, after.function = &then.f;
        after.mean = room.fill(channels, [&](long c) { return saved[c]; });
        after.run = detail::output_gate_after<T, std::remove_cvref_t<decltype(then.f)>>;
    } else if constexpr (requires { then.more; }) {
        after.more = then.more, after.run = detail::plus_after<T>;
    } else if constexpr (requires { then.input; }) {
        saved = then.input.saved;
        const detail::Load<T> input = detail::load_of(room, then.input, channels);
        after.other = input.x, after.mean = input.mean, after.scale = input.scale, after.offset = input.offset, after.function = &then.input.f;
        after.run = detail::gate_after<T, std::remove_cvref_t<decltype(then.input.f)>>;
    }
    [[maybe_unused]] const int parts = detail::fused_backward(threads, g, of_x, of_dy, w, dw, after);
    if constexpr (requires { then.sums; }) {
        detail::add_parts(after.sums, parts, channels);
        detail::finish_gate(after.sums, channels, saved, then.dgamma, then.dbeta, then.sums);
    }
}

/// y = f(input + skip): see FusionBackend.
template <class T, class F, class N>
void normalise(Threads& threads, const Map& map, F f, const N& input, View<const T> skip, View<T> y) {
    const int channels = map.dims.channels;
    auto room = detail::coefficients<T>(threads, channels);
    const detail::Load<T> load = detail::load_of(room, input, channels);
    detail::in_pieces(threads, map, 4096, [&](int, long first, long count) {
        T* const out = y.data + first * y.pixel;
        if (!skip) {
            load.run(load, first, count, 0, channels, out, y.pixel);
            if constexpr (!std::is_same_v<F, Identity>)
                detail::over_strips(count, channels, 0, channels, y.pixel, y.pixel, [&](long, long n, long at, long) {
                    const F local = f;
                    COLLAB_INDEPENDENT
                    for (long i = 0; i < n; ++i) out[at + i] = local(out[at + i]);
                });
            return;
        }
        const T *const x = load.x.data + first * load.x.pixel, *const more = skip.data + first * skip.pixel;
        const auto pass = [&](long c, long n, const T* in, const T* other, T* to) COLLAB_LAMBDA_INLINE {
            const T *mean = load.mean + c, *scale = load.scale + c, *offset = load.offset + c;
            const F local = f;
            const auto inner = input.f;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i) to[i] = local(inner((in[i] - mean[i]) * scale[i] + offset[i]) + other[i]);
        };
        if (skip.pixel == y.pixel) detail::over_strips(count, channels, 0, channels, load.x.pixel, y.pixel, [&](long c, long n, long from, long at) { pass(c, n, x + from, more + at, out + at); });
        else
            for (long p = 0; p < count; ++p) pass(0, channels, x + p * load.x.pixel, more + p * skip.pixel, out + p * y.pixel);
    });
}

/// g = dy f'(y) and its sums: see FusionBackend.
template <class T, class F>
void normalised_sums(Threads& threads, const Map& map, F f, View<const T> x, View<const T> y, View<const T> dy, const T* saved, T* dgamma, T* dbeta, T* sums, View<T> g) {
    const int channels = map.dims.channels;
    auto room = detail::coefficients<T>(threads, channels);
    const T* const means = room.fill(channels, [&](long c) { return saved[c]; });
    double* const all = detail::zero_sums(threads, channels);
    const bool same = x.pixel == y.pixel && dy.pixel == (g ? g.pixel : dy.pixel);
    const int parts = detail::in_pieces(threads, map, detail::most_sums, [&](int piece, long first, long count) {
        double* const mine = all + std::ptrdiff_t(piece) * 2 * channels;
        const auto step = [&](long n, long c, long at, long from, T* a, T* b) COLLAB_LAMBDA_INLINE {
            const F local = f;
            const T *in = x.data + from, *out = y.data + from, *grad = dy.data + at, *mean = means + c;
            T* const to = g.data + at;
            if (g) {
                COLLAB_INDEPENDENT
                for (long i = 0; i < n; ++i) {
                    const T d = grad[i] * local.slope(out[i]);
                    to[i] = d;
                    a[i] += d;
                    b[i] += d * (in[i] - mean[i]);
                }
            } else {
                COLLAB_INDEPENDENT
                for (long i = 0; i < n; ++i) {
                    a[i] += grad[i];
                    b[i] += grad[i] * (in[i] - mean[i]);
                }
            }
        };
        for (const long end = first + count; first < end;) {   // sums in T stay short
            const long n = same ? std::min(4096L, end - first) : 1;
            if (same) {
                const long from = first * x.pixel, at = first * dy.pixel;
                detail::accumulate<T>(n, channels, 0, channels, dy.pixel, x.pixel, mine,
                                      [&](long k, long c, long i, long j, T* a, T* b) COLLAB_LAMBDA_INLINE { step(k, c, at + i, from + j, a, b); });
            } else {
                for (int c = 0; c < channels; ++c) {
                    const T d = dy.data[first * dy.pixel + c] * f.slope(y.data[first * y.pixel + c]);
                    if (g) g.data[first * g.pixel + c] = d;
                    mine[c] += static_cast<double>(d), mine[channels + c] += static_cast<double>(d * (x.data[first * x.pixel + c] - means[c]));
                }
            }
            first += n;
        }
    });
    detail::add_parts(all, parts, channels);
    detail::finish_gate(all, channels, saved, dgamma, dbeta, sums);
}

/// dx from a NormalisedGradient: see FusionBackend; dx may be its g.
template <class T>
void normalised_gradient(Threads& threads, const Map& map, const NormalisedGradient<T>& gradient, View<T> dx) {
    const int channels = map.dims.channels;
    auto room = detail::coefficients<T>(threads, channels);
    const detail::Load<T> load = detail::load_of(room, gradient, channels);
    detail::in_pieces(threads, map, 4096, [&](int, long first, long count) { load.run(load, first, count, 0, channels, dx.data + first * dx.pixel, dx.pixel); });
}

}  // namespace collab::backend
