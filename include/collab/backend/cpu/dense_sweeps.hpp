// SPDX-License-Identifier: Apache-2.0
// dense_sweeps: all sweeps of a convolution, or of its input gradient, over windows of the source:
// by tiles of conv_tile.hpp, or by those of winograd.hpp where they save time.
#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/conv_tile.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/winograd.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

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

/// Distances between the pixels, rows and images of a map.
struct MapSteps {
    std::ptrdiff_t pixel, row, image;
    MapSteps(const Dims& map, std::ptrdiff_t between_pixels)
        : pixel(between_pixels),
          row(map.width * between_pixels),
          image(map.height * row) {}
};

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

/// The sweeps of `d` from `load` to `after.y`. What the geometry decides is decided first; `run`
/// does the work, a function for each step.
template <class T>
class DenseSweeps {
public:
    COLLAB_COLD DenseSweeps(const CpuContext& threads, const ConvGeometry& d,
                            const InputTransform<T>& load, Epilogue<T>& after)
        : d_(d),
          load_(load),
          after_(after),
          c_(d.source_channels),
          blocks_(d.target_channels),
          window_(d.window()),
          winograd_(winograd_edge<T>(d, threads.winograd(), threads.chooses_as_if_constant())),
          widest_(d.sweep(0).columns.count),
          row_(std::ptrdiff_t(window_.width()) * c_),
          units_(cut_units()),
          image_(between_images()),
          direct_(reads_the_map()),
          per_group_(
              winograd_ ? std::ptrdiff_t(winograd_weights_size<T>(winograd_, c_, d.target_channels))
                        : std::ptrdiff_t(blocks_.padded()) * c_ * d.taps()),
          total_(d.g.groups * units_.count()),
          parts_(std::min(total_, 32)),
          splits_(total_ >= 16 ? 1 : std::min(blocks_.count(), ceil_div(16, total_))) {
        size_scratch();
    }

    /// Every target pixel is written, those without taps with the bias alone. Returns the number of
    /// parts that have sums in `after`.
    COLLAB_COLD int run(CpuContext& threads, const T* w, const T* bias) {
        pack(threads, w, bias);
        if (after_.run)
            after_.zero_sums(threads, parts_);
        threads.run(parts_ * splits_, [&](int piece) {
            const int split = piece % splits_;
            run_part(threads, piece / splits_,
                     {part_begin(blocks_.count(), splits_, split),
                      part_begin(blocks_.count(), splits_, split + 1)});
        });
        return parts_;
    }

private:
    static constexpr int L = lanes<T>;

    /// Blocks of target channels that a piece of work computes.
    struct BlockRange {
        int first, last;
    };
    /// Memory of a piece of work.
    struct Room {
        T *copy, *tiles, *chunk_sums;
        Quad *quads, *own_quads;
    };
    /// A unit, its group and where its source lies.
    struct Work {
        BatchTiling::Unit unit;
        int group;
        Source<T> source;
    };

    /// A sweep over a unit, and whether its quads run across images.
    struct SweepWork {
        const Sweep& s;
        const Work& work;
        bool across;
        MapSteps y;
    };

    BatchTiling cut_units() const {
        // Weights beyond the cache are read again for every unit: there, units are larger.
        const std::size_t budget = sizeof(T) * std::size_t(d_.g.weights()) > (std::size_t(2) << 20)
                                       ? std::size_t(2) << 20
                                       : std::size_t(256) << 10;
        return BatchTiling(d_.g.batch, window_.most_rows,
                           sizeof(T) * std::size_t(window_.height(window_.most_rows) * row_),
                           sizeof(T) * std::size_t(window_.row_stride * row_),
                           d_.sweep(0).rows.count * widest_,
                           winograd_ ? winograd_outputs(winograd_) : 96, budget);
    }
    /// One line more than a power of two between images, or the same pixel of every image would
    /// compete for the same cache lines.
    std::ptrdiff_t between_images() const {
        const auto whole =
            std::ptrdiff_t(whole_lines<T>(std::size_t(window_.height(units_.most_rows) * row_)));
        return whole % (1024 / std::ptrdiff_t(sizeof(T))) == 0
                   ? whole + 64 / std::ptrdiff_t(sizeof(T))
                   : whole;
    }
    MapSteps x_steps() const { return {d_.source, load_.x.pixel}; }
    MapSteps y_steps() const { return {d_.target, after_.y.pixel}; }

    /// Whether the map itself serves as source: where no window leaves it, quads are always whole
    /// and their pixels do not compete for cache lines.
    bool reads_the_map() const {
        if (winograd_ || !load_.plain() || window_.top < 0 || window_.left < 0 ||
            window_.right > d_.source.width ||
            window_.height(window_.most_rows) + window_.top > d_.source.height)
            return false;
        const bool single_columns =
            d_.transposed ? d_.g.kernel.width <= d_.g.stride.width : d_.g.kernel.width == 1;
        bool direct = load_.x.pixel == c_ || single_columns;
        for (int i = 0; i < d_.sweeps() && direct; ++i)
            direct = quads_are_whole(d_.sweep(i).columns.count);
        return direct;
    }
    bool quads_are_whole(int columns) const {
        const bool fewest = across_images(units_.batch / units_.groups_of_images, columns);
        const bool most = across_images(units_.most_images, columns);
        const bool compete = x_steps().image * std::ptrdiff_t(sizeof(T)) % 4096 == 0;
        return ((fewest && most) || columns >= 4) && !((fewest || most) && compete);
    }
    void size_scratch() {
        const int step = d_.sweep(0).columns.stride;
        tail_ = winograd_ ? L : widest_ < 4 ? std::ptrdiff_t(3) * step * c_ : 0;
        window_size_ =
            direct_ ? 0 : whole_lines<T>(std::size_t(units_.most_images * image_ + tail_));
        if (winograd_) {
            tile_size_ = winograd_scratch<T>(winograd_, c_, d_.target_channels,
                                             winograd_tiles_in(units_, widest_, winograd_));
            return;
        }
        most_quads_ = std::size_t(units_.most_rows) *
                      std::size_t(std::max(units_.most_images * ceil_div(widest_, 4),
                                           widest_ * ceil_div(units_.most_images, 4)));
        chunked_quads_ = c_ * d_.taps() > long_sum<T> ? most_quads_ : 0;
    }

    void pack(CpuContext& threads, const T* w, const T* bias) {
        const int groups = d_.g.groups;
        const auto operands =
            threads.weights<T>({w, bias, d_.transposed, winograd_},
                               std::size_t(groups * (per_group_ + blocks_.padded())));
        packed_ = operands.data;
        bias_ = packed_ + groups * per_group_;
        if (!operands.ready)
            threads.run(groups * blocks_.count(), [&](int piece) {
                pack_block(piece / blocks_.count(), piece % blocks_.count(), w, bias);
            });
    }
    void pack_block(int group, int b, const T* w, const T* bias) const {
        const int first = blocks_.channel(b);
        const int wide = blocks_.in_block(b) * L;
        T* const to = packed_ + group * per_group_;
        if (winograd_)
            winograd_weights(winograd_, d_, w, group, b, to + winograd_block<T>(winograd_, c_, b));
        else
            pack_weights(d_, w, group, first, wide, to + std::ptrdiff_t(first) * c_ * d_.taps());
        for (int i = first; i < first + wide; ++i)
            bias_[group * blocks_.padded() + i] =
                bias && i < d_.target_channels ? bias[group * d_.target_channels + i] : T(0);
    }

    Room room(CpuContext& threads) const {
        const std::size_t sums = chunked_quads_ * 4 * block_vectors * L;
        std::byte* const scratch =
            threads.scratch<std::byte>((window_size_ + tile_size_ + sums) * sizeof(T) +
                                       (most_quads_ + chunked_quads_) * sizeof(Quad));
        Room r;
        r.copy = reinterpret_cast<T*>(scratch);
        r.tiles = r.copy + window_size_;
        r.chunk_sums = r.tiles + tile_size_;
        r.quads = reinterpret_cast<Quad*>(r.chunk_sums + sums);
        r.own_quads = r.quads + most_quads_;
        return r;
    }
    COLLAB_COLD void run_part(CpuContext& threads, int part, BlockRange range) const {
        const Room r = room(threads);
        Prefetcher ahead;
        const int last = part_begin(total_, parts_, part + 1);
        for (int u = part_begin(total_, parts_, part); u < last; ++u) {
            ahead.clear();
            // of the next part, too: a thread takes parts in their order
            if (u + 1 < total_)
                fetch_unit(ahead, d_, units_[(u + 1) % units_.count()], load_, after_);
            const BatchTiling::Unit unit = units_[u % units_.count()];
            const int group = u / units_.count();
            const Work work{unit, group, source_of(unit, group, r.copy)};
            if (winograd_)
                by_winograd(work, range, r, ahead);
            else
                by_tiles(work, range, r, ahead);
            if (after_.run)
                finish(work, range, part);
        }
    }

    /// Where the source of a unit lies, after it was copied if it has to be.
    Source<T> source_of(const BatchTiling::Unit& unit, int group, T* copy) const {
        const int top = unit.row * window_.row_stride + window_.top;
        if (direct_) {
            const MapSteps x = x_steps();
            return {load_.x.data + unit.image * x.image + group * c_ + top * x.row +
                        window_.left * x.pixel,
                    x.pixel, x.row, x.image};
        }
        if (d_.source.area() == 1 && image_ == c_ && row_ == c_)
            load_pixels(load_, unit.image, group * c_, c_, unit.images, copy, c_);
        else
            for (int i = 0; i < unit.images; ++i)
                load_window(load_, unit.image + i, group * c_, c_,
                            {d_.source.height, d_.source.width, top, window_.height(unit.rows),
                             window_.left, window_.width()},
                            copy + i * image_, row_);
        std::fill_n(copy + unit.images * image_, tail_, T(0));
        return {copy, c_, row_, image_};
    }

    void by_winograd(const Work& work, BlockRange range, const Room& r, Prefetcher& ahead) const {
        const BatchTiling::Unit& unit = work.unit;
        const int first = blocks_.channel(range.first);
        const int n = std::min(blocks_.channel(range.last), d_.target_channels) - first;
        if (n <= 0)
            return;
        const MapSteps y = y_steps();
        const WinogradSource<T> source{
            work.source.data, work.source.pixel, work.source.row, work.source.image,
            unit.images,      unit.rows,         d_.target.width, c_,
            winograd_};
        winograd_tiles(WinogradJob<T>{source, n,
                                      packed_ + work.group * per_group_ +
                                          winograd_block<T>(winograd_, c_, range.first),
                                      bias_ + work.group * blocks_.padded() + first,
                                      after_.y.data + unit.image * y.image + unit.row * y.row +
                                          work.group * d_.target_channels + first,
                                      y.pixel, y.row, y.image, r.tiles, &ahead});
    }

    void by_tiles(const Work& work, BlockRange range, const Room& r, Prefetcher& ahead) const {
        for (int i = 0; i < d_.sweeps(); ++i) {
            const Sweep s = d_.sweep(i);
            const int rows = std::min(work.unit.rows, s.rows.count - work.unit.row);
            if (s.empty() || rows <= 0)
                continue;
            const SweepWork sweep{s, work, across_images(work.unit.images, s.columns.count),
                                  y_steps()};
            const int n = list_quads(sweep, rows, r.quads);
            if (i == 0)
                ahead.spread(long(n) * s.rows.taps * d_.sweeps() * (range.last - range.first) / 3);
            for (int b = range.first; b < range.last; ++b)
                sweep_block(sweep, b, n, r, ahead);
        }
    }
    /// The quads of one sweep over one unit, by rows of the output first so that a tile's quads
    /// mostly see the same tap rows.
    int list_quads(const SweepWork& sweep, int rows, Quad* quads) const {
        const int all = sweep.work.unit.images;
        const int images = sweep.across ? ceil_div(all, 4) : all;
        Quad* q = quads;
        for (int m = 0; m < rows; ++m)
            for (int a = 0; a < images; ++a)
                // the last four, even if some were in the quad before
                q = list_row(sweep, m, sweep.across ? std::min(a * 4, all - 4) : a, q);
        return int(q - quads);
    }
    /// The quads that begin in row m of image i of the unit.
    Quad* list_row(const SweepWork& sweep, int m, int i, Quad* q) const {
        const Sweep& s = sweep.s;
        const BatchTiling::Unit& unit = sweep.work.unit;
        const Source<T>& x = sweep.work.source;
        const MapSteps& y = sweep.y;
        const int h = (unit.row + m) * s.rows.stride + s.rows.origin;
        const int from = std::clamp(-h, 0, s.rows.taps);
        const int to = std::clamp(d_.source.height - h, from, s.rows.taps);
        const std::ptrdiff_t x_first = i * x.image +
                                       (m * s.rows.stride + s.rows.origin - window_.top) * x.row +
                                       (s.columns.origin - window_.left) * x.pixel;
        const std::ptrdiff_t y_first = (unit.image + i) * y.image +
                                       ((unit.row + m) * s.rows.every + s.rows.first) * y.row +
                                       s.columns.first * y.pixel;
        const int columns = sweep.across ? s.columns.count : ceil_div(s.columns.count, 4);
        for (int b = 0; b < columns; ++b, ++q) {
            const int w = sweep.across ? b : std::max(0, std::min(b * 4, s.columns.count - 4));
            *q = {x_first + w * s.columns.stride * x.pixel, y_first + w * s.columns.every * y.pixel,
                  from, to};
        }
        return q;
    }

    /// One sweep over one unit for one block of target channels.
    void sweep_block(const SweepWork& sweep, int b, int n, const Room& r, Prefetcher& ahead) const {
        const Sweep& s = sweep.s;
        const Work& work = sweep.work;
        const bool across = sweep.across;
        const int first = blocks_.channel(b);
        const int wide = blocks_.in_block(b) * L;
        const int length = s.columns.taps * c_;
        const TileJob<T> job{work.source.data,
                             across ? work.source.image : s.columns.stride * work.source.pixel,
                             work.source.row,
                             length,
                             0,
                             length,
                             packed_ + work.group * per_group_ +
                                 std::ptrdiff_t(first) * c_ * d_.taps() +
                                 std::ptrdiff_t(s.earlier_taps) * c_ * wide,
                             bias_ + work.group * blocks_.padded() + first,
                             after_.y.data + work.group * d_.target_channels + first,
                             across ? sweep.y.image : s.columns.every * sweep.y.pixel,
                             d_.target_channels - first,
                             across ? 4 : std::min(4, s.columns.count),
                             false,
                             &ahead};
        const int chunks = std::max(1, ceil_div(length * s.rows.taps, long_sum<T>));
        if (chunks == 1)
            conv_all_tiles(job, blocks_.in_block(b), r.quads, n);
        else
            in_chunks(job, blocks_.in_block(b), chunks, n, r);
    }
    /// Long sums go in chunks whose weights stay in cache. Their parts lie quad by quad: some
    /// pixels are in two quads.
    COLLAB_COLD void in_chunks(const TileJob<T>& job, int vectors, int chunks, int n,
                               const Room& r) const {
        const int wide = vectors * L;
        TileJob<T> part = job;
        part.y = r.chunk_sums;
        part.y_step = wide;
        part.channels = wide;
        part.pixels = 4;
        for (int q = 0; q < n; ++q) {
            r.own_quads[q] = r.quads[q];
            r.own_quads[q].y = std::ptrdiff_t(q) * 4 * wide;
        }
        for (int k = 0; k < chunks; ++k) {
            part.from = part_begin(job.length, chunks, k);
            part.to = part_begin(job.length, chunks, k + 1);
            part.add = k > 0;
            conv_all_tiles(part, vectors, r.own_quads, n);
        }
        for (int q = 0; q < n; ++q)
            for (int p = 0; p < job.pixels; ++p)
                copy_few<block_vectors * L>(r.chunk_sums + (q * 4 + p) * wide,
                                            std::min(wide, job.channels),
                                            job.y + r.quads[q].y + p * job.y_step);
    }

    void finish(const Work& work, BlockRange range, int part) const {
        const int every = d_.sweep(0).rows.every;
        const int first_row = work.unit.row * every;
        const int rows =
            std::min((work.unit.row + work.unit.rows) * every, d_.target.height) - first_row;
        const int first = blocks_.channel(range.first);
        const int last = std::min(blocks_.channel(range.last), d_.target_channels);
        if (rows > 0 && last > first)  // units of more than one image are whole images
            after_.run(after_, part,
                       (long(work.unit.image) * d_.target.height + first_row) * d_.target.width,
                       long(work.unit.images) * rows * d_.target.width,
                       work.group * d_.target_channels + first, last - first);
    }

    const ConvGeometry& d_;
    const InputTransform<T>& load_;
    Epilogue<T>& after_;
    int c_;  ///< source channels
    Blocks<T> blocks_;
    Window window_;
    int winograd_;  ///< the edge of its tiles; 0: a direct sweep
    int widest_;
    std::ptrdiff_t row_;  ///< of a copied window
    BatchTiling units_;
    std::ptrdiff_t image_;  ///< between copied windows
    bool direct_;
    std::ptrdiff_t per_group_;  ///< packed weights of a group
    int total_, parts_;
    int splits_;  ///< few units: their output channels are shared out as well
    std::ptrdiff_t tail_ = 0;
    std::size_t window_size_ = 0;
    std::size_t tile_size_ = 0;
    std::size_t most_quads_ = 0;
    std::size_t chunked_quads_ = 0;
    T* packed_ = nullptr;
    T* bias_ = nullptr;
};

/// All sweeps of `d` from `load` to `after.y`: see DenseSweeps.
template <class T>
COLLAB_COLD int dense(CpuContext& threads, const ConvGeometry& d, const InputTransform<T>& load,
                      const T* w, const T* bias, Epilogue<T>& after) {
    return DenseSweeps<T>(threads, d, load, after).run(threads, w, bias);
}

}  // namespace collab::backend::detail
