// SPDX-License-Identifier: Apache-2.0
// conv_weight_gradient: gradients with respect to weights and biases: sums over all pixels, kept in
// registers.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/prefetch.hpp>
#include <collab/backend/cpu/winograd_gradient.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

namespace detail {

/// The pixels under which a tile of weights is summed: rows [from, to) of `images`.
struct PixelSweep {
    int images, from, to, width;
    std::ptrdiff_t x_image, x_row, x_step, dy_image, dy_row;  // dy pixels are one block apart
    bool first;                                               // the sums are set, not added to
    Prefetcher* ahead;
};

/// Adds to dw[Inputs][V registers], or writes there, the sums over pixels of x[input] *
/// dy[channel].
template <class T, int Inputs, int V>
COLLAB_NOINLINE void weight_tile(const PixelSweep& s, const T* x, const T* dy, T* dw) {
    constexpr int L = lanes<T>;
    Vector<T> acc[Inputs][V];
    inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { acc[i][v] = Vector<T>{}; });
    });
    const std::ptrdiff_t step = s.x_step;
    for (int image = 0; image < s.images; ++image)
        for (int row = s.from; row < s.to; ++row) {
            s.ahead->step();
            const T* px = x + image * s.x_image + row * s.x_row;
            const T* pd = dy + image * s.dy_image + row * s.dy_row;
            for (int w = 0; w < s.width; ++w, px += step, pd += V * L) {
                Vector<T> d[V];
                inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { d[v] = load(pd + v * L); });
                inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
                    inline_loop<V>(
                        [&](int v) COLLAB_LAMBDA_INLINE { add_product(acc[i][v], px[i], d[v]); });
                });
            }
        }
    if (!s.first)
        inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v)
                               COLLAB_LAMBDA_INLINE { acc[i][v] += load(dw + (i * V + v) * L); });
        });
    inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { store(dw + (i * V + v) * L, acc[i][v]); });
    });
}

/// How many of `left` inputs the next tile takes: what the registers hold, or less where that
/// wastes less. 16 inputs by two registers are two tiles of 8, not two of 12. A row of three taps
/// over an image's three channels is a tile of its own.
constexpr int input_tile(int left, int vectors) {
    if (many_registers && left == 9)
        return 9;
    if (vectors == 2) {
        constexpr int wide = many_registers ? 12 : 6;
        constexpr int narrow = wide / 3 * 2;
        return left <= narrow || (left > wide && left <= 2 * narrow) ? narrow : wide;
    }
    if constexpr (!many_registers)
        return left <= 8 || (left > 12 && left <= 16) ? 8 : 12;
    return left <= 12 ? 12 : left <= 16 || (left > 24 && left <= 32) ? 16 : 24;
}
/// Inputs of all tiles together: not below n.
constexpr int covered_inputs(int n, int vectors) {
    int covered = 0;
    while (covered < n)
        covered += input_tile(n - covered, vectors);
    return covered;
}

/// All tiles of one tap row: `inputs` neighbors of x from the pixel on; dw has
/// covered_inputs(inputs, V) rows.
template <class T, int V>
void weight_tiles(const PixelSweep& s, const T* x, const T* dy, int inputs, T* dw) {
    while (inputs > 0) {
        const int n = input_tile(inputs, V);
        const auto is = [&](auto size) {
            return n == size && (weight_tile<T, decltype(size)::value, V>(s, x, dy, dw), true);
        };
        if constexpr (V == 2 && many_registers)
            is(Index<12>{}) || is(Index<8>{}) || is(Index<9>{});
        else if constexpr (V == 2)
            is(Index<6>{}) || is(Index<4>{});
        else if constexpr (many_registers)
            is(Index<24>{}) || is(Index<16>{}) || is(Index<12>{}) || is(Index<9>{});
        else
            is(Index<12>{}) || is(Index<8>{});
        inputs -= n;
        x += n;
        dw += n * V * lanes<T>;
    }
}

/// The sums of all parts, `distance` apart, in rows of `wide` elements.
template <class T>
struct PartSums {
    const T* sums;
    int parts;
    std::size_t distance;
    int wide;
};
/// Adds them to `rows` rows of dw, `to_row` apart. Of a row of sums, n elements count.
template <class T>
COLLAB_NOINLINE void add_weight_sums(const PartSums<T>& all, int rows, int n, T* dw,
                                     std::ptrdiff_t to_row) {
    constexpr int L = lanes<T>;
    auto [sums, parts, distance, wide] = all;
    for (int c = 0; c < rows; ++c, sums += wide, dw += to_row)
        for (int v = 0; v < n; v += L) {
            Vector<T> sum = load(sums + v);
            for (int part = 1; part < parts; ++part)
                sum += load(sums + v + std::size_t(part) * distance);
            if (n - v >= L)
                store(dw + v, load(dw + v) + sum);
            else if constexpr (L > 1)  // without vectors, a register is a number
                for (int i = 0; i < n - v; ++i)
                    dw[v + i] += sum[i];
        }
}

/// How the work on the weights of one group is cut: parts of the batch, each with sums of its own,
/// and slices of the weights by input and output channels. Parts cost memory and additions, slices
/// repeated copying; both depend on the geometry alone.
template <class T>
struct WeightCut {
    int parts;
    int in_slices = 1;
    int out_slices = 1;
    WeightCut(const ConvGeometry& d, std::size_t weight_bytes, int blocks, int units, int outputs) {
        const std::size_t fit = (std::size_t(64) << 20) / weight_bytes;  // at most 64 MB of sums
        // pixels per part, or the additions of parts would cost too much
        const long enough = long(d.g.batch) * outputs / 512;
        parts = int(std::clamp<long>(std::min<long>(long(fit), enough), 1, std::min(units, 16)));
        while (parts * d.g.groups * in_slices * out_slices < 16) {
            const int in = d.source_channels / in_slices;
            const int out = ceil_div(blocks, out_slices) * block_vectors * lanes<T>;
            const bool can_in = in >= 64;
            const bool can_out = out_slices * 2 <= blocks;
            if (!can_in && !can_out)
                break;
            (can_in && (!can_out || in > out) ? in_slices : out_slices) *= 2;
        }
    }
};

/// What a unit will read.
template <class T>
void fetch_unit(Prefetcher& ahead, const ConvGeometry& d, const BatchTiling::Unit& unit,
                const InputTransform<T>& x, const InputTransform<T>& dy) {
    const auto add = [&](const InputTransform<T>& load, const Dims& map) {
        const int rows = d.target.height;  // of outputs
        const long first =
            long(unit.image) * map.area() + long(unit.row) * map.height / rows * map.width;
        const long pixels = unit.images > 1 ? long(unit.images) * map.area()
                                            : long(unit.rows) * map.height / rows * map.width;
        ahead.add(load.x, first, pixels);
        ahead.add(load.raw, first, pixels);
    };
    add(x, d.source);
    add(dy, d.target);
}

/// A gradient by Winograd's tiles: their edge, and parts of the batch with sums of their own; 0 and
/// 0 where that does not pay.
struct WinogradParts {
    int edge = 0;
    int parts = 0;
};
template <class T>
WinogradParts winograd_parts(const ConvGeometry& d, int most_edge) {
    const int edge = winograd_gradient_edge<T>(d, most_edge);
    const std::size_t bytes = winograd_sums_size<T>(edge, d.source_channels, d.target_channels) *
                              std::size_t(d.g.groups) * sizeof(T);
    if (edge == 0 || bytes > (std::size_t(8) << 20))
        return {};
    // adding up the parts must stay cheap
    return {edge, bytes <= std::size_t(128) << 10 ? 16 : 8};
}

/// Adds to dw, by Winograd's tiles.
template <class T>
COLLAB_COLD void dense_winograd_gradient(CpuContext& threads, const ConvGeometry& d,
                                         WinogradParts winograd, const InputTransform<T>& x,
                                         const InputTransform<T>& dy, T* dw) {
    const Window window = d.window();
    const int channels = d.source_channels;
    const int targets = d.target_channels;
    const int groups = d.g.groups;
    const int width = d.target.width;
    const std::ptrdiff_t row = std::ptrdiff_t(window.width()) * channels;
    const std::ptrdiff_t dy_row = std::ptrdiff_t(width) * targets;
    const BatchTiling units(
        d.g.batch, d.target.height,
        sizeof(T) * std::size_t(window.height(d.target.height) * row + d.target.height * dy_row),
        sizeof(T) * std::size_t(row + dy_row), d.target.area(), winograd_outputs(winograd.edge));
    const std::ptrdiff_t image = window.height(units.most_rows) * row;
    const std::ptrdiff_t dy_image = units.most_rows * dy_row;
    const int parts = std::min(winograd.parts, units.count());
    const std::size_t size = winograd_sums_size<T>(winograd.edge, channels, targets);
    const std::size_t distance = size * std::size_t(groups);
    T* const sums = threads.shared<T>(std::size_t(parts) * distance);
    const std::size_t window_size =
        whole_lines<T>(std::size_t(units.most_images * image + lanes<T>));
    const std::size_t dy_size = whole_lines<T>(std::size_t(units.most_images * dy_image));
    const std::size_t tile_size = winograd_gradient_scratch<T>(
        winograd.edge, channels, targets, winograd_tiles_in(units, width, winograd.edge));
    threads.run(parts * groups, [&](int piece) {
        const int group = piece % groups;
        const int part = piece / groups;
        T* const copy = threads.scratch<T>(window_size + dy_size + tile_size);
        T* const formed = copy + window_size;
        const int first_unit = part_begin(units.count(), parts, part);
        const int last_unit = part_begin(units.count(), parts, part + 1);
        Prefetcher ahead;
        for (int u = first_unit; u < last_unit; ++u) {
            const BatchTiling::Unit unit = units[u];
            ahead.clear();
            if (u + 1 < units.count())
                fetch_unit(ahead, d, units[u + 1], x, dy);
            for (int i = 0; i < unit.images; ++i)
                load_window(x, unit.image + i, group * channels, channels,
                            {d.source.height, d.source.width, unit.row + window.top,
                             window.height(unit.rows), window.left, window.width()},
                            copy + i * image, row);
            std::fill_n(copy + unit.images * image, lanes<T>, T(0));
            const std::ptrdiff_t first =
                (std::ptrdiff_t(unit.image) * d.target.height + unit.row) * width;
            WinogradGradientJob<T> job{{copy, channels, row, image, unit.images, unit.rows, width,
                                        channels, winograd.edge},
                                       targets,
                                       formed,
                                       targets,
                                       dy_row,
                                       unit.rows * dy_row,
                                       sums + std::size_t(part) * distance +
                                           std::size_t(group) * size,
                                       u == first_unit,
                                       formed + dy_size,
                                       &ahead};
            if (dy.plain()) {
                job.dy = dy.x.data + first * dy.x.pixel + group * targets;
                job.dy_pixel = dy.x.pixel;
                job.dy_row = width * dy.x.pixel;
                job.dy_image = d.target.height * job.dy_row;
            } else {
                load_pixels(dy, first, group * targets, targets,
                            long(unit.images) * unit.rows * width, formed, targets);
            }
            winograd_weight_gradient(job);
        }
    });
    const int jobs = std::min(channels, 16);
    const int all = d.target.channels;
    threads.run(jobs * groups, [&](int piece) {
        const int group = piece / jobs;
        const int job = piece % jobs;
        winograd_weight_gradient_finish(
            winograd.edge,
            WinogradSums<T>{sums + std::size_t(group) * size, parts, distance, channels, targets},
            part_begin(channels, jobs, job), part_begin(channels, jobs, job + 1),
            WeightPlace<T>{dw + group * targets, std::ptrdiff_t(channels) * all,
                           std::ptrdiff_t(all)});
    });
}

/// Adds to dw.
template <class T>
COLLAB_COLD void dense_weight_gradient(CpuContext& threads, const ConvGeometry& d,
                                       const InputTransform<T>& x, const InputTransform<T>& dy,
                                       T* dw) {
    constexpr int L = lanes<T>;
    if (const WinogradParts winograd = winograd_parts<T>(d, threads.winograd()); winograd.edge > 0)
        return dense_winograd_gradient(threads, d, winograd, x, dy, dw);
    const Sweep s = d.sweep(0);
    const Window window = d.window();
    const int channels = d.source_channels;
    const int groups = d.g.groups;
    const int taps = s.rows.taps;
    const int outputs = s.rows.count * s.columns.count;
    const Blocks<T> blocks(d.target_channels);
    // Sums lie as [part][group][in slice][block][tap row][covered inputs][registers of the block].
    const auto covered = [&](int in, int vectors) {
        return covered_inputs(s.columns.taps * in, vectors);
    };
    // of one slice of `in` input channels, before block b
    const auto sums_before = [&](int in, int b) {
        const bool odd = b == blocks.count() && blocks.vectors % 2 == 1;
        const std::size_t whole = std::size_t(b - odd) * 2 * std::size_t(covered(in, 2));
        return (whole + (odd ? std::size_t(covered(in, 1)) : 0)) * std::size_t(taps * L);
    };

    const int sketch = std::min(blocks.padded(), 4 * block_vectors * L);
    // Single pixels lie one line further apart than a power of two, or the same channels of all of
    // them would compete for the same cache lines.
    const bool single = d.source.area() == 1 && window.width() == 1;
    const auto window_row = [&](int in) {
        return single && in % 64 == 0 ? std::ptrdiff_t(in) + L
                                      : std::ptrdiff_t(window.width()) * in;
    };
    const auto cut_units = [&](int in) {
        return BatchTiling(
            d.g.batch, s.rows.count,
            sizeof(T) *
                std::size_t(window.height(s.rows.count) * window_row(in) + outputs * sketch),
            sizeof(T) * std::size_t(window.row_stride * window_row(in) + s.columns.count * sketch),
            outputs, 256);
    };
    WeightCut<T> cut(d, sums_before(channels, blocks.count()) * std::size_t(groups) * sizeof(T),
                     blocks.count(), cut_units(channels).count(), outputs);
    const int most_in = ceil_div(channels, cut.in_slices);
    const int most_blocks = ceil_div(blocks.count(), cut.out_slices);
    const int slack = 64;  // a tile may read past its last input
    const BatchTiling units = cut_units(most_in);
    // slices have fewer units than all channels: a part without any would leave its sums unset
    cut.parts = std::min(cut.parts, units.count());
    const std::size_t sums_of_slice = sums_before(most_in, blocks.count());
    const std::size_t sums_of_part = sums_of_slice * std::size_t(cut.in_slices * groups);
    // in blocks
    const std::ptrdiff_t dy_row = s.columns.count;
    const std::ptrdiff_t dy_image = units.most_rows * dy_row;
    T* const partial = threads.shared<T>(std::size_t(cut.parts) * sums_of_part);

    const int slices = groups * cut.in_slices * cut.out_slices;
    threads.run(cut.parts * slices, [&](int piece) {
        const int out_slice = piece % cut.out_slices;
        const int in_slice = piece / cut.out_slices % cut.in_slices;
        const int group = piece / (cut.out_slices * cut.in_slices) % groups;
        const int part = piece / (cut.out_slices * cut.in_slices * groups);
        const int first_block = part_begin(blocks.count(), cut.out_slices, out_slice);
        const int last_block = part_begin(blocks.count(), cut.out_slices, out_slice + 1);
        const int first_in = part_begin(channels, cut.in_slices, in_slice);
        const int in = part_begin(channels, cut.in_slices, in_slice + 1) - first_in;
        T* const sums = partial + std::size_t(part) * sums_of_part +
                        std::size_t(group * cut.in_slices + in_slice) * sums_of_slice;
        const std::ptrdiff_t row = window_row(in);
        const std::ptrdiff_t image = window.height(units.most_rows) * row;
        const std::size_t window_size =
            whole_lines<T>(std::size_t(units.most_images * image + slack));
        T* const copy =
            threads.scratch<T>(window_size + std::size_t(units.most_images * dy_image) *
                                                 std::size_t(most_blocks * block_vectors * L));
        T* const dy_blocks = copy + window_size;
        const int first_unit = part_begin(units.count(), cut.parts, part);
        const int last_unit = part_begin(units.count(), cut.parts, part + 1);
        Prefetcher ahead;
        for (int u = first_unit; u < last_unit; ++u) {
            const BatchTiling::Unit unit = units[u];
            ahead.clear();
            // a thread takes pieces in their order
            if (const int next =
                    u + 1 < last_unit || piece % slices + 1 == slices ? u + 1 : first_unit;
                next < units.count()) {
                fetch_unit(ahead, d, units[next], x, dy);
                ahead.spread(long(unit.images) * unit.rows * taps * (last_block - first_block) *
                             std::max(1, s.columns.taps * in / 16));
            }
            const int top = unit.row * window.row_stride + window.top;
            const int high = window.height(unit.rows);
            if (single && image == row)
                load_pixels(x, unit.image, group * channels + first_in, in, unit.images, copy,
                            int(row));
            else
                for (int i = 0; i < unit.images; ++i)
                    load_window(
                        x, unit.image + i, group * channels + first_in, in,
                        {d.source.height, d.source.width, top, high, window.left, window.width()},
                        copy + i * image, row);
            std::fill_n(copy + unit.images * image, slack, T(0));
            T* packed = dy_blocks;
            for (int b = first_block; b < last_block; ++b) {
                const int first = blocks.channel(b);
                const int vectors = blocks.in_block(b);
                const int wide = vectors * L;
                const int n = std::min(wide, d.target_channels - first);
                // BatchTiling of more than one image are whole images, whose pixels all follow one
                // another.
                load_pixels(dy, long(unit.image) * outputs + unit.row * s.columns.count,
                            group * d.target_channels + first, n,
                            long(unit.images) * unit.rows * s.columns.count, packed, wide);
                for (int k = 0; k < taps; ++k) {
                    // Rows of outputs whose tap row k lies inside the source; the others meet only
                    // zeros.
                    int from = 0;
                    int to = unit.rows;
                    const auto source_row = [&](int m) {
                        return (unit.row + m) * s.rows.stride + s.rows.origin + k;
                    };
                    while (from < to && source_row(from) < 0)
                        ++from;
                    while (from < to && source_row(to - 1) >= d.source.height)
                        --to;
                    PixelSweep sweep{unit.images,
                                     from,
                                     to,
                                     s.columns.count,
                                     image,
                                     s.rows.stride * row,
                                     std::ptrdiff_t(s.columns.stride) * in,
                                     dy_image * wide,
                                     dy_row * wide,
                                     u == first_unit,
                                     &ahead};
                    // one long row of samples
                    if (outputs == 1 && from < to) {
                        sweep.images = 1;
                        sweep.width = unit.images;
                        sweep.x_step = image;
                    }
                    T* const to_sums = sums + sums_before(in, b) +
                                       std::size_t(k) * std::size_t(covered(in, vectors) * wide);
                    if (vectors == 2)
                        weight_tiles<T, 2>(sweep, copy + k * row, packed, s.columns.taps * in,
                                           to_sums);
                    else
                        weight_tiles<T, 1>(sweep, copy + k * row, packed, s.columns.taps * in,
                                           to_sums);
                }
                packed += unit.images * dy_image * wide;
            }
        }
    });

    // Sums are read in the order in which they lie: one block of one tap row of one slice after the
    // other.
    threads.run(groups * taps * cut.in_slices * blocks.count(), [&](int job) {
        const int b = job % blocks.count();
        const int slice = job / blocks.count() % cut.in_slices;
        const int k = job / (blocks.count() * cut.in_slices) % taps;
        const int group = job / (blocks.count() * cut.in_slices * taps);
        const int vectors = blocks.in_block(b);
        const int wide = vectors * L;
        const int first_in = part_begin(channels, cut.in_slices, slice);
        const int in = part_begin(channels, cut.in_slices, slice + 1) - first_in;
        const T* from = partial + std::size_t(group * cut.in_slices + slice) * sums_of_slice +
                        sums_before(in, b) +
                        std::size_t(k) * std::size_t(covered(in, vectors) * wide);
        const int first = blocks.channel(b);
        const int n = std::min(wide, d.target_channels - first);
        for (int q = 0; q < s.columns.taps; ++q, from += std::ptrdiff_t(in) * wide)
            add_weight_sums(PartSums<T>{from, cut.parts, sums_of_part, wide}, in, n,
                            dw +
                                (std::ptrdiff_t(k * s.columns.taps + q) * channels + first_in) *
                                    d.target.channels +
                                group * d.target_channels + first,
                            d.target.channels);
    });
}

}  // namespace detail

/// Adds the sum of dy over samples and pixels to db, one per channel.
template <class T>
COLLAB_COLD void bias_gradient(CpuContext& threads, const Map& map, View<const T> dy, T* db) {
    const int channels = map.dims.channels;
    const int parts = int(std::min<long>(32, (map.pixels() + 63) / 64));
    const std::size_t padded = detail::whole_lines<T>(std::size_t(channels));
    T* const partial = threads.shared<T>(std::size_t(parts) * padded);
    threads.run(parts, [&](int part) {
        T* const sums = partial + std::size_t(part) * padded;
        std::fill_n(sums, padded, T(0));
        const long first = map.pixels() * part / parts;
        const long last = map.pixels() * (part + 1) / parts;
        const T* at = dy.data + first * dy.pixel;
        for (long p = first; p < last; ++p, at += dy.pixel) {
            COLLAB_INDEPENDENT
            for (int c = 0; c < channels; ++c)
                sums[c] += at[c];
        }
    });
    for (int part = 0; part < parts; ++part)
        for (int c = 0; c < channels; ++c)
            db[c] += partial[std::size_t(part) * padded + std::size_t(c)];
}

}  // namespace collab::backend
