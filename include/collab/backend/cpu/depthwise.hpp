// SPDX-License-Identifier: Apache-2.0
// depthwise: convolutions of each channel with its own kernel, with vectors over channels, and
// their gradients.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/depthwise_3x3.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// As copy_window, each channel `repeats` times and then zeros up to `padded` channels: windows
/// then hold whole registers.
template <class T>
void copy_window_padded(const T* x, std::ptrdiff_t pixel, int channels, int repeats, int padded,
                        int height, int width, int top, int rows, int left, int columns, T* to,
                        std::ptrdiff_t to_row) {
    if (channels == padded)
        return copy_window(x, pixel, channels, height, width, top, rows, left, columns, to, to_row);
    const int first = std::clamp(-left, 0, columns);
    const int last = std::clamp(width - left, first, columns);
    for (int r = 0; r < rows; ++r, to += to_row) {
        const int h = top + r;
        std::fill_n(to, std::ptrdiff_t(columns) * padded, T(0));
        if (h < 0 || h >= height)
            continue;
        if (repeats == 1) {
            copy_pixels(x + (std::ptrdiff_t(h) * width + left + first) * pixel, pixel, channels,
                        last - first, to + std::ptrdiff_t(first) * padded, padded);
            continue;
        }
        for (int w = first; w < last; ++w) {
            const T* from = x + (std::ptrdiff_t(h) * width + left + w) * pixel;
            T* at = to + std::ptrdiff_t(w) * padded;
            for (int c = 0; c < channels; ++c)
                at = std::fill_n(at, repeats, from[c]);
        }
    }
}

/// What is the same for all tiles of a row of outputs. Windows and weights have `padded` channels
/// per pixel and tap.
template <class T>
struct DepthwiseRow {
    std::ptrdiff_t row, pixel, step;  ///< between tap rows, tap columns and neighboring outputs
    int from, to, columns;            ///< tap rows that meet the source; tap columns
    const T *weights, *bias;
    std::ptrdiff_t padded, y_step;
    int channels, pixels;  ///< stored per pixel, of four
};

/// Four outputs of a row by V registers of channels.
template <class T, int V>
COLLAB_INLINE void depthwise_tile(const DepthwiseRow<T>& r, int c, const T* x, T* y) {
    constexpr int L = lanes<T>;
    Vector<T> acc[4][V];
    inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
        const Vector<T> bias = load(r.bias + c + v * L);
        inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE { acc[p][v] = bias; });
    });
    for (int k = r.from; k < r.to; ++k) {
        const T* at = x + k * r.row + c;
        const T* w = r.weights + std::ptrdiff_t(k) * r.columns * r.padded + c;
        for (int q = 0; q < r.columns; ++q, at += r.pixel, w += r.padded)
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                const Vector<T> weight = load(w + v * L);
                inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE {
                    add_product(acc[p][v], load(at + p * r.step + v * L), weight);
                });
            });
    }
    if (r.channels - c >= V * L && r.pixels == 4) {
        inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                store(y + p * r.y_step + c + v * L, acc[p][v]);
            });
        });
    } else {
        alignas(64) T done[4][V * L];
        inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { store(done[p] + v * L, acc[p][v]); });
        });
        for (int p = 0; p < 4 && p < r.pixels; ++p)
            copy_few<V * L>(done[p], std::min(V * L, r.channels - c), y + p * r.y_step + c);
    }
}

/// `count` outputs of a row, all channels.
template <class T>
COLLAB_NOINLINE void depthwise_row(const DepthwiseRow<T>& r, int count, const T* x, T* y) {
    constexpr int L = lanes<T>;
    for (int w = 0; w < count; w += 4) {
        // the last four, even if some were in the tile before
        const int at = std::max(0, std::min(w, count - 4));
        int c = 0;
        for (; c + 2 * L <= r.padded; c += 2 * L)
            depthwise_tile<T, 2>(r, c, x + at * r.step, y + at * r.y_step);
        if (c < r.padded)
            depthwise_tile<T, 1>(r, c, x + at * r.step, y + at * r.y_step);
    }
}

/// The sweeps of `d` over x, each channel repeated `repeats` times on the way in; each `merged`
/// neighboring results are added on the way out.
template <class T>
COLLAB_COLD void depthwise_sweeps(CpuContext& threads, const ConvGeometry& d, int repeats,
                                  int merged, View<const T> x, const T* w, const T* bias,
                                  View<T> y) {
    const int channels = d.g.out.channels;
    const int padded = round_up(channels, lanes<T>);
    const int taps = d.taps();
    const int widest = d.sweep(0).columns.count;
    const Window window = d.window();
    T* const packed = threads.shared<T>(std::size_t(taps + 1) * std::size_t(padded));
    T* const padded_bias = packed + std::ptrdiff_t(taps) * padded;
    T* to = packed;
    for (int i = 0; i < d.sweeps(); ++i) {
        const Sweep s = d.sweep(i);
        for (int r = 0; r < s.rows.taps; ++r)
            for (int q = 0; q < s.columns.taps; ++q) {
                const int tap = (s.rows.kernel + r * s.rows.kernel_step) * d.g.kernel.width +
                                s.columns.kernel + q * s.columns.kernel_step;
                to = std::fill_n(std::copy_n(w + std::ptrdiff_t(tap) * channels, channels, to),
                                 padded - channels, T(0));
            }
    }
    for (int c = 0; c < padded; ++c)
        padded_bias[c] = bias && merged == 1 && c < channels ? bias[c] : T(0);

    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * padded;
    const std::ptrdiff_t tail =
        widest < 4 ? std::ptrdiff_t(3) * d.sweep(0).columns.stride * padded : 0;
    const BatchTiling units(d.g.batch, window.most_rows,
                            sizeof(T) * std::size_t(window.height(window.most_rows) * row),
                            sizeof(T) * std::size_t(window.row_stride * row), d.target.area(), 16);
    const int parts = std::min(units.count(), 32);
    const std::ptrdiff_t y_row = d.target.width * y.pixel;
    const std::ptrdiff_t y_image = d.target.height * y_row;
    const std::size_t window_size =
        whole_lines<T>(std::size_t(window.height(units.most_rows) * row + tail));
    threads.run(parts, [&](int part) {
        T* const copy = threads.scratch<T>(
            window_size + (merged > 1 ? std::size_t(widest) * std::size_t(padded) : 0));
        T* const wide_row = copy + window_size;
        for (int u = part_begin(units.count(), parts, part);
             u < part_begin(units.count(), parts, part + 1); ++u) {
            const BatchTiling::Unit unit = units[u];
            for (int image = unit.image; image < unit.image + unit.images; ++image) {
                const int top = unit.row * window.row_stride + window.top;
                const int high = window.height(unit.rows);
                copy_window_padded(x.data + std::ptrdiff_t(image) * d.source.area() * x.pixel,
                                   x.pixel, d.source.channels, repeats, padded, d.source.height,
                                   d.source.width, top, high, window.left, window.width(), copy,
                                   row);
                std::fill_n(copy + high * row, tail, T(0));
                for (int i = 0; i < d.sweeps(); ++i) {
                    const Sweep s = d.sweep(i);
                    for (int m = 0; m < std::min(unit.rows, s.rows.count - unit.row); ++m) {
                        const int h = (unit.row + m) * s.rows.stride + s.rows.origin;
                        const int from = std::clamp(-h, 0, s.rows.taps);
                        const T* at = copy +
                                      (m * s.rows.stride + s.rows.origin - window.top) * row +
                                      std::ptrdiff_t(s.columns.origin - window.left) * padded;
                        T* const out = y.data + image * y_image +
                                       ((unit.row + m) * s.rows.every + s.rows.first) * y_row +
                                       s.columns.first * y.pixel;
                        const DepthwiseRow<T> job{
                            row,
                            padded,
                            std::ptrdiff_t(s.columns.stride) * padded,
                            from,
                            std::clamp(d.source.height - h, from, s.rows.taps),
                            s.columns.taps,
                            packed + std::ptrdiff_t(s.earlier_taps) * padded,
                            padded_bias,
                            padded,
                            merged > 1 ? padded : s.columns.every * y.pixel,
                            channels,
                            std::min(4, s.columns.count)};
                        depthwise_row(job, s.columns.count, at, merged > 1 ? wide_row : out);
                        if (merged == 1)
                            continue;
                        for (int n = 0; n < s.columns.count; ++n)
                            for (int c = 0; c < d.target.channels; ++c) {
                                T sum = bias ? bias[c] : T(0);
                                for (int j = 0; j < merged; ++j)
                                    sum += wide_row[std::ptrdiff_t(n) * padded + c * merged + j];
                                out[n * s.columns.every * y.pixel + c] = sum;
                            }
                    }
                }
            }
        }
    });
}

template <class T>
COLLAB_COLD void depthwise(CpuContext& threads, const Convolution& g, View<const T> x, const T* w,
                           const T* bias, View<T> y) {
    if (is_depthwise_3x3<T>(g)) {
        Epilogue<T> after(y, g.out.channels);
        depthwise_3x3(threads, g, false, InputTransform<T>(x, g.in.channels), w, bias, after);
        return;
    }
    depthwise_sweeps(threads, ConvGeometry(g, false), g.out.channels / g.in.channels, 1, x, w, bias,
                     y);
}

template <class T>
COLLAB_COLD void depthwise_input_gradient(CpuContext& threads, const Convolution& g,
                                          View<const T> dy, const T* w, const T* bias, View<T> dx) {
    if (is_depthwise_3x3<T>(g)) {
        Epilogue<T> after(dx, g.in.channels);
        depthwise_3x3(threads, g, true, InputTransform<T>(dy, g.out.channels), w, bias, after);
        return;
    }
    depthwise_sweeps(threads, ConvGeometry(g, true), 1, g.out.channels / g.in.channels, dy, w, bias,
                     dx);
}

/// Where depthwise_weights finds its operands: `rows` x `width` outputs.
struct DepthwiseSums {
    int rows, width;
    std::ptrdiff_t x_row, x_step, tap_row, tap_column, dy_row, dy_step, dw_row;
};

/// Adds to Rows x Columns neighboring weights of one register of channels the sums over all
/// outputs. The taps share each dy.
template <class T, int Rows, int Columns>
COLLAB_NOINLINE void depthwise_weights(const DepthwiseSums& s, const T* x, const T* dy, T* dw) {
    // few sums would wait for their own last addition: even and odd outputs apart
    constexpr int chains = Rows * Columns < 8 ? 2 : 1;
    Vector<T> acc[chains][Rows][Columns];
    const auto each = [&](auto f) COLLAB_LAMBDA_INLINE {
        inline_loop<Rows>([&](int k) COLLAB_LAMBDA_INLINE {
            inline_loop<Columns>([&](int q) COLLAB_LAMBDA_INLINE { f(k, q); });
        });
    };
    inline_loop<chains>([&](int i) COLLAB_LAMBDA_INLINE {
        each([&](auto k, auto q) COLLAB_LAMBDA_INLINE { acc[i][k][q] = Vector<T>{}; });
    });
    for (int m = 0; m < s.rows; ++m) {
        const T* px = x + m * s.x_row;
        const T* pd = dy + m * s.dy_row;
        const auto output = [&](auto i) COLLAB_LAMBDA_INLINE {
            const Vector<T> d = load(pd);
            each([&](auto k, auto q) COLLAB_LAMBDA_INLINE {
                add_product(acc[i][k][q], load(px + k * s.tap_row + q * s.tap_column), d);
            });
            px += s.x_step;
            pd += s.dy_step;
        };
        for (int w = 0; w + chains <= s.width; w += chains)
            inline_loop<chains>(output);
        if (s.width % chains)
            output(0);
    }
    each([&](auto k, auto q) COLLAB_LAMBDA_INLINE {
        T* at = dw + k * s.dw_row + q * s.tap_column;
        if constexpr (chains == 2)
            acc[0][k][q] += acc[chains - 1][k][q];
        store(at, load(at) + acc[0][k][q]);
    });
}

template <class T>
COLLAB_COLD void depthwise_weight_gradient(CpuContext& threads, const Convolution& g,
                                           View<const T> x, View<const T> dy, T* dw) {
    if (is_depthwise_3x3<T>(g))
        return depthwise_3x3_weight_gradient(threads, g, InputTransform<T>(x, g.in.channels),
                                             InputTransform<T>(dy, g.out.channels), dw);
    constexpr int L = lanes<T>;
    const ConvGeometry d(g, false);
    const Sweep s = d.sweep(0);
    const Window window = d.window();
    const int channels = g.out.channels;
    const int padded = round_up(channels, L);
    const int taps = d.taps();
    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * padded;
    const std::ptrdiff_t dy_row = std::ptrdiff_t(s.columns.count) * padded;
    const BatchTiling units(
        g.batch, s.rows.count,
        sizeof(T) * std::size_t(window.height(s.rows.count) * row + s.rows.count * dy_row),
        sizeof(T) * std::size_t(window.row_stride * row + dy_row), g.out.area(), 16);
    const std::size_t size = std::size_t(taps) * std::size_t(padded);
    const std::size_t window_size = std::size_t(window.height(units.most_rows) * row);
    const bool copy_dy = channels != padded;  // whole registers are read where they lie
    const int parts = std::min(units.count(), 16);
    T* const partial = threads.shared<T>(std::size_t(parts) * size);
    threads.run(parts, [&](int part) {
        T* const sums = partial + std::size_t(part) * size;
        std::fill_n(sums, size, T(0));
        T* const copy =
            threads.scratch<T>(window_size + (copy_dy ? std::size_t(units.most_rows * dy_row) : 0));
        T* const dy_copy = copy + window_size;
        for (int u = part_begin(units.count(), parts, part);
             u < part_begin(units.count(), parts, part + 1); ++u) {
            const BatchTiling::Unit unit = units[u];
            for (int image = unit.image; image < unit.image + unit.images; ++image) {
                const int top = unit.row * window.row_stride + window.top;
                copy_window_padded(x.data + std::ptrdiff_t(image) * g.in.area() * x.pixel, x.pixel,
                                   g.in.channels, channels / g.in.channels, padded, g.in.height,
                                   g.in.width, top, window.height(unit.rows), window.left,
                                   window.width(), copy, row);
                const T* gradient =
                    dy.data +
                    (std::ptrdiff_t(image) * g.out.area() + unit.row * g.out.width) * dy.pixel;
                if (copy_dy) {
                    copy_pixels(gradient, dy.pixel, channels, unit.rows * g.out.width, dy_copy,
                                padded);
                    gradient = dy_copy;
                }
                const std::ptrdiff_t dy_step = copy_dy ? padded : dy.pixel;
                const DepthwiseSums job{unit.rows,
                                        s.columns.count,
                                        s.rows.stride * row,
                                        std::ptrdiff_t(s.columns.stride) * padded,
                                        row,
                                        padded,
                                        g.out.width * dy_step,
                                        dy_step,
                                        std::ptrdiff_t(s.columns.taps) * padded};
                for (int c = 0; c < padded; c += L)
                    for (int k = 0; k < s.rows.taps;) {
                        const int high = k + 3 <= s.rows.taps && s.columns.taps >= 3 ? 3 : 1;
                        for (int q = 0; q < s.columns.taps;) {
                            const T* at = copy + k * row + std::ptrdiff_t(q) * padded + c;
                            T* to = sums + std::ptrdiff_t(k * s.columns.taps + q) * padded + c;
                            const bool three = q + 3 <= s.columns.taps;
                            if (three && high == 3)
                                depthwise_weights<T, 3, 3>(job, at, gradient + c, to);
                            else
                                for (int r = 0; r < high; ++r) {
                                    if (three)
                                        depthwise_weights<T, 1, 3>(job, at + r * row, gradient + c,
                                                                   to + r * job.dw_row);
                                    else
                                        depthwise_weights<T, 1, 1>(job, at + r * row, gradient + c,
                                                                   to + r * job.dw_row);
                                }
                            q += three ? 3 : 1;
                        }
                        k += high;
                    }
            }
        }
    });
    for (int part = 0; part < parts; ++part)
        for (int t = 0; t < taps; ++t)
            for (int c = 0; c < channels; ++c)
                dw[std::ptrdiff_t(t) * channels + c] +=
                    partial[std::size_t(part) * size + std::size_t(t * padded + c)];
}

}  // namespace collab::backend::detail
