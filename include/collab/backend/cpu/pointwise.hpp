// SPDX-License-Identifier: Apache-2.0
// pointwise: both gradients of a 1x1 convolution in one sweep over the pixels: what they read is
// read, and formed, once.
//
// Such a layer does few multiplications per number, so memory decides as long as its weights are
// small. The gradient of a unit of pixels is formed in blocks of two registers of channels, which
// the sums for the weights read as rows and the gradient of the input as if they were taps of a
// window.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/conv_tile.hpp>
#include <collab/backend/cpu/conv_weight_gradient.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/packing.hpp>

namespace collab::backend::detail {

/// How the pixels are cut: units of whole tiles, and parts of units with sums of their own. Depends
/// on the geometry only.
struct PointwiseUnits {
    long pixels;
    int parts, each, count;
    static constexpr int tile = 12;
    explicit PointwiseUnits(long p) : pixels(p), parts(int(std::clamp(p / 256, 1L, 16L))) {
        const long fewest = (p + 191) / 192;
        const long units = std::max<long>(parts, fewest);
        each = round_up(int((p + units - 1) / units), tile);
        count = int((p + each - 1) / each);
        parts = std::min(parts, count);
    }
    long first(int u) const { return long(u) * each; }
    int in(int u) const { return int(std::min<long>(each, pixels - first(u))); }
};

/// Elements of the sums of one part: [block of outputs][covered inputs][registers of the block].
template <class T>
std::size_t pointwise_sums(int in, int out, int blocks_before) {
    const Blocks<T> blocks(out);
    std::size_t n = 0;
    for (int b = 0; b < blocks_before; ++b)
        n += std::size_t(covered_inputs(in, blocks.in_block(b)) * blocks.in_block(b) * lanes<T>);
    return n;
}

/// Whether the sweep pays: pixels enough for parts of their own, and weights that stay in the
/// second-level cache.
template <class T>
bool pointwise_in_one_sweep(const Convolution& g) {
    if (g.kernel.area() != 1 || g.groups != 1 || g.in.area() != 1 || g.out.area() != 1 ||
        !(g.pad == Extent{0, 0}))
        return false;
    return g.batch >= 1024 && sizeof(T) * std::size_t(g.weights()) <= std::size_t(1) << 20;
}

/// Adds to dw and writes after.y; `g` is flattened. Returns the number of parts that have sums in
/// `after`.
template <class T>
COLLAB_COLD int pointwise_backward(CpuContext& threads, const Convolution& g,
                                   const InputTransform<T>& x, const InputTransform<T>& dy,
                                   const T* w, T* dw, Epilogue<T>& after) {
    constexpr int L = lanes<T>;
    constexpr int slack = 64;  // a tile may read past its last input
    const int in = g.in.channels;
    const int out = g.out.channels;
    const PointwiseUnits units(g.batch);
    const Blocks<T> targets(out);
    const Blocks<T> sources(in);
    // blocks of dy with all their channels; the rest is one more
    const int whole = out / (block_vectors * L);
    // Pixels lie one line further apart than a power of two, or the same channels of all of them
    // would compete for the same cache lines.
    const std::ptrdiff_t x_row = in % 64 == 0 ? in + L : in;
    const std::size_t sums_size = pointwise_sums<T>(in, out, targets.count());
    const std::size_t packed_size =
        whole_lines<T>(std::size_t(sources.padded()) * std::size_t(out));
    T* const packed = threads.shared<T>(packed_size + std::size_t(units.parts) * sums_size);
    T* const sums = packed + packed_size;
    const ConvGeometry back(g, true);
    threads.run(sources.count(), [&](int b) {
        pack_weights(back, w, 0, sources.channel(b), sources.in_block(b) * L,
                     packed + std::ptrdiff_t(sources.channel(b)) * out);
    });
    if (after.run)
        after.zero_sums(threads, units.parts);

    const std::size_t x_size = whole_lines<T>(std::size_t(units.each * x_row + slack));
    const std::size_t dy_size = std::size_t(units.each) * std::size_t(targets.padded());
    const std::size_t most_quads = std::size_t(units.each / 4 + 1);
    threads.run(units.parts, [&](int part) {
        T* const x_copy = reinterpret_cast<T*>(threads.scratch<std::byte>(
            (x_size + dy_size) * sizeof(T) + 2 * most_quads * sizeof(Quad)));
        T* const dy_blocks = x_copy + x_size;
        Quad* const quads = reinterpret_cast<Quad*>(dy_blocks + dy_size);
        Quad* const rest_quads = quads + most_quads;
        alignas(64) static constexpr T zeros[block_vectors * L] = {};
        T* const mine = sums + std::size_t(part) * sums_size;
        const int first_unit = part_begin(units.count, units.parts, part);
        const int last_unit = part_begin(units.count, units.parts, part + 1);
        Prefetcher ahead, later;
        for (int u = first_unit; u < last_unit; ++u) {
            const long first = units.first(u);
            const int n = units.in(u);
            ahead.clear();
            later.clear();
            ahead.add(View<const T>{after.y.data, after.y.pixel}, first, n, true);
            // of the next part, too: a thread takes parts in their order
            if (u + 1 < units.count) {
                const long next = units.first(u + 1);
                const long count = units.in(u + 1);
                ahead.add(dy.x, next, count);
                later.add(dy.raw, next, count);
                fetch_beside(later, x, after, next, count);
            }
            load_pixels(x, first, 0, in, n, x_copy, int(x_row));
            std::fill_n(x_copy + n * x_row, slack, T(0));
            T* block = dy_blocks;
            for (int b = 0; b < targets.count(); ++b) {
                const int wide = targets.in_block(b) * L;
                const int channel = targets.channel(b);
                load_pixels(dy, first, channel, std::min(wide, out - channel), n, block, wide);
                block += std::ptrdiff_t(units.each) * wide;
            }
            // The sums, in rows of a few pixels between which memory is fetched.
            constexpr int tile = PointwiseUnits::tile;
            const int rows = n / tile;
            const int rest = n % tile;
            ahead.spread(long(rows) * targets.count() * ceil_div(in, tile));
            for (int b = 0; b < targets.count(); ++b) {
                const int wide = targets.in_block(b) * L;
                const T* const d = dy_blocks + std::ptrdiff_t(units.each) * targets.channel(b);
                T* const to = mine + pointwise_sums<T>(in, out, b);
                const auto sweep = [&](int from, int count, int width, bool set) {
                    const PixelSweep s{1,     0,     count,
                                       width, 0,     width * x_row,
                                       x_row, 0,     std::ptrdiff_t(width) * wide,
                                       set,   &ahead};
                    if (wide == 2 * L)
                        weight_tiles<T, 2>(s, x_copy + from * x_row,
                                           d + std::ptrdiff_t(from) * wide, in, to);
                    else
                        weight_tiles<T, 1>(s, x_copy + from * x_row,
                                           d + std::ptrdiff_t(from) * wide, in, to);
                };
                if (rows > 0)
                    sweep(0, rows, tile, u == first_unit);
                if (rest > 0)
                    sweep(rows * tile, 1, rest, u == first_unit && rows == 0);
            }
            // The gradient of the input: blocks are tap rows.
            const int count = n / 4;
            const int last = out - whole * block_vectors * L;
            const int last_wide = last > 0 ? targets.in_block(whole) * L : 0;
            const std::ptrdiff_t wide = block_vectors * L;
            const std::ptrdiff_t y_pixel = after.y.pixel;
            for (int q = 0; q <= count; ++q) {
                quads[q] = {4 * q * wide, 4 * q * y_pixel, 0, whole};
                rest_quads[q] = {std::ptrdiff_t(4 * q) * last_wide, 4 * q * y_pixel, 0, 1};
            }
            later.spread(long(ceil_div(count, 3)) * (whole + (last > 0)) * sources.count());
            for (int b = 0; b < sources.count(); ++b) {
                const int channel = sources.channel(b);
                const int vectors = sources.in_block(b);
                const T* const weights = packed + std::ptrdiff_t(channel) * out;
                T* const y = after.y.data + first * y_pixel + channel;
                const auto tiles = [&](TileJob<T> job, const Quad* all) {
                    conv_all_tiles(job, vectors, all, count);
                    job.pixels = n % 4;
                    if (job.pixels > 0)
                        conv_all_tiles(job, vectors, all + count, 1);
                };
                if (whole > 0)
                    tiles({dy_blocks, wide, units.each * wide, int(wide), 0, int(wide), weights,
                           zeros, y, y_pixel, in - channel, 4, false, &later},
                          quads);
                if (last > 0)
                    tiles({dy_blocks + whole * units.each * wide, last_wide, 0, last, 0, last,
                           weights + whole * wide * vectors * L, zeros, y, y_pixel, in - channel, 4,
                           whole > 0, &later},
                          rest_quads);
            }
            if (after.run)
                after.run(after, part, first, n, 0, in);
        }
    });

    const int slices = std::max(1, 16 / targets.count());
    threads.run(targets.count() * slices, [&](int job) {
        const int b = job / slices;
        const int channel = targets.channel(b);
        const int wide = targets.in_block(b) * L;
        const int n = std::min(wide, out - channel);
        const int from = part_begin(in, slices, job % slices);
        const int to = part_begin(in, slices, job % slices + 1);
        const T* const mine = sums + pointwise_sums<T>(in, out, b) + std::ptrdiff_t(from) * wide;
        add_weight_sums(PartSums<T>{mine, units.parts, sums_size, wide}, to - from, n,
                        dw + std::ptrdiff_t(from) * out + channel, out);
    });
    return units.parts;
}

}  // namespace collab::backend::detail
