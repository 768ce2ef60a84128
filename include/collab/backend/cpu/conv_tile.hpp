// SPDX-License-Identifier: Apache-2.0
// conv_tile: the kernel of every dense convolution and product: a tile of output pixels by
// registers of output channels.
//
// Pixels come in quads: four output pixels whose inputs lie an equal step apart, along a row or
// across images. A tile is a few quads from anywhere, so that small maps fill tiles as well as
// large ones do. Template arguments are the tile, never a layer.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/prefetch.hpp>
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend::detail {

/// Four output pixels. `x` and `y` are offsets of the first; tap rows outside [from, to) see only
/// zeros.
struct Quad {
    std::ptrdiff_t x, y;
    int from, to;
};

/// What is the same for all tiles. One tap row is `length` = (tap columns x channels) neighbors in
/// memory, `row` after the one before; of each, elements [from, to) are added to the bias, or to y
/// when `add`.
template <class T>
struct TileJob {
    const T* x;
    std::ptrdiff_t step, row;  ///< between the pixels of a quad; between tap rows
    int length, from, to;
    /// weights[tap row][length][registers of the block], bias[registers of the block]
    const T *weights, *bias;
    T* y;
    std::ptrdiff_t y_step;
    int channels, pixels;  ///< stored per pixel, of a quad
    bool add;
    Prefetcher* ahead;
};

/// A tile of Pixels pixels x V registers, whose sums stay in registers from `start` to `finish`.
/// Its pixels lie in quads, or in pairs, the halves of quads, where it has six.
template <class T, int Pixels, int V>
class ConvTile {
public:
    static constexpr int each = Pixels % 4 == 0 ? 4 : 2;
    static constexpr int quads_of_tile = Pixels / each;

    COLLAB_INLINE ConvTile(const TileJob<T>& job, const Quad* quads, bool whole)
        : job_(job),
          quads_(quads),
          whole_(whole) {}

    COLLAB_INLINE void start() {
        if (job_.add)
            return start_from_results();
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
            const Vector<T> bias = load(job_.bias + v * L);
            inline_loop<Pixels>([&](int i) COLLAB_LAMBDA_INLINE { acc_[i][v] = bias; });
        });
    }

    COLLAB_INLINE void sweep() {
        int from = quads_[0].from;
        int to = quads_[0].to;
        for (int q = 1; q < quads_of_tile; ++q) {
            from = std::min(from, quads_[q].from);
            to = std::max(to, quads_[q].to);
        }
        for (int k = from; k < to; ++k) {
            job_.ahead->step();
            add_row(k);
        }
    }

    COLLAB_INLINE void finish() {
        if (whole_)
            all([&](int i, int q, int p, int v) COLLAB_LAMBDA_INLINE {
                store(job_.y + quads_[q].y + p * job_.y_step + v * L, acc_[i][v]);
            });
        else
            store_some();
    }

private:
    static constexpr int L = lanes<T>;
    const TileJob<T>& job_;
    const Quad* quads_;
    bool whole_;  ///< whether every register of every pixel is in memory
    Vector<T> acc_[Pixels][V];

    /// f(number of the pixel in the tile, its quad, its number there, register)
    template <class F>
    COLLAB_INLINE static void all(const F& f) {
        inline_loop<Pixels>([&](int i) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { f(i, i / each, i % each, v); });
        });
    }

    /// From where they lie, or from a copy of those that are no whole tile: one piece of code for
    /// both.
    COLLAB_INLINE void start_from_results() {
        alignas(64) T kept[quads_of_tile][each][V * L];
        const T* place[quads_of_tile];
        for (int q = 0; q < quads_of_tile; ++q) {
            place[q] = whole_ ? job_.y + quads_[q].y : kept[q][0];
            if (!whole_)
                keep(q, kept[q]);
        }
        const std::ptrdiff_t step = whole_ ? job_.y_step : V * L;
        all([&](int i, int q, int p, int v)
                COLLAB_LAMBDA_INLINE { acc_[i][v] = load(place[q] + p * step + v * L); });
    }
    COLLAB_INLINE void keep(int q, T (&to)[each][V * L]) {
        for (int p = 0; p < each; ++p) {
            std::fill_n(to[p], V * L, T(0));
            if (p < job_.pixels)
                copy_few<V * L>(job_.y + quads_[q].y + p * job_.y_step,
                                std::min(job_.channels, V * L), to[p]);
        }
    }

    /// Adds the products of tap row k.
    COLLAB_INLINE void add_row(int k) {
        const std::ptrdiff_t step = job_.step;
        const std::ptrdiff_t step3 = 3 * step;
        const T* w = job_.weights + (std::ptrdiff_t(k) * job_.length + job_.from) * (V * L);
        const T* x[quads_of_tile];
        inline_loop<quads_of_tile>([&](int q) COLLAB_LAMBDA_INLINE {
            x[q] = job_.x + quads_[q].x + k * job_.row + job_.from;
        });
        for (int j = job_.from; j < job_.to; ++j, w += V * L) {
            Vector<T> weight[V];
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { weight[v] = load(w + v * L); });
            inline_loop<quads_of_tile>([&](int q) COLLAB_LAMBDA_INLINE {
                const T* at = x[q]++;
                feed(each * q, at[0], weight);
                feed(each * q + 1, at[step], weight);
                if constexpr (each == 4) {
                    feed(each * q + 2, at[2 * step], weight);
                    feed(each * q + 3, at[step3], weight);
                }
            });
        }
    }
    COLLAB_INLINE void feed(int i, T value, const Vector<T> (&weight)[V]) {
        inline_loop<V>([&](int v)
                           COLLAB_LAMBDA_INLINE { add_product(acc_[i][v], value, weight[v]); });
    }

    COLLAB_INLINE void store_some() {
        alignas(64) T done[Pixels][V * L];
        all([&](int i, int, int, int v)
                COLLAB_LAMBDA_INLINE { store(done[i] + v * L, acc_[i][v]); });
        for (int q = 0; q < quads_of_tile; ++q)
            for (int p = 0; p < each && p < job_.pixels; ++p)
                copy_few<V * L>(done[each * q + p], std::min(job_.channels, V * L),
                                job_.y + quads_[q].y + p * job_.y_step);
    }
};

/// Tiles of Pixels pixels x V registers, of `count` quads or pairs in all.
template <class T, int Pixels, int V>
COLLAB_NOINLINE void conv_tiles(const TileJob<T>& job, const Quad* quads, int count) {
    using Tile = ConvTile<T, Pixels, V>;
    const TileJob<T> own = job;  // a copy that stores cannot change
    const bool whole = own.channels >= V * lanes<T> && own.pixels == 4;
    for (; count > 0; count -= Tile::quads_of_tile, quads += Tile::quads_of_tile) {
        Tile tile(own, quads, whole);
        tile.start();
        tile.sweep();
        tile.finish();
    }
}

/// Three quads at a time as two tiles of six pixels by two registers. Twelve sums fill the sixteen
/// registers beside two of weights and a pixel; two pipes of multiply-adds, each of which takes
/// four cycles, are kept busy by no fewer than eight, and those of one quad would have to follow
/// each other without a gap.
template <class T>
void conv_sixes(const TileJob<T>& job, const Quad* quads, int threes) {
    Quad pairs[6];
    for (; threes > 0; --threes, quads += 3) {
        for (int i = 0; i < 6; ++i) {
            const Quad& q = quads[i / 2];
            const int pixel = i % 2 * 2;
            pairs[i] = {q.x + pixel * job.step, q.y + pixel * job.y_step, q.from, q.to};
        }
        conv_tiles<T, 6, 2>(job, pairs, 6);
    }
}

/// All quads, in the largest tiles that the registers hold and smaller ones for the rest.
template <class T>
void conv_all_tiles(const TileJob<T>& job, int vectors, const Quad* quads, int count) {
    const auto take = [&](auto of_tile, auto v, int n) {
        conv_tiles<T, 4 * decltype(of_tile)::value, decltype(v)::value>(job, quads, n);
        quads += n;
        count -= n;
    };
    // 4 = 2 + 2 keeps more sums in flight than 3 + 1
    const int threes = count / 3 - (count % 3 == 1 && count > 3);
    if constexpr (many_registers) {
        if (vectors == 1) {
            take(Index<4>{}, Index<1>{}, count / 4 * 4);
            take(Index<2>{}, Index<1>{}, count / 2 * 2);
            return take(Index<1>{}, Index<1>{}, count);
        }
        take(Index<3>{}, Index<2>{}, threes * 3);
        take(Index<2>{}, Index<2>{}, count / 2 * 2);
        take(Index<1>{}, Index<2>{}, count);
    } else if (vectors == 2) {
        const int sixes = job.pixels == 4 ? count / 3 : 0;
        conv_sixes(job, quads, sixes);
        quads += 3 * sixes;
        count -= 3 * sixes;
        take(Index<1>{}, Index<2>{}, count);
    } else {
        take(Index<3>{}, Index<1>{}, threes * 3);
        take(Index<2>{}, Index<1>{}, count / 2 * 2);
        take(Index<1>{}, Index<1>{}, count);
    }
}

}  // namespace collab::backend::detail
