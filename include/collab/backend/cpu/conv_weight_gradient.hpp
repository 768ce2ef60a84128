// SPDX-License-Identifier: Apache-2.0
// conv_weight_gradient: gradients with respect to weights and biases: sums over all pixels, kept in registers.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/sweep.hpp>
#include <collab/backend/cpu/threads.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

namespace detail {

/// The pixels under which a tile of weights is summed: rows [from, to) of `images`.
struct PixelSweep {
    int images, from, to, width;
    std::ptrdiff_t x_image, x_row, x_step, dy_image, dy_row;   // dy pixels are one block apart
};

/// Adds to dw[Inputs][V registers] the sums over pixels of x[input] * dy[channel].
template <class T, int Inputs, int V>
COLLAB_NOINLINE void weight_tile(const PixelSweep& s, const T* x, const T* dy, T* dw) {
    constexpr int L = lanes<T>;
    Vector<T> acc[Inputs][V];
    repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE { acc[i][v].setZero(); }); });
    const std::ptrdiff_t step = s.x_step;
    for (int image = 0; image < s.images; ++image)
        for (int row = s.from; row < s.to; ++row) {
            const T* px = x + image * s.x_image + row * s.x_row;
            const T* pd = dy + image * s.dy_image + row * s.dy_row;
            for (int w = 0; w < s.width; ++w, px += step, pd += V * L) {
                Vector<T> d[V];
                repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE { d[v] = load(pd + v * L); });
                repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE { acc[i][v] += px[i] * d[v]; }); });
            }
        }
    repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE {
        repeat<V>([&](auto v) COLLAB_LAMBDA_INLINE {
            T* at = dw + (i * V + v) * L;
            store(at, load(at) + acc[i][v]);
        });
    });
}

/// Inputs are treated in tiles of 3u and 2u, so that few are wasted: 16 inputs are two tiles of 8, not two of 12.
inline constexpr int input_unit = many_registers ? 4 : 2;
constexpr int covered_inputs(int n) { return std::max(round_up(n, input_unit), 2 * input_unit); }

/// All tiles of one tap row: `inputs` neighbours of x from the pixel on; dw has covered_inputs(inputs) rows.
template <class T, int V>
void weight_tiles(const PixelSweep& s, const T* x, const T* dy, int inputs, T* dw) {
    constexpr int wide = 3 * input_unit, narrow = 2 * input_unit;
    for (int left = covered_inputs(inputs); left > 0;) {
        const bool three = left >= wide && left != narrow * 2;
        if (three) weight_tile<T, wide, V>(s, x, dy, dw);
        else weight_tile<T, narrow, V>(s, x, dy, dw);
        const int n = three ? wide : narrow;
        left -= n, x += n, dw += n * V * lanes<T>;
    }
}

/// Adds to dw. Units of the batch are shared out to a fixed number of parts, each with sums of its own; the sums are added in order.
/// Large weights are shared out by output channels instead, so that the partial sums stay below 64 MB where they can.
template <class T>
void dense_weight_gradient(Threads& threads, const Dense& d, View<const T> x, View<const T> dy, T* dw) {
    constexpr int L = lanes<T>;
    const Sweep s = d.sweep(0);
    const Window window = d.window();
    const int c = d.source_channels, groups = d.g.groups, inputs = s.columns.taps * c, covered = covered_inputs(inputs), outputs = s.rows.count * s.columns.count;
    const Blocks<T> blocks(d.target_channels);
    const std::size_t weights = std::size_t(s.rows.taps) * std::size_t(covered) * std::size_t(blocks.padded());   // of one group

    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * c, slack = 64;   // a tile may read past its last input
    const int slice = std::min(blocks.padded(), 4 * block_vectors * L);
    const std::size_t row_bytes = sizeof(T) * std::size_t(window.row_stride * row + s.columns.count * slice);
    const Units units(d.g.batch, s.rows.count, sizeof(T) * std::size_t(window.height(s.rows.count) * row + outputs * slice), row_bytes, outputs, 256);
    const std::ptrdiff_t image = window.height(units.most_rows) * row, dy_row = s.columns.count, dy_image = units.most_rows * dy_row;   // dy in blocks

    const std::size_t fit = (std::size_t(64) << 20) / (weights * std::size_t(groups) * sizeof(T));
    const int parts = std::max(1, int(std::min<std::size_t>(fit, std::size_t(std::min(units.count(), 16)))));
    const int slices = std::min(blocks.count(), ceil_div(16, parts * groups)), most_blocks = ceil_div(blocks.count(), slices);
    T* const partial = threads.shared<T>(std::size_t(parts * groups) * weights);

    threads.run(parts * groups * slices, [&](int piece) {
        const int part = piece / (groups * slices), group = piece / slices % groups, split = piece % slices;
        const int first_block = part_begin(blocks.count(), slices, split), last_block = part_begin(blocks.count(), slices, split + 1);
        T* const sums = partial + std::size_t(part * groups + group) * weights;
        const auto sums_of = [&](int b) { return sums + std::size_t(blocks.channel(b)) * std::size_t(s.rows.taps * covered); };
        std::fill(sums_of(first_block), last_block == blocks.count() ? sums + weights : sums_of(last_block), T(0));
        const std::size_t window_size = whole_lines<T>(std::size_t(units.most_images * image + slack));
        T* const copy = threads.scratch<T>(window_size + std::size_t(units.most_images * dy_image) * std::size_t(most_blocks * block_vectors * L));
        T* const dy_blocks = copy + window_size;
        for (int u = part_begin(units.count(), parts, part); u < part_begin(units.count(), parts, part + 1); ++u) {
            const Units::Unit unit = units[u];
            const int top = unit.row * window.row_stride + window.top, high = window.height(unit.rows);
            for (int i = 0; i < unit.images; ++i) {
                const T* from = x.data + std::ptrdiff_t(unit.image + i) * d.source.area() * x.pixel + group * c;
                copy_window(from, x.pixel, c, d.source.height, d.source.width, top, high, window.left, window.width(), copy + i * image, row);
            }
            std::fill_n(copy + unit.images * image, slack, T(0));
            T* packed = dy_blocks;
            for (int b = first_block; b < last_block; ++b) {
                const int first = blocks.channel(b), vectors = blocks.in_block(b), wide = vectors * L, n = std::min(wide, d.target_channels - first);
                for (int i = 0; i < unit.images; ++i) {
                    const T* from = dy.data + (std::ptrdiff_t(unit.image + i) * d.target.area() + unit.row * s.columns.count) * dy.pixel + group * d.target_channels + first;
                    T* to = packed + i * dy_image * wide;
                    for (int p = 0; p < unit.rows * s.columns.count; ++p, from += dy.pixel)
                        if (n == wide) to = std::copy_n(from, wide, to);
                        else to = std::fill_n(std::copy_n(from, n, to), wide - n, T(0));
                }
                for (int k = 0; k < s.rows.taps; ++k) {
                    // Rows of outputs whose tap row k lies inside the source; the others meet only zeros.
                    int from = 0, to = unit.rows;
                    const auto source_row = [&](int m) { return (unit.row + m) * s.rows.stride + s.rows.origin + k; };
                    while (from < to && source_row(from) < 0) ++from;
                    while (from < to && source_row(to - 1) >= d.source.height) --to;
                    PixelSweep sweep{unit.images, from, to, s.columns.count, image, s.rows.stride * row, std::ptrdiff_t(s.columns.stride) * c, dy_image * wide, dy_row * wide};
                    if (outputs == 1 && from < to) sweep.images = 1, sweep.width = unit.images, sweep.x_step = image;   // one long row of samples
                    const T* at = copy + k * row;
                    T* to_sums = sums_of(b) + std::size_t(k) * std::size_t(covered * wide);
                    if (vectors == 2) weight_tiles<T, 2>(sweep, at, packed, inputs, to_sums);
                    else weight_tiles<T, 1>(sweep, at, packed, inputs, to_sums);
                }
                packed += unit.images * dy_image * wide;
            }
        }
    });

    const int rows = groups * blocks.count() * s.rows.taps, jobs = std::min(rows * inputs, 32);
    threads.run(jobs, [&](int piece) {
        for (int r = part_begin(rows * inputs, jobs, piece); r < part_begin(rows * inputs, jobs, piece + 1); ++r) {
            const int j = r % inputs, k = r / inputs % s.rows.taps, b = r / (inputs * s.rows.taps) % blocks.count(), group = r / (inputs * s.rows.taps * blocks.count());
            const int first = blocks.channel(b), wide = blocks.in_block(b) * L, n = std::min(wide, d.target_channels - first);
            const T* from = partial + std::size_t(group) * weights + std::size_t(first) * std::size_t(s.rows.taps * covered) + std::size_t(k * covered + j) * std::size_t(wide);
            T* to = dw + std::ptrdiff_t(k * inputs + j) * d.target.channels + group * d.target_channels + first;
            for (int v = 0; v < n; v += L) {
                Vector<T> sum = load(from + v);
                for (int part = 1; part < parts; ++part) sum += load(from + std::size_t(part * groups) * weights + v);
                for (int i = 0; i < std::min(L, n - v); ++i) to[v + i] += sum[i];
            }
        }
    });
}

}  // namespace detail

/// Adds the sum of dy over samples and pixels to db, one per channel.
template <class T>
void bias_gradient(Threads& threads, const Map& map, View<const T> dy, T* db) {
    const int channels = map.dims.channels, parts = int(std::min<long>(32, (map.pixels() + 63) / 64));
    const std::size_t padded = detail::whole_lines<T>(std::size_t(channels));
    T* const partial = threads.shared<T>(std::size_t(parts) * padded);
    threads.run(parts, [&](int part) {
        T* const sums = partial + std::size_t(part) * padded;
        std::fill_n(sums, padded, T(0));
        const long first = map.pixels() * part / parts, last = map.pixels() * (part + 1) / parts;
        const T* at = dy.data + first * dy.pixel;
        for (long p = first; p < last; ++p, at += dy.pixel) {
            COLLAB_INDEPENDENT
            for (int c = 0; c < channels; ++c) sums[c] += at[c];
        }
    });
    for (int part = 0; part < parts; ++part)
        for (int c = 0; c < channels; ++c) db[c] += partial[std::size_t(part) * padded + std::size_t(c)];
}

}  // namespace collab::backend
