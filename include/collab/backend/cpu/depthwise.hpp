// SPDX-License-Identifier: Apache-2.0
// depthwise: convolutions of each channel with its own kernel, with vectors over channels, and their gradients.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/sweep.hpp>
#include <collab/backend/cpu/threads.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

inline bool is_depthwise(const Convolution& g) { return g.groups > 1 && g.groups == g.in.channels; }

/// As copy_window, each channel `repeats` times and then zeros up to `padded` channels: windows then hold whole registers.
template <class T>
void copy_window_padded(const T* x, std::ptrdiff_t pixel, int channels, int repeats, int padded, int height, int width, int top, int rows, int left, int columns, T* to,
                        std::ptrdiff_t to_row) {
    if (channels == padded) return copy_window(x, pixel, channels, height, width, top, rows, left, columns, to, to_row);
    const int first = std::clamp(-left, 0, columns), last = std::clamp(width - left, first, columns);
    for (int r = 0; r < rows; ++r, to += to_row) {
        const int h = top + r;
        std::fill_n(to, std::ptrdiff_t(columns) * padded, T(0));
        if (h < 0 || h >= height) continue;
        for (int w = first; w < last; ++w) {
            const T* from = x + (std::ptrdiff_t(h) * width + left + w) * pixel;
            T* at = to + std::ptrdiff_t(w) * padded;
            for (int c = 0; c < channels; ++c) at = std::fill_n(at, repeats, from[c]);
        }
    }
}

/// What is the same for all tiles of a row of outputs. Windows and weights have `padded` channels per pixel and tap.
template <class T>
struct DepthwiseRow {
    std::ptrdiff_t row, pixel, step;   ///< between tap rows, tap columns and neighbouring outputs
    int from, to, columns;             ///< tap rows that meet the source; tap columns
    const T *weights, *bias;
    std::ptrdiff_t padded, y_step;
    int channels, pixels;              ///< stored per pixel, of four
};

/// Four outputs of a row by V registers of channels.
template <class T, int V>
COLLAB_INLINE void depthwise_tile(const DepthwiseRow<T>& r, int c, const T* x, T* y) {
    constexpr int L = lanes<T>;
    Vector<T> acc[4][V];
    repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE {
        const Vector<T> bias = load(r.bias + c + v * L);
        repeat<4>([&](auto p) COLLAB_LAMBDA_INLINE { acc[p][v] = bias; });
    });
    for (int k = r.from; k < r.to; ++k) {
        const T* at = x + k * r.row + c;
        const T* w = r.weights + std::ptrdiff_t(k) * r.columns * r.padded + c;
        for (int q = 0; q < r.columns; ++q, at += r.pixel, w += r.padded)
            repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE {
                const Vector<T> weight = load(w + v * L);
                repeat<4>([&](auto p) COLLAB_LAMBDA_INLINE { acc[p][v] += load(at + p * r.step + v * L) * weight; });
            });
    }
    if (r.channels - c >= V * L && r.pixels == 4) {
        repeat<4>([&](auto p) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE { store(y + p * r.y_step + c + v * L, acc[p][v]); }); });
    } else {
        alignas(64) T done[4][V * L];
        repeat<4>([&](auto p) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE { store(done[p] + v * L, acc[p][v]); }); });
        for (int p = 0; p < 4 && p < r.pixels; ++p) std::copy_n(done[p], std::min(V * L, r.channels - c), y + p * r.y_step + c);
    }
}

/// `count` outputs of a row, all channels.
template <class T>
COLLAB_NOINLINE void depthwise_row(const DepthwiseRow<T>& r, int count, const T* x, T* y) {
    constexpr int L = lanes<T>;
    for (int w = 0; w < count; w += 4) {
        const int at = std::max(0, std::min(w, count - 4));   // the last four, even if some were in the tile before
        int c = 0;
        for (; c + 2 * L <= r.padded; c += 2 * L) depthwise_tile<T, 2>(r, c, x + at * r.step, y + at * r.y_step);
        if (c < r.padded) depthwise_tile<T, 1>(r, c, x + at * r.step, y + at * r.y_step);
    }
}

/// The sweeps of `d` over x, each channel repeated `repeats` times on the way in; each `merged` neighbouring results are added on the way out.
template <class T>
void depthwise_sweeps(Threads& threads, const Dense& d, int repeats, int merged, View<const T> x, const T* w, const T* bias, View<T> y) {
    const int channels = d.g.out.channels, padded = round_up(channels, lanes<T>), taps = d.taps(), widest = d.sweep(0).columns.count;
    const Window window = d.window();
    T* const packed = threads.shared<T>(std::size_t(taps + 1) * std::size_t(padded));
    T* const padded_bias = packed + std::ptrdiff_t(taps) * padded;
    T* to = packed;
    for (int i = 0; i < d.sweeps(); ++i) {
        const Sweep s = d.sweep(i);
        for (int r = 0; r < s.rows.taps; ++r)
            for (int q = 0; q < s.columns.taps; ++q) {
                const int tap = (s.rows.kernel + r * s.rows.kernel_step) * d.g.kernel.width + s.columns.kernel + q * s.columns.kernel_step;
                to = std::fill_n(std::copy_n(w + std::ptrdiff_t(tap) * channels, channels, to), padded - channels, T(0));
            }
    }
    for (int c = 0; c < padded; ++c) padded_bias[c] = bias && merged == 1 && c < channels ? bias[c] : T(0);

    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * padded, tail = widest < 4 ? std::ptrdiff_t(3) * d.sweep(0).columns.stride * padded : 0;
    const Units units(d.g.batch, window.most_rows, sizeof(T) * std::size_t(window.height(window.most_rows) * row), sizeof(T) * std::size_t(window.row_stride * row),
                      d.target.area(), 16);
    const int parts = std::min(units.count(), 32);
    const std::ptrdiff_t y_row = d.target.width * y.pixel, y_image = d.target.height * y_row;
    const std::size_t window_size = whole_lines<T>(std::size_t(window.height(units.most_rows) * row + tail));
    threads.run(parts, [&](int part) {
        T* const copy = threads.scratch<T>(window_size + (merged > 1 ? std::size_t(widest) * std::size_t(padded) : 0));
        T* const wide_row = copy + window_size;
        for (int u = part_begin(units.count(), parts, part); u < part_begin(units.count(), parts, part + 1); ++u) {
            const Units::Unit unit = units[u];
            for (int image = unit.image; image < unit.image + unit.images; ++image) {
                const int top = unit.row * window.row_stride + window.top, high = window.height(unit.rows);
                copy_window_padded(x.data + std::ptrdiff_t(image) * d.source.area() * x.pixel, x.pixel, d.source.channels, repeats, padded, d.source.height, d.source.width,
                                   top, high, window.left, window.width(), copy, row);
                std::fill_n(copy + high * row, tail, T(0));
                for (int i = 0; i < d.sweeps(); ++i) {
                    const Sweep s = d.sweep(i);
                    for (int m = 0; m < std::min(unit.rows, s.rows.count - unit.row); ++m) {
                        const int h = (unit.row + m) * s.rows.stride + s.rows.origin, from = std::clamp(-h, 0, s.rows.taps);
                        const T* at = copy + (m * s.rows.stride + s.rows.origin - window.top) * row + std::ptrdiff_t(s.columns.origin - window.left) * padded;
                        T* const out = y.data + image * y_image + ((unit.row + m) * s.rows.every + s.rows.first) * y_row + s.columns.first * y.pixel;
                        const DepthwiseRow<T> job{row, padded, std::ptrdiff_t(s.columns.stride) * padded, from, std::clamp(d.source.height - h, from, s.rows.taps),
                                                  s.columns.taps, packed + std::ptrdiff_t(s.earlier_taps) * padded, padded_bias, padded,
                                                  merged > 1 ? padded : s.columns.every * y.pixel, channels, std::min(4, s.columns.count)};
                        depthwise_row(job, s.columns.count, at, merged > 1 ? wide_row : out);
                        if (merged == 1) continue;
                        for (int n = 0; n < s.columns.count; ++n)
                            for (int c = 0; c < d.target.channels; ++c) {
                                T sum = bias ? bias[c] : T(0);
                                for (int j = 0; j < merged; ++j) sum += wide_row[std::ptrdiff_t(n) * padded + c * merged + j];
                                out[n * s.columns.every * y.pixel + c] = sum;
                            }
                    }
                }
            }
        }
    });
}

template <class T>
void depthwise(Threads& threads, const Convolution& g, View<const T> x, const T* w, const T* bias, View<T> y) {
    depthwise_sweeps(threads, Dense(g, false), g.out.channels / g.in.channels, 1, x, w, bias, y);
}

template <class T>
void depthwise_input_gradient(Threads& threads, const Convolution& g, View<const T> dy, const T* w, const T* bias, View<T> dx) {
    depthwise_sweeps(threads, Dense(g, true), 1, g.out.channels / g.in.channels, dy, w, bias, dx);
}

/// Adds to dw[Taps] the sums over rows [0, rows) of `width` outputs, for one register of channels. Neighbouring taps share each dy.
template <class T, int Taps>
COLLAB_NOINLINE void depthwise_weights(int rows, int width, const T* x, std::ptrdiff_t x_row, std::ptrdiff_t x_step, std::ptrdiff_t pixel, const T* dy, std::ptrdiff_t dy_row,
                                       std::ptrdiff_t dy_step, T* dw) {
    Vector<T> even[Taps], odd[Taps];   // two sums of each: one would wait for its own last addition
    repeat<Taps>([&](auto t) COLLAB_LAMBDA_INLINE { even[t].setZero(), odd[t].setZero(); });
    for (int m = 0; m < rows; ++m) {
        const T* px = x + m * x_row;
        const T* pd = dy + m * dy_row;
        int w = 0;
        for (; w + 2 <= width; w += 2, px += 2 * x_step, pd += 2 * dy_step) {
            const Vector<T> d0 = load(pd), d1 = load(pd + dy_step);
            repeat<Taps>([&](auto t) COLLAB_LAMBDA_INLINE { even[t] += load(px + t * pixel) * d0, odd[t] += load(px + x_step + t * pixel) * d1; });
        }
        if (w < width) {
            const Vector<T> d0 = load(pd);
            repeat<Taps>([&](auto t) COLLAB_LAMBDA_INLINE { even[t] += load(px + t * pixel) * d0; });
        }
    }
    repeat<Taps>([&](auto t) COLLAB_LAMBDA_INLINE { store(dw + t * pixel, load(dw + t * pixel) + (even[t] + odd[t])); });
}

template <class T>
void depthwise_weight_gradient(Threads& threads, const Convolution& g, View<const T> x, View<const T> dy, T* dw) {
    constexpr int L = lanes<T>;
    const Dense d(g, false);
    const Sweep s = d.sweep(0);
    const Window window = d.window();
    const int channels = g.out.channels, padded = round_up(channels, L), taps = d.taps();
    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * padded, dy_row = std::ptrdiff_t(s.columns.count) * padded;
    const Units units(g.batch, s.rows.count, sizeof(T) * std::size_t(window.height(s.rows.count) * row + s.rows.count * dy_row),
                      sizeof(T) * std::size_t(window.row_stride * row + dy_row), g.out.area(), 16);
    const std::size_t size = std::size_t(taps) * std::size_t(padded), window_size = std::size_t(window.height(units.most_rows) * row);
    const int parts = std::min(units.count(), 16);
    T* const partial = threads.shared<T>(std::size_t(parts) * size);
    threads.run(parts, [&](int part) {
        T* const sums = partial + std::size_t(part) * size;
        std::fill_n(sums, size, T(0));
        T* const copy = threads.scratch<T>(window_size + std::size_t(units.most_rows * dy_row));
        T* const dy_copy = copy + window_size;
        for (int u = part_begin(units.count(), parts, part); u < part_begin(units.count(), parts, part + 1); ++u) {
            const Units::Unit unit = units[u];
            for (int image = unit.image; image < unit.image + unit.images; ++image) {
                const int top = unit.row * window.row_stride + window.top;
                copy_window_padded(x.data + std::ptrdiff_t(image) * g.in.area() * x.pixel, x.pixel, g.in.channels, channels / g.in.channels, padded, g.in.height, g.in.width, top,
                                   window.height(unit.rows), window.left, window.width(), copy, row);
                copy_window_padded(dy.data + std::ptrdiff_t(image) * g.out.area() * dy.pixel, dy.pixel, channels, 1, padded, g.out.height, g.out.width, unit.row, unit.rows, 0,
                                   g.out.width, dy_copy, dy_row);
                for (int c = 0; c < padded; c += L)
                    for (int k = 0; k < s.rows.taps; ++k)
                        for (int q = 0; q < s.columns.taps;) {
                            const T* at = copy + k * row + std::ptrdiff_t(q) * padded + c;
                            T* to = sums + std::ptrdiff_t(k * s.columns.taps + q) * padded + c;
                            const std::ptrdiff_t x_row = s.rows.stride * row, x_step = std::ptrdiff_t(s.columns.stride) * padded;
                            if (q + 3 <= s.columns.taps)
                                depthwise_weights<T, 3>(unit.rows, s.columns.count, at, x_row, x_step, padded, dy_copy + c, dy_row, padded, to), q += 3;
                            else depthwise_weights<T, 1>(unit.rows, s.columns.count, at, x_row, x_step, padded, dy_copy + c, dy_row, padded, to), q += 1;
                        }
            }
        }
    });
    for (int part = 0; part < parts; ++part)
        for (int t = 0; t < taps; ++t)
            for (int c = 0; c < channels; ++c) dw[std::ptrdiff_t(t) * channels + c] += partial[std::size_t(part) * size + std::size_t(t * padded + c)];
}

}  // namespace collab::backend::detail
