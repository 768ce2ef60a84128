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

#include <collab/backend/cpu/conv_geometry.hpp>
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

/// Both gradients of a flattened 1x1 convolution. What the geometry decides is decided first; `run`
/// does the work, a function for each step.
template <class T>
class PointwiseBackward {
public:
    COLLAB_COLD PointwiseBackward(const Convolution& g, const InputTransform<T>& x,
                                  const InputTransform<T>& dy, Epilogue<T>& after)
        : g_(g),
          x_(x),
          dy_(dy),
          after_(after),
          in_(g.in.channels),
          out_(g.out.channels),
          units_(g.batch),
          targets_(out_),
          sources_(in_),
          whole_(out_ / (block_vectors * L)),
          x_row_(in_ % 64 == 0 ? in_ + L : in_),
          sums_size_(pointwise_sums<T>(in_, out_, targets_.count())) {}

    /// Adds to dw and writes after.y. Returns the number of parts that have sums in `after`.
    COLLAB_COLD int run(CpuContext& threads, const T* w, T* dw) {
        pack(threads, w);
        if (after_.run)
            after_.zero_sums(threads, units_.parts);
        threads.run(units_.parts, [&](int part) { run_part(threads, part); });
        const int slices = std::max(1, 16 / targets_.count());
        threads.run(targets_.count() * slices,
                    [&](int job) { add_sums(job / slices, job % slices, slices, dw); });
        return units_.parts;
    }

private:
    static constexpr int L = lanes<T>;
    static constexpr int slack = 64;  ///< a tile may read past its last input

    /// Memory of a part; quads of the blocks of dy with all their channels, and of the last one.
    struct Room {
        T *x, *dy;
        Quad *quads, *rest_quads;
    };
    /// A unit: pixels [first, first + n), whose sums are set or added to.
    struct Unit {
        long first;
        int n;
        bool set;
        T* sums;
    };

    void pack(CpuContext& threads, const T* w) {
        const std::size_t packed_size =
            whole_lines<T>(std::size_t(sources_.padded()) * std::size_t(out_));
        packed_ = threads.shared<T>(packed_size + std::size_t(units_.parts) * sums_size_);
        sums_ = packed_ + packed_size;
        const ConvGeometry back(g_, true);
        threads.run(sources_.count(), [&](int b) {
            pack_weights(back, w, 0, sources_.channel(b), sources_.in_block(b) * L,
                         packed_ + std::ptrdiff_t(sources_.channel(b)) * out_);
        });
    }
    Room room(CpuContext& threads) const {
        const std::size_t x_size = whole_lines<T>(std::size_t(units_.each * x_row_ + slack));
        const std::size_t dy_size = std::size_t(units_.each) * std::size_t(targets_.padded());
        const std::size_t most_quads = std::size_t(units_.each / 4 + 1);
        Room r;
        r.x = reinterpret_cast<T*>(threads.scratch<std::byte>((x_size + dy_size) * sizeof(T) +
                                                              2 * most_quads * sizeof(Quad)));
        r.dy = r.x + x_size;
        r.quads = reinterpret_cast<Quad*>(r.dy + dy_size);
        r.rest_quads = r.quads + most_quads;
        return r;
    }
    COLLAB_COLD void run_part(CpuContext& threads, int part) const {
        const Room r = room(threads);
        const int first = part_begin(units_.count, units_.parts, part);
        const int last = part_begin(units_.count, units_.parts, part + 1);
        PrefetcherPair fetching;
        for (int u = first; u < last; ++u) {
            const Unit unit{units_.first(u), units_.in(u), u == first,
                            sums_ + std::size_t(part) * sums_size_};
            fetch(u, unit, fetching);
            load_unit(unit, r);
            sum_unit(unit, r, fetching.ahead);
            input_gradient(unit, r, fetching.later);
            if (after_.run)
                after_.run(after_, part, unit.first, unit.n, 0, in_);
        }
    }
    void fetch(int u, const Unit& unit, PrefetcherPair& f) const {
        f.clear();
        f.ahead.add(View<const T>{after_.y.data, after_.y.pixel}, unit.first, unit.n, true);
        // of the next part, too: a thread takes parts in their order
        if (u + 1 >= units_.count)
            return;
        const long next = units_.first(u + 1);
        const long count = units_.in(u + 1);
        f.ahead.add(dy_.x, next, count);
        f.later.add(dy_.raw, next, count);
        fetch_beside(f.later, x_, after_, next, count);
    }
    void load_unit(const Unit& unit, const Room& r) const {
        load_pixels(x_, unit.first, 0, in_, unit.n, r.x, int(x_row_));
        std::fill_n(r.x + unit.n * x_row_, slack, T(0));
        T* block = r.dy;
        for (int b = 0; b < targets_.count(); ++b) {
            const int wide = targets_.in_block(b) * L;
            const int channel = targets_.channel(b);
            load_pixels(dy_, unit.first, channel, std::min(wide, out_ - channel), unit.n, block,
                        wide);
            block += std::ptrdiff_t(units_.each) * wide;
        }
    }

    /// The sums for the weights, in rows of a few pixels between which memory is fetched.
    void sum_unit(const Unit& unit, const Room& r, Prefetcher& ahead) const {
        constexpr int tile = PointwiseUnits::tile;
        const int rows = unit.n / tile;
        const int rest = unit.n % tile;
        ahead.spread(long(rows) * targets_.count() * ceil_div(in_, tile));
        for (int b = 0; b < targets_.count(); ++b) {
            if (rows > 0)
                sum_rows(r, b, 0, pixel_rows(rows, tile, unit.set, ahead), unit.sums);
            if (rest > 0)
                sum_rows(r, b, rows * tile, pixel_rows(1, rest, unit.set && rows == 0, ahead),
                         unit.sums);
        }
    }
    PixelSweep pixel_rows(int rows, int width, bool set, Prefetcher& ahead) const {
        PixelSweep s{};
        s.images = 1;
        s.to = rows;
        s.width = width;
        s.x_row = width * x_row_;
        s.x_step = x_row_;
        s.first = set;
        s.ahead = &ahead;
        return s;
    }
    /// Adds the products of the pixels from `from` on with block b.
    void sum_rows(const Room& r, int b, int from, PixelSweep s, T* sums) const {
        const int wide = targets_.in_block(b) * L;
        s.dy_row = std::ptrdiff_t(s.width) * wide;
        const T* const x = r.x + from * x_row_;
        const T* const d =
            r.dy + std::ptrdiff_t(units_.each) * targets_.channel(b) + std::ptrdiff_t(from) * wide;
        T* const to = sums + pointwise_sums<T>(in_, out_, b);
        if (wide == 2 * L)
            weight_tiles<T, 2>(s, x, d, in_, to);
        else
            weight_tiles<T, 1>(s, x, d, in_, to);
    }

    /// The gradient of the input: blocks are tap rows.
    void input_gradient(const Unit& unit, const Room& r, Prefetcher& later) const {
        const int count = unit.n / 4;
        const int last = out_ - whole_ * block_vectors * L;
        list_quads(count, last > 0 ? targets_.in_block(whole_) * L : 0, r);
        later.spread(long(ceil_div(count, 3)) * (whole_ + (last > 0)) * sources_.count());
        for (int b = 0; b < sources_.count(); ++b)
            source_block(unit, r, b, later);
    }
    void list_quads(int count, int last_wide, const Room& r) const {
        const std::ptrdiff_t wide = block_vectors * L;
        const std::ptrdiff_t y_pixel = after_.y.pixel;
        for (int q = 0; q <= count; ++q) {
            r.quads[q] = {4 * q * wide, 4 * q * y_pixel, 0, whole_};
            r.rest_quads[q] = {std::ptrdiff_t(4 * q) * last_wide, 4 * q * y_pixel, 0, 1};
        }
    }
    void source_block(const Unit& unit, const Room& r, int b, Prefetcher& later) const {
        alignas(64) static constexpr T zeros[block_vectors * L] = {};
        const int channel = sources_.channel(b);
        const int vectors = sources_.in_block(b);
        const int count = unit.n / 4;
        const int last = out_ - whole_ * block_vectors * L;
        const std::ptrdiff_t wide = block_vectors * L;
        const std::ptrdiff_t y_pixel = after_.y.pixel;
        const T* const weights = packed_ + std::ptrdiff_t(channel) * out_;
        T* const y = after_.y.data + unit.first * y_pixel + channel;
        const auto tiles = [&](TileJob<T> job, const Quad* all) {
            conv_all_tiles(job, vectors, all, count);
            job.pixels = unit.n % 4;
            if (job.pixels > 0)
                conv_all_tiles(job, vectors, all + count, 1);
        };
        if (whole_ > 0)
            tiles({r.dy, wide, units_.each * wide, int(wide), 0, int(wide), weights, zeros, y,
                   y_pixel, in_ - channel, 4, false, &later},
                  r.quads);
        if (last > 0)
            tiles({r.dy + whole_ * units_.each * wide, targets_.in_block(whole_) * L, 0, last, 0,
                   last, weights + whole_ * wide * vectors * L, zeros, y, y_pixel, in_ - channel, 4,
                   whole_ > 0, &later},
                  r.rest_quads);
    }

    void add_sums(int b, int slice, int slices, T* dw) const {
        const int channel = targets_.channel(b);
        const int wide = targets_.in_block(b) * L;
        const int n = std::min(wide, out_ - channel);
        const int from = part_begin(in_, slices, slice);
        const int to = part_begin(in_, slices, slice + 1);
        const T* const sums = sums_ + pointwise_sums<T>(in_, out_, b) + std::ptrdiff_t(from) * wide;
        add_weight_sums(PartSums<T>{sums, units_.parts, sums_size_, wide}, to - from, n,
                        dw + std::ptrdiff_t(from) * out_ + channel, out_);
    }

    const Convolution& g_;
    const InputTransform<T>&x_, &dy_;
    Epilogue<T>& after_;
    int in_, out_;
    PointwiseUnits units_;
    Blocks<T> targets_, sources_;
    int whole_;  ///< blocks of dy with all their channels; the rest is one more
    /// Pixels lie one line further apart than a power of two, or the same channels of all of them
    /// would compete for the same cache lines.
    std::ptrdiff_t x_row_;
    std::size_t sums_size_;
    T* packed_ = nullptr;
    T* sums_ = nullptr;
};

/// Adds to dw and writes after.y; `g` is flattened. Returns the number of parts that have sums in
/// `after`.
template <class T>
COLLAB_COLD int pointwise_backward(CpuContext& threads, const Convolution& g,
                                   const InputTransform<T>& x, const InputTransform<T>& dy,
                                   const T* w, T* dw, Epilogue<T>& after) {
    return PointwiseBackward<T>(g, x, dy, after).run(threads, w, dw);
}

}  // namespace collab::backend::detail
