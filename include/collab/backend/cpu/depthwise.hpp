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
void copy_window_padded(View<const T> x, int channels, int repeats, int padded,
                        const WindowPlace& place, T* to, std::ptrdiff_t to_row) {
    if (channels == padded)
        return copy_window(x, channels, place, to, to_row);
    const auto [height, width, top, rows, left, columns] = place;
    const std::ptrdiff_t pixel = x.pixel;
    const int first = place.first();
    const int last = place.last();
    for (int r = 0; r < rows; ++r, to += to_row) {
        const int h = top + r;
        std::fill_n(to, std::ptrdiff_t(columns) * padded, T(0));
        if (h < 0 || h >= height)
            continue;
        if (repeats == 1) {
            copy_pixels(x.data + (std::ptrdiff_t(h) * width + left + first) * pixel, pixel,
                        channels, last - first, to + std::ptrdiff_t(first) * padded, padded);
            continue;
        }
        for (int w = first; w < last; ++w) {
            const T* from = x.data + (std::ptrdiff_t(h) * width + left + w) * pixel;
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

/// The sweeps of `d`, each channel of the source repeated `repeats` times on the way in; each
/// `merged` neighboring results are added on the way out.
template <class T>
class DepthwiseSweeps {
public:
    DepthwiseSweeps(const ConvGeometry& geometry, int repeat, int merge)
        : d_(geometry),
          repeats_(repeat),
          merged_(merge),
          window_(geometry.window()),
          channels_(geometry.g.out.channels),
          padded_(round_up(channels_, lanes<T>)),
          widest_(geometry.sweep(0).columns.count),
          row_(std::ptrdiff_t(window_.width()) * padded_),
          tail_(widest_ < 4 ? std::ptrdiff_t(3) * geometry.sweep(0).columns.stride * padded_ : 0),
          units_(geometry.g.batch, window_.most_rows,
                 sizeof(T) * std::size_t(window_.height(window_.most_rows) * row_),
                 sizeof(T) * std::size_t(window_.row_stride * row_), geometry.target.area(), 16) {}

    void run(CpuContext& threads, View<const T> x, const T* w, const T* bias, View<T> y) {
        pack(threads, w, bias);
        const int parts = std::min(units_.count(), 32);
        const std::size_t window_size =
            whole_lines<T>(std::size_t(window_.height(units_.most_rows) * row_ + tail_));
        threads.run(parts, [&](int part) {
            T* const copy = threads.scratch<T>(
                window_size + (merged_ > 1 ? std::size_t(widest_) * std::size_t(padded_) : 0));
            for (int u = part_begin(units_.count(), parts, part);
                 u < part_begin(units_.count(), parts, part + 1); ++u) {
                const BatchTiling::Unit unit = units_[u];
                for (int image = unit.image; image < unit.image + unit.images; ++image) {
                    load_image(unit, x, image, copy);
                    for (int i = 0; i < d_.sweeps(); ++i)
                        sweep_image(d_.sweep(i), unit, copy, copy + window_size, y_of(y, image));
                }
            }
        });
    }

private:
    /// The weights, tap by tap as the sweeps read them, and the bias, in whole registers.
    void pack(CpuContext& threads, const T* w, const T* bias) {
        T* const packed = threads.shared<T>(std::size_t(d_.taps() + 1) * std::size_t(padded_));
        T* const padded_bias = packed + std::ptrdiff_t(d_.taps()) * padded_;
        T* to = packed;
        for (int i = 0; i < d_.sweeps(); ++i) {
            const Sweep s = d_.sweep(i);
            for (int r = 0; r < s.rows.taps; ++r)
                for (int q = 0; q < s.columns.taps; ++q) {
                    const int tap = (s.rows.kernel + r * s.rows.kernel_step) * d_.g.kernel.width +
                                    s.columns.kernel + q * s.columns.kernel_step;
                    to =
                        std::fill_n(std::copy_n(w + std::ptrdiff_t(tap) * channels_, channels_, to),
                                    padded_ - channels_, T(0));
                }
        }
        for (int c = 0; c < padded_; ++c)
            padded_bias[c] = bias && merged_ == 1 && c < channels_ ? bias[c] : T(0);
        packed_ = packed;
        padded_bias_ = padded_bias;
        bias_ = bias;
    }
    View<T> y_of(View<T> y, int image) const {
        return {y.data + image * (d_.target.height * (d_.target.width * y.pixel)), y.pixel};
    }
    /// The window of a unit of one image, and the pixels behind it that a tile may read.
    void load_image(const BatchTiling::Unit& unit, View<const T> x, int image, T* copy) const {
        const int high = window_.height(unit.rows);
        const View<const T> map{x.data + std::ptrdiff_t(image) * d_.source.area() * x.pixel,
                                x.pixel};
        copy_window_padded(map, d_.source.channels, repeats_, padded_,
                           {d_.source.height, d_.source.width,
                            unit.row * window_.row_stride + window_.top, high, window_.left,
                            window_.width()},
                           copy, row_);
        std::fill_n(copy + high * row_, tail_, T(0));
    }
    /// One sweep over the window of an image, whose results are y.
    void sweep_image(const Sweep& s, const BatchTiling::Unit& unit, const T* copy, T* wide_row,
                     View<T> y) const {
        const std::ptrdiff_t y_row = d_.target.width * y.pixel;
        for (int m = 0; m < std::min(unit.rows, s.rows.count - unit.row); ++m) {
            const int h = (unit.row + m) * s.rows.stride + s.rows.origin;
            const int from = std::clamp(-h, 0, s.rows.taps);
            const T* at = copy + (m * s.rows.stride + s.rows.origin - window_.top) * row_ +
                          std::ptrdiff_t(s.columns.origin - window_.left) * padded_;
            T* const out = y.data + ((unit.row + m) * s.rows.every + s.rows.first) * y_row +
                           s.columns.first * y.pixel;
            const DepthwiseRow<T> job{row_,
                                      padded_,
                                      std::ptrdiff_t(s.columns.stride) * padded_,
                                      from,
                                      std::clamp(d_.source.height - h, from, s.rows.taps),
                                      s.columns.taps,
                                      packed_ + std::ptrdiff_t(s.earlier_taps) * padded_,
                                      padded_bias_,
                                      padded_,
                                      merged_ > 1 ? padded_ : s.columns.every * y.pixel,
                                      channels_,
                                      std::min(4, s.columns.count)};
            depthwise_row(job, s.columns.count, at, merged_ > 1 ? wide_row : out);
            if (merged_ > 1)
                merge(s, wide_row, out, s.columns.every * y.pixel);
        }
    }
    void merge(const Sweep& s, const T* wide_row, T* out, std::ptrdiff_t step) const {
        for (int n = 0; n < s.columns.count; ++n)
            for (int c = 0; c < d_.target.channels; ++c) {
                T sum = bias_ ? bias_[c] : T(0);
                for (int j = 0; j < merged_; ++j)
                    sum += wide_row[std::ptrdiff_t(n) * padded_ + c * merged_ + j];
                out[n * step + c] = sum;
            }
    }

    ConvGeometry d_;
    int repeats_, merged_;
    Window window_;
    int channels_, padded_, widest_;
    std::ptrdiff_t row_, tail_;
    BatchTiling units_;
    const T *packed_ = nullptr, *padded_bias_ = nullptr, *bias_ = nullptr;
};

template <class T>
COLLAB_COLD void depthwise(CpuContext& threads, const Convolution& g, View<const T> x, const T* w,
                           const T* bias, View<T> y) {
    if (is_depthwise_3x3<T>(g)) {
        Epilogue<T> after(y, g.out.channels);
        depthwise_3x3(threads, g, false, InputTransform<T>(x, g.in.channels), w, bias, after);
        return;
    }
    DepthwiseSweeps<T>(ConvGeometry(g, false), g.out.channels / g.in.channels, 1)
        .run(threads, x, w, bias, y);
}

template <class T>
COLLAB_COLD void depthwise_input_gradient(CpuContext& threads, const Convolution& g,
                                          View<const T> dy, const T* w, const T* bias, View<T> dx) {
    if (is_depthwise_3x3<T>(g)) {
        Epilogue<T> after(dx, g.in.channels);
        depthwise_3x3(threads, g, true, InputTransform<T>(dy, g.out.channels), w, bias, after);
        return;
    }
    DepthwiseSweeps<T>(ConvGeometry(g, true), 1, g.out.channels / g.in.channels)
        .run(threads, dy, w, bias, dx);
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

/// Adds to the weights of one register of channels: three rows by three columns of taps at a time,
/// and what is left one row at a time.
template <class T>
void depthwise_taps(const DepthwiseSums& job, const Sweep& s, const T* x, const T* dy, T* dw) {
    const int rows = s.rows.taps;
    const int columns = s.columns.taps;
    const auto add_rows = [&](int k, int high, int q) {
        const T* at = x + k * job.tap_row + q * job.tap_column;
        T* to = dw + k * job.dw_row + q * job.tap_column;
        const bool three = q + 3 <= columns;
        if (three && high == 3)
            return depthwise_weights<T, 3, 3>(job, at, dy, to);
        for (int r = 0; r < high; ++r, at += job.tap_row, to += job.dw_row) {
            if (three)
                depthwise_weights<T, 1, 3>(job, at, dy, to);
            else
                depthwise_weights<T, 1, 1>(job, at, dy, to);
        }
    };
    for (int k = 0; k < rows;) {
        const int high = k + 3 <= rows && columns >= 3 ? 3 : 1;
        for (int q = 0; q < columns; q += q + 3 <= columns ? 3 : 1)
            add_rows(k, high, q);
        k += high;
    }
}

/// Sums over a part of the batch at a time, and then of the parts.
template <class T>
class DepthwiseWeightGradient {
public:
    explicit DepthwiseWeightGradient(const Convolution& g)
        : d_(g, false),
          s_(d_.sweep(0)),
          window_(d_.window()),
          channels_(g.out.channels),
          padded_(round_up(channels_, lanes<T>)),
          row_(std::ptrdiff_t(window_.width()) * padded_),
          dy_row_(std::ptrdiff_t(s_.columns.count) * padded_),
          units_(g.batch, s_.rows.count,
                 sizeof(T) *
                     std::size_t(window_.height(s_.rows.count) * row_ + s_.rows.count * dy_row_),
                 sizeof(T) * std::size_t(window_.row_stride * row_ + dy_row_), g.out.area(), 16),
          copy_dy_(channels_ != padded_) {}

    void run(CpuContext& threads, View<const T> x, View<const T> dy, T* dw) const {
        const int taps = d_.taps();
        const std::size_t size = std::size_t(taps) * std::size_t(padded_);
        const std::size_t window_size = std::size_t(window_.height(units_.most_rows) * row_);
        const int parts = std::min(units_.count(), 16);
        T* const partial = threads.shared<T>(std::size_t(parts) * size);
        threads.run(parts, [&](int part) {
            T* const sums = partial + std::size_t(part) * size;
            std::fill_n(sums, size, T(0));
            T* const copy = threads.scratch<T>(
                window_size + (copy_dy_ ? std::size_t(units_.most_rows * dy_row_) : 0));
            for (int u = part_begin(units_.count(), parts, part);
                 u < part_begin(units_.count(), parts, part + 1); ++u) {
                const BatchTiling::Unit unit = units_[u];
                for (int image = unit.image; image < unit.image + unit.images; ++image) {
                    load_image(unit, x, image, copy);
                    add_image(unit, copy, gradient_of(unit, dy, image, copy + window_size), sums);
                }
            }
        });
        for (int part = 0; part < parts; ++part)
            for (int t = 0; t < taps; ++t)
                for (int c = 0; c < channels_; ++c)
                    dw[std::ptrdiff_t(t) * channels_ + c] +=
                        partial[std::size_t(part) * size + std::size_t(t * padded_ + c)];
    }

private:
    void load_image(const BatchTiling::Unit& unit, View<const T> x, int image, T* copy) const {
        const Dims& in = d_.g.in;
        copy_window_padded(
            View<const T>{x.data + std::ptrdiff_t(image) * in.area() * x.pixel, x.pixel},
            in.channels, channels_ / in.channels, padded_,
            {in.height, in.width, unit.row * window_.row_stride + window_.top,
             window_.height(unit.rows), window_.left, window_.width()},
            copy, row_);
    }
    /// dy of a unit of one image in whole registers: where it lies, or in `room`.
    View<const T> gradient_of(const BatchTiling::Unit& unit, View<const T> dy, int image,
                              T* room) const {
        const Dims& out = d_.g.out;
        const T* const gradient =
            dy.data + (std::ptrdiff_t(image) * out.area() + unit.row * out.width) * dy.pixel;
        if (!copy_dy_)
            return {gradient, dy.pixel};
        copy_pixels(gradient, dy.pixel, channels_, unit.rows * out.width, room, padded_);
        return {room, padded_};
    }
    void add_image(const BatchTiling::Unit& unit, const T* copy, View<const T> dy, T* sums) const {
        const DepthwiseSums job{unit.rows,
                                s_.columns.count,
                                s_.rows.stride * row_,
                                std::ptrdiff_t(s_.columns.stride) * padded_,
                                row_,
                                padded_,
                                d_.g.out.width * dy.pixel,
                                dy.pixel,
                                std::ptrdiff_t(s_.columns.taps) * padded_};
        for (int c = 0; c < padded_; c += lanes<T>)
            depthwise_taps(job, s_, copy + c, dy.data + c, sums + c);
    }

    ConvGeometry d_;
    Sweep s_;
    Window window_;
    int channels_, padded_;
    std::ptrdiff_t row_, dy_row_;
    BatchTiling units_;
    bool copy_dy_;  ///< whole registers are read where they lie
};

template <class T>
COLLAB_COLD void depthwise_weight_gradient(CpuContext& threads, const Convolution& g,
                                           View<const T> x, View<const T> dy, T* dw) {
    if (is_depthwise_3x3<T>(g))
        return depthwise_3x3_weight_gradient(threads, g, InputTransform<T>(x, g.in.channels),
                                             InputTransform<T>(dy, g.out.channels), dw);
    DepthwiseWeightGradient<T>(g).run(threads, x, dy, dw);
}

}  // namespace collab::backend::detail
