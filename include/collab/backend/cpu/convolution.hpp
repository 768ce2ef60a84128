// SPDX-License-Identifier: Apache-2.0
// convolution: convolutions of the CPU backend and their input gradients, as direct sweeps over
// windows of the source.
#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/conv_tile.hpp>
#include <collab/backend/cpu/conv_weight_gradient.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/kernel_table.hpp>
#include <collab/backend/cpu/operations.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/winograd.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

namespace detail {

/// Whether quads run across n images rather than along rows of `width` pixels: where that fills
/// them better.
inline bool across_images(int n, int width) {
    return n >= 4 && static_cast<long long>(n) * ceil_div(width, 4) >
                         static_cast<long long>(width) * ceil_div(n, 4);
}

/// Terms of a sum from which on its weights are used in chunks.
template <class T>
inline constexpr int long_sum = 384 * 1024 / int(sizeof(T)) / (block_vectors * lanes<T>);

/// Where a unit's source lies: in the map itself or in a copied window.
template <class T>
struct Source {
    const T* data;                     ///< the window's first element
    std::ptrdiff_t pixel, row, image;  ///< distances
};

/// The quads of one sweep over one unit, by rows of the output first so that a tile's quads mostly
/// see the same tap rows.
inline int list_quads(const ConvGeometry& d, const Sweep& s, const Window& window,
                      const BatchTiling::Unit& unit, int rows, std::ptrdiff_t pixel,
                      std::ptrdiff_t row, std::ptrdiff_t image, std::ptrdiff_t y_pixel,
                      Quad* quads) {
    const std::ptrdiff_t y_row = d.target.width * y_pixel;
    const std::ptrdiff_t y_image = d.target.height * y_row;
    const std::ptrdiff_t origin =
        (s.rows.origin - window.top) * row + (s.columns.origin - window.left) * pixel;
    const bool across = across_images(unit.images, s.columns.count);
    const int images = across ? ceil_div(unit.images, 4) : unit.images;
    const int columns = across ? s.columns.count : ceil_div(s.columns.count, 4);
    Quad* q = quads;
    for (int m = 0; m < rows; ++m) {
        const int h = (unit.row + m) * s.rows.stride + s.rows.origin;
        const int from = std::clamp(-h, 0, s.rows.taps);
        const int to = std::clamp(d.source.height - h, from, s.rows.taps);
        for (int a = 0; a < images; ++a) {
            // the last four, even if some were in the quad before
            const int i = across ? std::min(a * 4, unit.images - 4) : a;
            for (int b = 0; b < columns; ++b, ++q) {
                const int w = across ? b : std::max(0, std::min(b * 4, s.columns.count - 4));
                *q = {origin + i * image + m * s.rows.stride * row + w * s.columns.stride * pixel,
                      (unit.image + i) * y_image +
                          ((unit.row + m) * s.rows.every + s.rows.first) * y_row +
                          (w * s.columns.every + s.columns.first) * y_pixel,
                      from, to};
            }
        }
    }
    return int(q - quads);
}

/// What a unit will read and write.
template <class T>
void fetch_unit(Prefetcher& ahead, const ConvGeometry& d, const BatchTiling::Unit& unit,
                const InputTransform<T>& load, const Epilogue<T>& after) {
    // the share of the unit's rows in a map
    const auto pixels = [&](const Dims& map, int rows_all) {
        const long first =
            long(unit.image) * map.area() + long(unit.row) * map.height / rows_all * map.width;
        return std::pair{first, unit.images > 1
                                    ? long(unit.images) * map.area()
                                    : long(unit.rows) * map.height / rows_all * map.width};
    };
    const int rows = d.sweep(0).rows.count;
    const auto [from, in] = pixels(d.source, rows);
    const auto [to, out] = pixels(d.target, rows);
    ahead.add(load.x, from, in);
    ahead.add(load.raw, from, in);
    ahead.add(after.other, to, out);
    ahead.add(after.value, to, out);
    ahead.add(after.more, to, out);
}

/// All sweeps of `d` from `load` to `after.y`; every target pixel is written, those without taps
/// with the bias alone. Returns the number of parts that have sums in `after`.
template <class T>
COLLAB_COLD int dense(CpuContext& threads, const ConvGeometry& d, const InputTransform<T>& load,
                      const T* w, const T* bias, Epilogue<T>& after) {
    constexpr int L = lanes<T>;
    const View<const T> x = load.x;
    const View<T> y = after.y;
    const int c = d.source_channels;
    const int groups = d.g.groups;
    const int outputs = d.sweep(0).rows.count * d.sweep(0).columns.count;
    const Blocks<T> blocks(d.target_channels);
    const Window window = d.window();

    // of its tiles; 0: a direct sweep
    const int winograd = winograd_edge<T>(d, threads.winograd(), threads.chooses_as_if_constant());
    const int widest = d.sweep(0).columns.count;
    const int step = d.sweep(0).columns.stride;
    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * c;
    const std::ptrdiff_t tail = winograd ? L : widest < 4 ? std::ptrdiff_t(3) * step * c : 0;
    // Weights beyond the cache are read again for every unit: there, units are larger.
    const std::size_t budget = sizeof(T) * std::size_t(d.g.weights()) > (std::size_t(2) << 20)
                                   ? std::size_t(2) << 20
                                   : std::size_t(256) << 10;
    const BatchTiling units(d.g.batch, window.most_rows,
                            sizeof(T) * std::size_t(window.height(window.most_rows) * row),
                            sizeof(T) * std::size_t(window.row_stride * row), outputs,
                            winograd ? winograd_outputs(winograd) : 96, budget);
    // One line more than a power of two between images, or the same pixel of every image would
    // compete for the same cache lines.
    const std::ptrdiff_t whole =
        std::ptrdiff_t(whole_lines<T>(std::size_t(window.height(units.most_rows) * row)));
    const std::ptrdiff_t image = whole % (1024 / std::ptrdiff_t(sizeof(T))) == 0
                                     ? whole + 64 / std::ptrdiff_t(sizeof(T))
                                     : whole;

    const std::ptrdiff_t x_row = d.source.width * x.pixel;
    const std::ptrdiff_t x_image = d.source.height * x_row;
    // The map itself serves as source where no window leaves it, quads are always whole and their
    // pixels do not compete for cache lines.
    bool direct = !winograd && load.plain() && window.top >= 0 && window.left >= 0 &&
                  window.right <= d.source.width &&
                  window.height(window.most_rows) + window.top <= d.source.height;
    direct = direct && (x.pixel == c || (d.transposed ? d.g.kernel.width <= d.g.stride.width
                                                      : d.g.kernel.width == 1));
    for (int i = 0; i < d.sweeps() && direct; ++i) {
        const int columns = d.sweep(i).columns.count;
        const int fewest = units.batch / units.groups_of_images;
        const bool some =
            across_images(fewest, columns) || across_images(units.most_images, columns);
        const bool all =
            across_images(fewest, columns) && across_images(units.most_images, columns);
        direct =
            (all || columns >= 4) && !(some && x_image * std::ptrdiff_t(sizeof(T)) % 4096 == 0);
    }

    const std::ptrdiff_t per_group =
        winograd ? std::ptrdiff_t(winograd_weights_size<T>(winograd, c, d.target_channels))
                 : std::ptrdiff_t(blocks.padded()) * c * d.taps();
    const auto operands = threads.weights<T>({w, bias, d.transposed, winograd},
                                             std::size_t(groups * (per_group + blocks.padded())));
    T* const packed = operands.data;
    T* const padded_bias = packed + groups * per_group;
    if (!operands.ready)
        threads.run(groups * blocks.count(), [&](int piece) {
            const int group = piece / blocks.count();
            const int b = piece % blocks.count();
            const int first = blocks.channel(b);
            const int wide = blocks.in_block(b) * L;
            if (winograd)
                winograd_weights(winograd, d, w, group, b,
                                 packed + group * per_group + winograd_block<T>(winograd, c, b));
            else
                pack_weights(d, w, group, first, wide,
                             packed + group * per_group + std::ptrdiff_t(first) * c * d.taps());
            for (int i = first; i < first + wide; ++i)
                padded_bias[group * blocks.padded() + i] =
                    bias && i < d.target_channels ? bias[group * d.target_channels + i] : T(0);
        });

    const int total = groups * units.count();
    const int parts = std::min(total, 32);
    // few units: their output channels are shared out as well
    const int splits = total >= 16 ? 1 : std::min(blocks.count(), ceil_div(16, total));
    if (after.run)
        after.zero_sums(threads, parts);
    const std::size_t window_size =
        direct ? 0 : whole_lines<T>(std::size_t(units.most_images * image + tail));
    const std::size_t most_quads =
        winograd ? 0
                 : std::size_t(units.most_rows) *
                       std::size_t(std::max(units.most_images * ceil_div(widest, 4),
                                            widest * ceil_div(units.most_images, 4)));
    const std::size_t chunked_quads = !winograd && c * d.taps() > long_sum<T> ? most_quads : 0;
    const std::size_t tile_size =
        winograd ? winograd_scratch<T>(winograd, c, d.target_channels,
                                       winograd_tiles_in(units, widest, winograd))
                 : 0;
    threads.run(parts * splits, [&](int piece) {
        const int part = piece / splits;
        const int split = piece % splits;
        const int first_block = part_begin(blocks.count(), splits, split);
        const int last_block = part_begin(blocks.count(), splits, split + 1);
        std::byte* const scratch = threads.scratch<std::byte>(
            (window_size + tile_size + chunked_quads * 4 * block_vectors * L) * sizeof(T) +
            (most_quads + chunked_quads) * sizeof(Quad));
        T* const copy = reinterpret_cast<T*>(scratch);
        T* const chunk_sums = copy + window_size + tile_size;
        Quad* const quads =
            reinterpret_cast<Quad*>(chunk_sums + chunked_quads * 4 * block_vectors * L);
        Quad* const own_quads = quads + most_quads;
        Prefetcher ahead;
        const int last_unit = part_begin(total, parts, part + 1);
        for (int u = part_begin(total, parts, part); u < last_unit; ++u) {
            const int group = u / units.count();
            ahead.clear();
            // of the next part, too: a thread takes parts in their order
            if (u + 1 < total)
                fetch_unit(ahead, d, units[(u + 1) % units.count()], load, after);
            const BatchTiling::Unit unit = units[u % units.count()];
            const int top = unit.row * window.row_stride + window.top;
            const T* const maps = x.data + unit.image * x_image + group * c;
            Source<T> source{maps + top * x_row + window.left * x.pixel, x.pixel, x_row, x_image};
            if (!direct) {
                if (d.source.area() == 1 && image == c && row == c)
                    load_pixels(load, unit.image, group * c, c, unit.images, copy, c);
                else
                    for (int i = 0; i < unit.images; ++i)
                        load_window(load, unit.image + i, group * c, c,
                                    {d.source.height, d.source.width, top, window.height(unit.rows),
                                     window.left, window.width()},
                                    copy + i * image, row);
                std::fill_n(copy + unit.images * image, tail, T(0));
                source = {copy, c, row, image};
            }
            if (winograd) {
                const int first = blocks.channel(first_block);
                const int n = std::min(blocks.channel(last_block), d.target_channels) - first;
                const std::ptrdiff_t y_row = d.target.width * y.pixel;
                const std::ptrdiff_t y_image = d.target.height * y_row;
                if (n > 0)
                    winograd_tiles(WinogradJob<T>{
                        {source.data, source.pixel, source.row, source.image, unit.images,
                         unit.rows, d.target.width, c, winograd},
                        n,
                        packed + group * per_group + winograd_block<T>(winograd, c, first_block),
                        padded_bias + group * blocks.padded() + first,
                        y.data + unit.image * y_image + unit.row * y_row +
                            group * d.target_channels + first,
                        y.pixel,
                        y_row,
                        y_image,
                        copy + window_size,
                        &ahead});
            }
            for (int i = 0; i < d.sweeps() && !winograd; ++i) {
                const Sweep s = d.sweep(i);
                const int rows = std::min(unit.rows, s.rows.count - unit.row);
                const int length = s.columns.taps * c;
                if (s.empty() || rows <= 0)
                    continue;
                const int n = list_quads(d, s, window, unit, rows, source.pixel, source.row,
                                         source.image, y.pixel, quads);
                const bool across = across_images(unit.images, s.columns.count);
                if (i == 0)
                    ahead.spread(long(n) * s.rows.taps * d.sweeps() * (last_block - first_block) /
                                 3);
                // Long sums go in chunks whose weights stay in cache. Their parts lie quad by quad:
                // some pixels are in two quads.
                const int chunks = std::max(1, ceil_div(length * s.rows.taps, long_sum<T>));
                for (int b = first_block; b < last_block; ++b) {
                    const int first = blocks.channel(b);
                    const int wide = blocks.in_block(b) * L;
                    const T* weights = packed + group * per_group +
                                       std::ptrdiff_t(first) * c * d.taps() +
                                       std::ptrdiff_t(s.earlier_taps) * c * wide;
                    TileJob<T> job{source.data,
                                   across ? source.image : s.columns.stride * source.pixel,
                                   source.row,
                                   length,
                                   0,
                                   length,
                                   weights,
                                   padded_bias + group * blocks.padded() + first,
                                   y.data + group * d.target_channels + first,
                                   across ? d.target.area() * y.pixel : s.columns.every * y.pixel,
                                   d.target_channels - first,
                                   across ? 4 : std::min(4, s.columns.count),
                                   false,
                                   &ahead};
                    if (chunks == 1) {
                        conv_all_tiles(job, blocks.in_block(b), quads, n);
                        continue;
                    }
                    TileJob<T> part_of = job;
                    part_of.y = chunk_sums;
                    part_of.y_step = wide;
                    part_of.channels = wide;
                    part_of.pixels = 4;
                    for (int q = 0; q < n; ++q) {
                        own_quads[q] = quads[q];
                        own_quads[q].y = std::ptrdiff_t(q) * 4 * wide;
                    }
                    for (int k = 0; k < chunks; ++k) {
                        part_of.from = part_begin(length, chunks, k);
                        part_of.to = part_begin(length, chunks, k + 1);
                        part_of.add = k > 0;
                        conv_all_tiles(part_of, blocks.in_block(b), own_quads, n);
                    }
                    for (int q = 0; q < n; ++q)
                        for (int p = 0; p < job.pixels; ++p)
                            copy_few<block_vectors * L>(chunk_sums + (q * 4 + p) * wide,
                                                        std::min(wide, job.channels),
                                                        job.y + quads[q].y + p * job.y_step);
                }
            }
            if (!after.run)
                continue;
            const int every = d.sweep(0).rows.every;
            const int first_row = unit.row * every;
            const int rows = std::min((unit.row + unit.rows) * every, d.target.height) - first_row;
            const int first = blocks.channel(first_block);
            const int last = std::min(blocks.channel(last_block), d.target_channels);
            if (rows > 0 && last > first)  // units of more than one image are whole images
                after.run(after, part,
                          (long(unit.image) * d.target.height + first_row) * d.target.width,
                          long(unit.images) * rows * d.target.width,
                          group * d.target_channels + first, last - first);
        }
    });
    return parts;
}

/// A sweep, or the sums of a weight gradient, of a flattened convolution that is not depthwise, by
/// whichever kernels there are for it: see `dense` and `dense_weight_gradient`.
template <class T>
int sweep_of(CpuContext& threads, const KernelTable<T>& families, const ConvGeometry& d,
             const InputTransform<T>& x, const T* w, const T* bias, Epilogue<T>& after) {
    if (by_matrix_unit(threads, families, d.g))
        return families.unit_sweep(threads, d.g, d.transposed, x, w, bias, after);
    return dense(threads, d, x, w, bias, after);
}
template <class T>
void weight_gradient_of(CpuContext& threads, const KernelTable<T>& families,
                        const Convolution& flat, const InputTransform<T>& x,
                        const InputTransform<T>& dy, T* dw) {
    if (by_matrix_unit(threads, families, flat))
        families.unit_weight_gradient(threads, flat, x, dy, dw);
    else
        dense_weight_gradient(threads, ConvGeometry(flat, false), x, dy, dw);
}

}  // namespace detail

/// y = x * w (+ bias, one per output channel, unless null).
template <class T>
COLLAB_COLD void conv2d(CpuContext& threads, const Convolution& g, View<const T> x, const T* w,
                        const T* bias, View<T> y, const detail::KernelTable<T>& families) {
    const Convolution flat = detail::flattened(g);
    if (detail::is_depthwise(flat))
        return families.depthwise(threads, flat, x, w, bias, y);
    detail::Epilogue<T> after(y, g.out.channels);
    detail::sweep_of(threads, families, detail::ConvGeometry(flat, false),
                     detail::InputTransform<T>(x, g.in.channels), w, bias, after);
}

/// dx = the gradient of `conv2d` with respect to x (+ bias, one per input channel, unless null: for
/// the transposed convolution).
template <class T>
COLLAB_COLD void conv2d_input_gradient(CpuContext& threads, const Convolution& g, View<const T> dy,
                                       const T* w, const T* bias, View<T> dx,
                                       const detail::KernelTable<T>& families) {
    const Convolution flat = detail::flattened(g);
    if (detail::is_depthwise(flat))
        return families.depthwise_input_gradient(threads, flat, dy, w, bias, dx);
    detail::Epilogue<T> after(dx, g.in.channels);
    detail::sweep_of(threads, families, detail::ConvGeometry(flat, true),
                     detail::InputTransform<T>(dy, g.out.channels), w, bias, after);
}

/// Adds the gradient with respect to the weights to dw.
template <class T>
COLLAB_COLD void conv2d_weight_gradient(CpuContext& threads, const Convolution& g, View<const T> x,
                                        View<const T> dy, T* dw,
                                        const detail::KernelTable<T>& families) {
    const Convolution flat = detail::flattened(g);
    if (detail::is_depthwise(flat))
        return families.depthwise_weight_gradient(threads, flat, x, dy, dw);
    detail::weight_gradient_of(threads, families, flat, detail::InputTransform<T>(x, g.in.channels),
                               detail::InputTransform<T>(dy, g.out.channels), dw);
}

}  // namespace collab::backend
