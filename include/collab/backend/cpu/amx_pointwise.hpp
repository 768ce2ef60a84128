// SPDX-License-Identifier: Apache-2.0
// amx_pointwise: 1x1 convolutions, which are products of matrices, by a matrix unit; forward and
// both gradients.
//
// Pixels go in units whose splits stay in the second-level cache. What a unit reads is formed a few
// rows at a time, as by the other kernels, and split at once.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/amx_tiles.hpp>
#include <collab/backend/cpu/conv_weight_gradient.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/kernel_table.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/prefetch.hpp>

namespace collab::backend::detail {

/// Pixels formed at once: those of a block of the summed dimension where pixels are summed over.
inline constexpr int unit_pixels = unit_depth;

/// How the pixels are cut: into parts that differ by one block of pixels at most, and those into
/// units. Depends on the geometry only.
struct AmxPartition {
    long pixels;
    int blocks, parts, each;  ///< each: pixels of a unit; the last one of a part may have fewer
    /// Parts of about `least` pixels or more, `most` of them at most; units of about `budget`
    /// bytes, `per_pixel` each.
    AmxPartition(long p, long least, int most, std::size_t per_pixel, std::size_t budget)
        : pixels(p),
          blocks(int((p + unit_pixels - 1) / unit_pixels)),
          parts(int(std::clamp(p / least, 1L, long(most)))) {
        const int fit =
            int(std::clamp(budget / per_pixel / unit_pixels, std::size_t(1), std::size_t(16)));
        const int largest = ceil_div(blocks, parts);
        each = ceil_div(largest, ceil_div(largest, fit)) * unit_pixels;
    }
    /// Where part i begins; first(parts) is the end.
    long first(int i) const {
        return std::min(pixels, long(part_begin(blocks, parts, i)) * unit_pixels);
    }
    int in(long first, long end) const { return int(std::min<long>(each, end - first)); }
};

/// Numbers between formed pixels: whole blocks, and one line more where the same channels of all
/// pixels would compete for the same cache lines.
inline int unit_row(int channels) {
    const int row = round_up(channels, unit_depth);
    return row % 512 == 0 ? row + unit_rows : row;
}
/// Pixels [first, first + n), n at most unit_pixels, as rows of unit_row numbers, and zeros around
/// them.
inline void form_unit(const InputTransform<float>& l, long first, int n, float* to) {
    const int row = unit_row(l.all);
    load_pixels(l, first, 0, l.all, n, to, row);
    if (n < unit_pixels)
        std::fill_n(to + n * row, std::ptrdiff_t(unit_pixels - n) * row, 0.0f);
}
/// Its split by pixels, sums being over channels: pixels are groups [group, group + 2) of `tiles`.
inline void split_pixels(const float* formed, int row, const Bf16Tiles& tiles, int group,
                         Word* to) {
    to += group * tiles.group();
    for (int i = 0; i < unit_pixels; i += unit_rows, to += tiles.group())
        for (int k = 0; k < tiles.blocks; ++k)
            split_tile(formed + std::ptrdiff_t(i) * row + k * unit_depth, row, unit_rows,
                       to + k * split_words);
}
/// Its split by channels, sums being over pixels: block `block` of `tiles`. `columns`: as the
/// second operand of a product.
inline void split_channels(const float* formed, int row, const Bf16Tiles& tiles, int block,
                           bool columns, Word* to) {
    alignas(64) float turned[unit_rows][unit_depth];
    to += std::ptrdiff_t(block) * split_words;
    for (int i = 0; i < tiles.groups; ++i, to += tiles.group()) {
        const float* const from = formed + i * unit_rows;
        if (columns) {
            split_tile(from, row, std::ptrdiff_t(unit_rows) * row, to);
            continue;
        }
        for (int half = 0; half < unit_depth; half += unit_rows)
            transpose_16(from + std::ptrdiff_t(half) * row, row, turned[0] + half, unit_depth);
        split_tile(turned[0], unit_depth, unit_rows, to);
    }
}

/// Group j of the split weights as the second operand. They lie as [in][out]; `transposed`: outputs
/// are summed over.
inline void split_weights(const float* w, int in, int out, bool transposed, const Bf16Tiles& tiles,
                          int j, Word* to) {
    alignas(64) float square[unit_depth][unit_rows], turned[unit_rows][unit_rows];
    const int depth = transposed ? out : in;
    const int targets = transposed ? in : out;
    const int first = j * unit_rows;
    const int n = std::min(unit_rows, targets - first);
    to += j * tiles.group();
    for (int k = 0; k < depth; k += unit_depth, to += split_words) {
        const int m = std::min(unit_depth, depth - k);
        if (!transposed && n == unit_rows && m == unit_depth) {
            split_tile(w + std::ptrdiff_t(k) * out + first, out, std::ptrdiff_t(unit_rows) * out,
                       to);
            continue;
        }
        for (int half = 0; half < unit_depth; half += unit_rows) {
            const int rows = std::clamp(m - half, 0, unit_rows);
            float(*const at)[unit_rows] = transposed ? turned : square + half;
            std::fill_n(at[0], unit_words, 0.0f);
            if (!transposed) {
                for (int r = 0; r < rows; ++r)
                    std::copy_n(w + std::ptrdiff_t(k + half + r) * out + first, n, at[r]);
                continue;
            }
            for (int r = 0; r < n; ++r)
                std::copy_n(w + std::ptrdiff_t(first + r) * out + k + half, rows, at[r]);
            transpose_16(turned[0], unit_rows, square[half], unit_rows);
        }
        split_tile(square[0], unit_rows, unit_words, to);
    }
}

/// Products of `n` split pixels and split weights, two by two groups at a time, to y. `room` takes
/// 32 x 32 results of which not all are wanted.
template <class Unit>
void unit_rows_product(Unit& unit, const Word* pixels, int n, const Word* weights,
                       const Bf16Tiles& w, int targets, View<float> y, float* room,
                       Prefetcher& ahead) {
    constexpr int wide = 2 * unit_rows;
    for (int j = 0; j < w.groups; j += 2) {
        const int columns = std::min(2, w.groups - j);
        const int wanted = std::min(wide, targets - j * unit_rows);
        for (int i = 0; i * unit_rows < n; i += 2) {
            const int rows = std::min(wide, n - i * unit_rows);
            float* const to = y.data + std::ptrdiff_t(i) * unit_rows * y.pixel + j * unit_rows;
            AmxProduct p{pixels + i * w.group(),
                         weights + j * w.group(),
                         w.group(),
                         w.group(),
                         w.blocks,
                         to,
                         unit_rows * y.pixel,
                         unit_rows,
                         y.pixel,
                         &ahead};
            const bool whole = rows % unit_rows == 0 && wanted % unit_rows == 0;
            if (!whole) {
                p.c = room;
                p.c_group = unit_rows * wide;
                p.c_row = wide;
            }
            unit_product(unit, p, ceil_div(rows, unit_rows), columns, false);
            if (!whole)
                copy_columns(room, wide, rows, wanted, to, y.pixel);
        }
    }
}

/// What a sweep over `count` pixels from `first` on will read and write.
inline void fetch_sweep(Prefetcher& ahead, const InputTransform<float>& x,
                        const Epilogue<float>& after, long first, long count) {
    ahead.add(x.x, first, count);
    ahead.add(x.raw, first, count);
    ahead.add(View<const float>{after.y.data, after.y.pixel}, first, count, true);
    ahead.add(after.other, first, count);
    ahead.add(after.value, first, count);
    ahead.add(after.more, first, count);
}
inline void add_bias(const float* bias, int channels, int pixels, View<float> y) {
    for (int p = 0; p < pixels; ++p) {
        float* const row = y.data + p * y.pixel;
        COLLAB_INDEPENDENT
        for (int c = 0; c < channels; ++c)
            row[c] += bias[c];
    }
}

/// after.y = what is loaded, times the weights (+ bias) or their transpose. `g` is flattened.
/// Returns the number of parts that have sums in `after`.
template <class Unit>
COLLAB_COLD int unit_sweep(CpuContext& threads, const Convolution& g, bool transposed,
                           const InputTransform<float>& x, const float* w, const float* bias,
                           Epilogue<float>& after) {
    const int in = g.in.channels;
    const int out = g.out.channels;
    const int depth = transposed ? out : in;
    const int targets = transposed ? in : out;
    const Bf16Tiles tiles(targets, depth);
    const auto operands =
        threads.weights<Word>({w, bias, transposed, PackedWeights::split}, tiles.words());
    if (!operands.ready)
        threads.run(tiles.groups,
                    [&](int j) { split_weights(w, in, out, transposed, tiles, j, operands.data); });
    // Weights beyond the cache are read again for every unit: there, units are larger.
    const std::size_t budget = tiles.words() * sizeof(Word) > (std::size_t(1) << 20)
                                   ? std::size_t(1280) << 10
                                   : std::size_t(768) << 10;
    const AmxPartition cut(g.batch, 4 * unit_pixels, 32, std::size_t(6 * depth + 4 * targets),
                           budget);
    if (after.run)
        after.zero_sums(threads, cut.parts);
    const std::size_t formed_size = whole_lines<float>(std::size_t(unit_pixels * unit_row(depth)));
    const std::size_t room_size = 4 * unit_words;
    const std::size_t split_size = Bf16Tiles(cut.each, depth).words();
    threads.run(cut.parts, [&](int part) {
        float* const formed = threads.scratch<float>(formed_size + room_size + split_size);
        float* const room = formed + formed_size;
        Word* const split = reinterpret_cast<Word*>(room + room_size);
        Unit unit;
        Prefetcher ahead;
        const long end = cut.first(part + 1);
        for (long first = cut.first(part); first < end; first += cut.each) {
            const int n = cut.in(first, end);
            const View<float> y{after.y.data + first * after.y.pixel, after.y.pixel};
            ahead.clear();
            // of the next part, too: a thread takes parts in their order
            if (const long next = first + n; next < cut.pixels)
                fetch_sweep(ahead, x, after, next, cut.in(next, cut.pixels));
            ahead.spread(unit_steps(ceil_div(n, unit_rows), tiles.groups, tiles.blocks));
            for (int i = 0; i < n; i += unit_pixels) {
                form_unit(x, first + i, std::min(unit_pixels, n - i), formed);
                split_pixels(formed, unit_row(depth), tiles, i / unit_rows, split);
            }
            unit_rows_product(unit, split, n, operands.data, tiles, targets, y, room, ahead);
            if (bias)
                add_bias(bias, targets, n, y);
            if (after.run)
                after.run(after, part, first, n, 0, targets);
        }
    });
    return cut.parts;
}

/// Both gradients of a flattened convolution; without an epilogue, that of the weights alone.
template <class Unit>
class UnitGradients {
public:
    COLLAB_COLD UnitGradients(const Convolution& g, const InputTransform<float>& x,
                              const InputTransform<float>& dy, Epilogue<float>* after)
        : x_(x),
          dy_(dy),
          after_(after),
          in_(g.in.channels),
          out_(g.out.channels),
          of_w_(in_, out_),
          in_groups_(ceil_div(in_, unit_rows)),
          out_groups_(ceil_div(out_, unit_rows)),
          sums_size_(std::size_t(in_groups_) * std::size_t(out_groups_) * unit_words),
          cut_(g.batch, 16 * unit_pixels, most_parts(), std::size_t(10 * in_ + 12 * out_),
               std::size_t(1100) << 10) {}

    /// Adds to dw and, with an epilogue, writes its y: without, w may be null. Returns the number
    /// of parts that have sums in the epilogue.
    COLLAB_COLD int run(CpuContext& threads, const float* w, float* dw) {
        weights_ = threads.shared<Word>(of_w_.words() + std::size_t(cut_.parts) * sums_size_);
        sums_ = reinterpret_cast<float*>(weights_ + of_w_.words());
        if (after_)
            threads.run(of_w_.groups,
                        [&](int j) { split_weights(w, in_, out_, true, of_w_, j, weights_); });
        if (after_ && after_->run)
            after_->zero_sums(threads, cut_.parts);
        threads.run(cut_.parts, [&](int part) { run_part(threads, part); });
        threads.run(in_groups_, [&](int i) { add_sums(i, dw); });
        return cut_.parts;
    }

private:
    /// Memory of a part: pixels in float, 32 x 32 results, and what was split.
    struct Room {
        float *formed, *results;
        Word *pixels, *x, *dy;
    };

    /// At most 64 MB of sums.
    int most_parts() const {
        return int(std::clamp((std::size_t(64) << 20) / (sums_size_ * sizeof(float)),
                              std::size_t(1), std::size_t(16)));
    }
    Room room(CpuContext& threads) const {
        const std::size_t formed =
            whole_lines<float>(std::size_t(unit_pixels * unit_row(std::max(in_, out_))));
        const std::size_t results = 4 * unit_words;
        const std::size_t pixels = Bf16Tiles(cut_.each, out_).words();
        const std::size_t x = Bf16Tiles(in_, cut_.each).words();
        const std::size_t dy = Bf16Tiles(out_, cut_.each).words();
        Room r;
        r.formed = threads.scratch<float>(formed + results + pixels + x + dy);
        r.results = r.formed + formed;
        r.pixels = reinterpret_cast<Word*>(r.results + results);
        r.x = r.pixels + pixels;
        r.dy = r.x + x;
        return r;
    }
    COLLAB_COLD void run_part(CpuContext& threads, int part) const {
        const Room r = room(threads);
        float* const sums = sums_ + std::size_t(part) * sums_size_;
        Unit unit;
        PrefetcherPair f;
        const long begin = cut_.first(part);
        const long end = cut_.first(part + 1);
        for (long first = begin; first < end; first += cut_.each) {
            const int n = cut_.in(first, end);
            fetch(first, n, f);
            split(first, n, r);
            sum_unit(unit, n, first > begin, r, sums, f.ahead);
            if (!after_)
                continue;
            const View<float> y{after_->y.data + first * after_->y.pixel, after_->y.pixel};
            unit_rows_product(unit, r.pixels, n, weights_, of_w_, in_, y, r.results, f.later);
            if (after_->run)
                after_->run(*after_, part, first, n, 0, in_);
        }
    }
    void fetch(long first, int n, PrefetcherPair& f) const {
        f.clear();
        if (after_)
            f.ahead.add(View<const float>{after_->y.data, after_->y.pixel}, first, n, true);
        if (const long next = first + n; next < cut_.pixels) {
            const int count = cut_.in(next, cut_.pixels);
            f.ahead.add(dy_.x, next, count);
            Prefetcher& rest = after_ ? f.later : f.ahead;
            rest.add(dy_.raw, next, count);
            if (after_)
                fetch_beside(rest, x_, *after_, next, count);
            else
                rest.add(x_.x, next, count);
        }
        const int blocks = Bf16Tiles(in_, n).blocks;
        f.ahead.spread(unit_steps(in_groups_, out_groups_, blocks));
        f.later.spread(unit_steps(ceil_div(n, unit_rows), in_groups_, of_w_.blocks));
    }
    void split(long first, int n, const Room& r) const {
        const Bf16Tiles x_tiles(in_, n);
        const Bf16Tiles dy_tiles(out_, n);
        for (int i = 0; i < n; i += unit_pixels) {
            const int count = std::min(unit_pixels, n - i);
            form_unit(x_, first + i, count, r.formed);
            split_channels(r.formed, unit_row(in_), x_tiles, i / unit_pixels, false, r.x);
            form_unit(dy_, first + i, count, r.formed);
            split_channels(r.formed, unit_row(out_), dy_tiles, i / unit_pixels, true, r.dy);
            if (after_)
                split_pixels(r.formed, unit_row(out_), of_w_, i / unit_rows, r.pixels);
        }
    }
    void sum_unit(Unit& unit, int n, bool add, const Room& r, float* sums,
                  Prefetcher& ahead) const {
        const Bf16Tiles x_tiles(in_, n);
        const Bf16Tiles dy_tiles(out_, n);
        for (int i = 0; i < in_groups_; i += 2)
            for (int j = 0; j < out_groups_; j += 2) {
                const AmxProduct p{r.x + i * x_tiles.group(),
                                   r.dy + j * dy_tiles.group(),
                                   x_tiles.group(),
                                   dy_tiles.group(),
                                   x_tiles.blocks,
                                   sums + (std::ptrdiff_t(i) * out_groups_ + j) * unit_words,
                                   std::ptrdiff_t(out_groups_) * unit_words,
                                   unit_words,
                                   unit_rows,
                                   &ahead};
                unit_product(unit, p, std::min(2, in_groups_ - i), std::min(2, out_groups_ - j),
                             add);
            }
    }
    void add_sums(int i, float* dw) const {
        for (int j = 0; j < out_groups_; ++j) {
            const float* const tile = sums_ + (std::ptrdiff_t(i) * out_groups_ + j) * unit_words;
            add_weight_sums(PartSums<float>{tile, cut_.parts, sums_size_, unit_rows},
                            std::min(unit_rows, in_ - i * unit_rows),
                            std::min(unit_rows, out_ - j * unit_rows),
                            dw + std::ptrdiff_t(i) * unit_rows * out_ + j * unit_rows, out_);
        }
    }

    const InputTransform<float>&x_, &dy_;
    Epilogue<float>* after_;
    int in_, out_;
    Bf16Tiles of_w_;
    int in_groups_, out_groups_;
    std::size_t sums_size_;
    AmxPartition cut_;
    Word* weights_ = nullptr;
    float* sums_ = nullptr;
};

template <class Unit>
int unit_backward(CpuContext& threads, const Convolution& g, const InputTransform<float>& x,
                  const InputTransform<float>& dy, const float* w, float* dw,
                  Epilogue<float>& after) {
    return UnitGradients<Unit>(g, x, dy, &after).run(threads, w, dw);
}

/// Adds to dw. For few pixels and many weights everything is split first, and squares of sums are
/// the pieces of work.
template <class Unit>
COLLAB_COLD void unit_weight_gradient(CpuContext& threads, const Convolution& g,
                                      const InputTransform<float>& x,
                                      const InputTransform<float>& dy, float* dw) {
    if (unit_backward_in_one_sweep(g))
        return void(UnitGradients<Unit>(g, x, dy, nullptr).run(threads, nullptr, dw));
    const int in = g.in.channels;
    const int out = g.out.channels;
    const int blocks = ceil_div(g.batch, unit_pixels);
    const Bf16Tiles x_tiles(in, g.batch);
    const Bf16Tiles dy_tiles(out, g.batch);
    Word* const of_x = threads.shared<Word>(x_tiles.words() + dy_tiles.words());
    Word* const of_dy = of_x + x_tiles.words();
    threads.run(blocks, [&](int block) {
        float* const formed =
            threads.scratch<float>(std::size_t(unit_pixels * unit_row(std::max(in, out))));
        const long first = long(block) * unit_pixels;
        const int n = int(std::min<long>(unit_pixels, g.batch - first));
        form_unit(x, first, n, formed);
        split_channels(formed, unit_row(in), x_tiles, block, false, of_x);
        form_unit(dy, first, n, formed);
        split_channels(formed, unit_row(out), dy_tiles, block, true, of_dy);
    });
    // As many groups as stay in cache.
    const int most =
        std::clamp(int((std::size_t(512) << 10) / (std::size_t(x_tiles.group()) * sizeof(Word))) /
                       2,
                   1, 8) *
        2;
    const int rows = ceil_div(x_tiles.groups, most);
    const int columns = ceil_div(dy_tiles.groups, most);
    threads.run(rows * columns, [&](int piece) {
        alignas(64) float room[4 * unit_words];
        constexpr int wide = 2 * unit_rows;
        Unit unit;
        Prefetcher nothing;
        const int row = piece / columns * most;
        const int column = piece % columns * most;
        for (int j = column; j < std::min(column + most, dy_tiles.groups); j += 2)
            for (int i = row; i < std::min(row + most, x_tiles.groups); i += 2) {
                const AmxProduct p{of_x + i * x_tiles.group(),
                                   of_dy + j * dy_tiles.group(),
                                   x_tiles.group(),
                                   dy_tiles.group(),
                                   blocks,
                                   room,
                                   unit_rows * wide,
                                   unit_rows,
                                   wide,
                                   &nothing};
                unit_product(unit, p, std::min(2, x_tiles.groups - i),
                             std::min(2, dy_tiles.groups - j), false);
                add_weight_sums(PartSums<float>{room, 1, 0, wide},
                                std::min(wide, in - i * unit_rows),
                                std::min(wide, out - j * unit_rows),
                                dw + std::ptrdiff_t(i) * unit_rows * out + j * unit_rows, out);
            }
    });
}

}  // namespace collab::backend::detail
