// SPDX-License-Identifier: Apache-2.0
// dense_weight_gradient: gradients of dense convolutions with respect to their weights, by tiles of
// conv_weight_gradient.hpp, or by those of winograd_gradient.hpp where they save time.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/conv_weight_gradient.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/prefetch.hpp>
#include <collab/backend/cpu/winograd_gradient.hpp>

namespace collab::backend::detail {

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

/// A weight gradient by Winograd's tiles.
template <class T>
class WinogradWeightGradient {
public:
    COLLAB_COLD WinogradWeightGradient(const ConvGeometry& d, WinogradParts winograd,
                                       const InputTransform<T>& x, const InputTransform<T>& dy)
        : d_(d),
          x_(x),
          dy_(dy),
          edge_(winograd.edge),
          window_(d.window()),
          row_(std::ptrdiff_t(window_.width()) * d.source_channels),
          dy_row_(std::ptrdiff_t(d.target.width) * d.target_channels),
          units_(d.g.batch, d.target.height,
                 sizeof(T) * std::size_t(window_.height(d.target.height) * row_ +
                                         d.target.height * dy_row_),
                 sizeof(T) * std::size_t(row_ + dy_row_), d.target.area(), winograd_outputs(edge_)),
          image_(window_.height(units_.most_rows) * row_),
          parts_(std::min(winograd.parts, units_.count())),
          size_(winograd_sums_size<T>(edge_, d.source_channels, d.target_channels)),
          distance_(size_ * std::size_t(d.g.groups)) {}

    /// Adds to dw.
    COLLAB_COLD void run(CpuContext& threads, T* dw) {
        const int groups = d_.g.groups;
        sums_ = threads.shared<T>(std::size_t(parts_) * distance_);
        threads.run(parts_ * groups,
                    [&](int piece) { run_part(threads, piece / groups, piece % groups); });
        const int jobs = std::min(d_.source_channels, 16);
        threads.run(jobs * groups,
                    [&](int piece) { add_sums(piece / jobs, piece % jobs, jobs, dw); });
    }

private:
    COLLAB_COLD void run_part(CpuContext& threads, int part, int group) const {
        const std::size_t window_size =
            whole_lines<T>(std::size_t(units_.most_images * image_ + lanes<T>));
        const std::size_t dy_size =
            whole_lines<T>(std::size_t(units_.most_images * units_.most_rows * dy_row_));
        const std::size_t tile_size =
            winograd_gradient_scratch<T>(edge_, d_.source_channels, d_.target_channels,
                                         winograd_tiles_in(units_, d_.target.width, edge_));
        T* const copy = threads.scratch<T>(window_size + dy_size + tile_size);
        T* const formed = copy + window_size;
        const int first = part_begin(units_.count(), parts_, part);
        const int last = part_begin(units_.count(), parts_, part + 1);
        Prefetcher ahead;
        for (int u = first; u < last; ++u) {
            ahead.clear();
            if (u + 1 < units_.count())
                fetch_unit(ahead, d_, units_[u + 1], x_, dy_);
            load_source(units_[u], group, copy);
            WinogradGradientJob<T> job = job_of(units_[u], group, copy, formed);
            job.du = sums_ + std::size_t(part) * distance_ + std::size_t(group) * size_;
            job.first = u == first;
            job.scratch = formed + dy_size;
            job.ahead = &ahead;
            winograd_weight_gradient(job);
        }
    }
    void load_source(const BatchTiling::Unit& unit, int group, T* copy) const {
        const int channels = d_.source_channels;
        for (int i = 0; i < unit.images; ++i)
            load_window(x_, unit.image + i, group * channels, channels,
                        {d_.source.height, d_.source.width, unit.row + window_.top,
                         window_.height(unit.rows), window_.left, window_.width()},
                        copy + i * image_, row_);
        std::fill_n(copy + unit.images * image_, lanes<T>, T(0));
    }
    /// With dy where it lies, or formed in `formed`.
    WinogradGradientJob<T> job_of(const BatchTiling::Unit& unit, int group, const T* copy,
                                  T* formed) const {
        const int targets = d_.target_channels;
        const int width = d_.target.width;
        const std::ptrdiff_t first =
            (std::ptrdiff_t(unit.image) * d_.target.height + unit.row) * width;
        WinogradGradientJob<T> job{};
        job.source = {copy,  d_.source_channels, row_, image_, unit.images, unit.rows,
                      width, d_.source_channels, edge_};
        job.targets = targets;
        if (dy_.plain()) {
            job.dy = dy_.x.data + first * dy_.x.pixel + group * targets;
            job.dy_pixel = dy_.x.pixel;
            job.dy_row = width * dy_.x.pixel;
            job.dy_image = d_.target.height * job.dy_row;
            return job;
        }
        load_pixels(dy_, first, group * targets, targets, long(unit.images) * unit.rows * width,
                    formed, targets);
        job.dy = formed;
        job.dy_pixel = targets;
        job.dy_row = dy_row_;
        job.dy_image = unit.rows * dy_row_;
        return job;
    }
    void add_sums(int group, int job, int jobs, T* dw) const {
        const int channels = d_.source_channels;
        const int all = d_.target.channels;
        winograd_weight_gradient_finish(
            edge_,
            WinogradSums<T>{sums_ + std::size_t(group) * size_, parts_, distance_, channels,
                            d_.target_channels},
            part_begin(channels, jobs, job), part_begin(channels, jobs, job + 1),
            WeightPlace<T>{dw + group * d_.target_channels, std::ptrdiff_t(channels) * all,
                           std::ptrdiff_t(all)});
    }

    const ConvGeometry& d_;
    const InputTransform<T>&x_, &dy_;
    int edge_;
    Window window_;
    std::ptrdiff_t row_, dy_row_;
    BatchTiling units_;
    std::ptrdiff_t image_;
    int parts_;
    std::size_t size_, distance_;  ///< of the sums of a group; between those of two parts
    T* sums_ = nullptr;
};

/// A weight gradient by tiles. Sums lie as [part][group][in slice][block][tap row][covered
/// inputs][registers of the block].
template <class T>
class TiledWeightGradient {
public:
    COLLAB_COLD TiledWeightGradient(const ConvGeometry& d, const InputTransform<T>& x,
                                    const InputTransform<T>& dy)
        : d_(d),
          x_(x),
          dy_(dy),
          s_(d.sweep(0)),
          window_(d.window()),
          channels_(d.source_channels),
          outputs_(s_.rows.count * s_.columns.count),
          blocks_(d.target_channels),
          single_(d.source.area() == 1 && window_.width() == 1),
          cut_(d, sums_before(channels_, blocks_.count()) * std::size_t(d.g.groups) * sizeof(T),
               blocks_.count(), cut_units(channels_).count(), outputs_),
          most_in_(ceil_div(channels_, cut_.in_slices)),
          units_(cut_units(most_in_)),
          sums_of_slice_(sums_before(most_in_, blocks_.count())),
          sums_of_part_(sums_of_slice_ * std::size_t(cut_.in_slices * d.g.groups)),
          dy_row_(s_.columns.count),
          dy_image_(units_.most_rows * dy_row_) {
        // slices have fewer units than all channels: a part without any would leave its sums unset
        cut_.parts = std::min(cut_.parts, units_.count());
    }

    /// Adds to dw.
    COLLAB_COLD void run(CpuContext& threads, T* dw) {
        sums_ = threads.shared<T>(std::size_t(cut_.parts) * sums_of_part_);
        threads.run(cut_.parts * slices(), [&](int piece) { run_piece(threads, piece); });
        // Sums are read in the order in which they lie: one block of one tap row of one slice after
        // the other.
        threads.run(d_.g.groups * s_.rows.taps * cut_.in_slices * blocks_.count(),
                    [&](int job) { add_sums(job, dw); });
    }

private:
    static constexpr int L = lanes<T>;
    static constexpr int slack = 64;  ///< a tile may read past its last input

    /// What a piece of work sums: a part of the batch, a group, a slice of its inputs and one of
    /// its blocks of outputs.
    struct Piece {
        int part, group;
        int first_in, in;
        int first_block, last_block;
        T* sums;
    };
    /// Memory of a piece: the window of x, and dy in blocks.
    struct Room {
        T *copy, *dy;
        std::ptrdiff_t row, image;  ///< of the window
    };

    int slices() const { return d_.g.groups * cut_.in_slices * cut_.out_slices; }
    int covered(int in, int vectors) const { return covered_inputs(s_.columns.taps * in, vectors); }
    /// Sums of one slice of `in` input channels, before block b.
    std::size_t sums_before(int in, int b) const {
        const bool odd = b == blocks_.count() && blocks_.vectors % 2 == 1;
        const std::size_t whole = std::size_t(b - odd) * 2 * std::size_t(covered(in, 2));
        return (whole + (odd ? std::size_t(covered(in, 1)) : 0)) * std::size_t(s_.rows.taps * L);
    }
    /// Single pixels lie one line further apart than a power of two, or the same channels of all of
    /// them would compete for the same cache lines.
    std::ptrdiff_t window_row(int in) const {
        return single_ && in % 64 == 0 ? std::ptrdiff_t(in) + L
                                       : std::ptrdiff_t(window_.width()) * in;
    }
    BatchTiling cut_units(int in) const {
        const int sketch = std::min(blocks_.padded(), 4 * block_vectors * L);
        return BatchTiling(d_.g.batch, s_.rows.count,
                           sizeof(T) * std::size_t(window_.height(s_.rows.count) * window_row(in) +
                                                   outputs_ * sketch),
                           sizeof(T) * std::size_t(window_.row_stride * window_row(in) +
                                                   s_.columns.count * sketch),
                           outputs_, 256);
    }

    Piece piece_of(int piece) const {
        const int out_slice = piece % cut_.out_slices;
        const int in_slice = piece / cut_.out_slices % cut_.in_slices;
        Piece p;
        p.group = piece / (cut_.out_slices * cut_.in_slices) % d_.g.groups;
        p.part = piece / slices();
        p.first_block = part_begin(blocks_.count(), cut_.out_slices, out_slice);
        p.last_block = part_begin(blocks_.count(), cut_.out_slices, out_slice + 1);
        p.first_in = part_begin(channels_, cut_.in_slices, in_slice);
        p.in = part_begin(channels_, cut_.in_slices, in_slice + 1) - p.first_in;
        p.sums = sums_ + std::size_t(p.part) * sums_of_part_ +
                 std::size_t(p.group * cut_.in_slices + in_slice) * sums_of_slice_;
        return p;
    }
    Room room(CpuContext& threads, int in) const {
        const int most_blocks = ceil_div(blocks_.count(), cut_.out_slices);
        Room r;
        r.row = window_row(in);
        r.image = window_.height(units_.most_rows) * r.row;
        const std::size_t window_size =
            whole_lines<T>(std::size_t(units_.most_images * r.image + slack));
        r.copy = threads.scratch<T>(window_size + std::size_t(units_.most_images * dy_image_) *
                                                      std::size_t(most_blocks * block_vectors * L));
        r.dy = r.copy + window_size;
        return r;
    }

    COLLAB_COLD void run_piece(CpuContext& threads, int piece) const {
        const Piece p = piece_of(piece);
        const Room r = room(threads, p.in);
        const int first = part_begin(units_.count(), cut_.parts, p.part);
        const int last = part_begin(units_.count(), cut_.parts, p.part + 1);
        const bool last_slice = piece % slices() + 1 == slices();
        Prefetcher ahead;
        for (int u = first; u < last; ++u) {
            const BatchTiling::Unit unit = units_[u];
            ahead.clear();
            // a thread takes pieces in their order
            const int next = u + 1 < last || last_slice ? u + 1 : first;
            if (next < units_.count()) {
                fetch_unit(ahead, d_, units_[next], x_, dy_);
                ahead.spread(long(unit.images) * unit.rows * s_.rows.taps *
                             (p.last_block - p.first_block) *
                             std::max(1, s_.columns.taps * p.in / 16));
            }
            load_source(unit, p, r);
            sum_unit(unit, p, r, u == first, ahead);
        }
    }
    void load_source(const BatchTiling::Unit& unit, const Piece& p, const Room& r) const {
        const int from = p.group * channels_ + p.first_in;
        if (single_ && r.image == r.row)
            load_pixels(x_, unit.image, from, p.in, unit.images, r.copy, int(r.row));
        else
            for (int i = 0; i < unit.images; ++i)
                load_window(x_, unit.image + i, from, p.in,
                            {d_.source.height, d_.source.width,
                             unit.row * window_.row_stride + window_.top, window_.height(unit.rows),
                             window_.left, window_.width()},
                            r.copy + i * r.image, r.row);
        std::fill_n(r.copy + unit.images * r.image, slack, T(0));
    }
    void sum_unit(const BatchTiling::Unit& unit, const Piece& p, const Room& r, bool set,
                  Prefetcher& ahead) const {
        T* packed = r.dy;
        for (int b = p.first_block; b < p.last_block; ++b) {
            const int first = blocks_.channel(b);
            const int wide = blocks_.in_block(b) * L;
            // Units of more than one image are whole images, whose pixels all follow one another.
            load_pixels(dy_, long(unit.image) * outputs_ + unit.row * s_.columns.count,
                        p.group * d_.target_channels + first,
                        std::min(wide, d_.target_channels - first),
                        long(unit.images) * unit.rows * s_.columns.count, packed, wide);
            for (int k = 0; k < s_.rows.taps; ++k) {
                PixelSweep sweep = sweep_of_row(unit, p, r, k, wide);
                sweep.first = set;
                sweep.ahead = &ahead;
                T* const to = p.sums + sums_before(p.in, b) +
                              std::size_t(k) * std::size_t(covered(p.in, wide / L) * wide);
                if (wide == 2 * L)
                    weight_tiles<T, 2>(sweep, r.copy + k * r.row, packed, s_.columns.taps * p.in,
                                       to);
                else
                    weight_tiles<T, 1>(sweep, r.copy + k * r.row, packed, s_.columns.taps * p.in,
                                       to);
            }
            packed += unit.images * dy_image_ * wide;
        }
    }
    /// The rows of outputs whose tap row k lies inside the source; the others meet only zeros.
    PixelSweep sweep_of_row(const BatchTiling::Unit& unit, const Piece& p, const Room& r, int k,
                            int wide) const {
        int from = 0;
        int to = unit.rows;
        const auto source_row = [&](int m) {
            return (unit.row + m) * s_.rows.stride + s_.rows.origin + k;
        };
        while (from < to && source_row(from) < 0)
            ++from;
        while (from < to && source_row(to - 1) >= d_.source.height)
            --to;
        PixelSweep sweep{};
        sweep.images = unit.images;
        sweep.from = from;
        sweep.to = to;
        sweep.width = s_.columns.count;
        sweep.x_image = r.image;
        sweep.x_row = s_.rows.stride * r.row;
        sweep.x_step = std::ptrdiff_t(s_.columns.stride) * p.in;
        sweep.dy_image = dy_image_ * wide;
        sweep.dy_row = dy_row_ * wide;
        // one long row of samples
        if (outputs_ == 1 && from < to) {
            sweep.images = 1;
            sweep.width = unit.images;
            sweep.x_step = r.image;
        }
        return sweep;
    }

    void add_sums(int job, T* dw) const {
        const int taps = s_.rows.taps;
        const int b = job % blocks_.count();
        const int slice = job / blocks_.count() % cut_.in_slices;
        const int k = job / (blocks_.count() * cut_.in_slices) % taps;
        const int group = job / (blocks_.count() * cut_.in_slices * taps);
        const int vectors = blocks_.in_block(b);
        const int wide = vectors * L;
        const int first_in = part_begin(channels_, cut_.in_slices, slice);
        const int in = part_begin(channels_, cut_.in_slices, slice + 1) - first_in;
        const T* from = sums_ + std::size_t(group * cut_.in_slices + slice) * sums_of_slice_ +
                        sums_before(in, b) +
                        std::size_t(k) * std::size_t(covered(in, vectors) * wide);
        const int first = blocks_.channel(b);
        const int n = std::min(wide, d_.target_channels - first);
        for (int q = 0; q < s_.columns.taps; ++q, from += std::ptrdiff_t(in) * wide)
            add_weight_sums(PartSums<T>{from, cut_.parts, sums_of_part_, wide}, in, n,
                            dw +
                                (std::ptrdiff_t(k * s_.columns.taps + q) * channels_ + first_in) *
                                    d_.target.channels +
                                group * d_.target_channels + first,
                            d_.target.channels);
    }

    const ConvGeometry& d_;
    const InputTransform<T>&x_, &dy_;
    Sweep s_;
    Window window_;
    int channels_, outputs_;
    Blocks<T> blocks_;
    bool single_;
    WeightCut<T> cut_;
    int most_in_;
    BatchTiling units_;
    std::size_t sums_of_slice_, sums_of_part_;
    std::ptrdiff_t dy_row_, dy_image_;  ///< in blocks
    T* sums_ = nullptr;
};

/// Adds to dw.
template <class T>
COLLAB_COLD void dense_weight_gradient(CpuContext& threads, const ConvGeometry& d,
                                       const InputTransform<T>& x, const InputTransform<T>& dy,
                                       T* dw) {
    if (const WinogradParts winograd = winograd_parts<T>(d, threads.winograd()); winograd.edge > 0)
        WinogradWeightGradient<T>(d, winograd, x, dy).run(threads, dw);
    else
        TiledWeightGradient<T>(d, x, dy).run(threads, dw);
}

}  // namespace collab::backend::detail
