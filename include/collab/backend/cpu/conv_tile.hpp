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

/// Pixels of quad q in a tile of so many pixels: all four, or what is left for the last.
constexpr int pixels_of_quad(int pixels, int q) {
    return std::min(4, pixels - 4 * q);
}

/// Tiles of Pixels pixels x V registers, `count` quads in all: Pixels / 4 for each tile, rounded
/// up. A quad that is not whole begins with the pixels of its tile.
template <class T, int Pixels, int V>
COLLAB_NOINLINE void conv_tiles(const TileJob<T>& job, const Quad* quads, int count) {
    constexpr int L = lanes<T>;
    constexpr int of_tile = (Pixels + 3) / 4;
    const std::ptrdiff_t step = job.step;
    const std::ptrdiff_t step3 = 3 * step;
    const std::ptrdiff_t y_step = job.y_step;
    const bool whole = job.channels >= V * L && job.pixels == 4;
    // f(number of the pixel in the tile, its quad, its number there, register)
    const auto all = [](auto f) COLLAB_LAMBDA_INLINE {
        inline_loop<Pixels>([&](int i) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { f(i, i / 4, i % 4, v); });
        });
    };
    for (; count > 0; count -= of_tile, quads += of_tile) {
        Vector<T> acc[Pixels][V];
        if (!job.add) {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                const Vector<T> bias = load(job.bias + v * L);
                inline_loop<Pixels>([&](int i) COLLAB_LAMBDA_INLINE { acc[i][v] = bias; });
            });
        } else {  // from where they lie, or from a copy of those that are no whole tile: one piece
                  // of code for both
            alignas(64) T kept[of_tile][4][V * L];
            const T* place[of_tile];
            for (int q = 0; q < of_tile; ++q) {
                place[q] = whole ? job.y + quads[q].y : kept[q][0];
                for (int p = 0; p < pixels_of_quad(Pixels, q) && !whole; ++p) {
                    std::fill_n(kept[q][p], V * L, T(0));
                    if (p < job.pixels)
                        copy_few<V * L>(job.y + quads[q].y + p * y_step,
                                        std::min(job.channels, V * L), kept[q][p]);
                }
            }
            const std::ptrdiff_t place_step = whole ? y_step : V * L;
            all([&](int i, int q, int p, int v)
                    COLLAB_LAMBDA_INLINE { acc[i][v] = load(place[q] + p * place_step + v * L); });
        }
        int from = quads[0].from;
        int to = quads[0].to;
        for (int q = 1; q < of_tile; ++q) {
            from = std::min(from, quads[q].from);
            to = std::max(to, quads[q].to);
        }
        for (int k = from; k < to; ++k) {
            job.ahead->step();
            const T* w = job.weights + (std::ptrdiff_t(k) * job.length + job.from) * (V * L);
            const T* x[of_tile];
            inline_loop<of_tile>([&](int q) COLLAB_LAMBDA_INLINE {
                x[q] = job.x + quads[q].x + k * job.row + job.from;
            });
            for (int j = job.from; j < job.to; ++j, w += V * L) {
                Vector<T> weight[V];
                inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { weight[v] = load(w + v * L); });
                inline_loop<of_tile>([&](int q) COLLAB_LAMBDA_INLINE {
                    const T* at = x[q]++;
                    const auto feed = [&](int p, T value) COLLAB_LAMBDA_INLINE {
                        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                            add_product(acc[4 * q + p][v], value, weight[v]);
                        });
                    };
                    feed(0, at[0]);
                    feed(1, at[step]);
                    if (pixels_of_quad(Pixels, q) == 4) {
                        feed(2, at[2 * step]);
                        feed(3, at[step3]);
                    }
                });
            }
        }
        if (whole) {
            all([&](int i, int q, int p, int v) COLLAB_LAMBDA_INLINE {
                store(job.y + quads[q].y + p * y_step + v * L, acc[i][v]);
            });
        } else {
            alignas(64) T done[Pixels][V * L];
            all([&](int i, int, int, int v)
                    COLLAB_LAMBDA_INLINE { store(done[i] + v * L, acc[i][v]); });
            for (int q = 0; q < of_tile; ++q)
                for (int p = 0; p < pixels_of_quad(Pixels, q) && p < job.pixels; ++p)
                    copy_few<V * L>(done[4 * q + p], std::min(job.channels, V * L),
                                    job.y + quads[q].y + p * y_step);
        }
    }
}

/// Three quads as two tiles of six pixels by two registers. Twelve sums fill the sixteen registers
/// beside two of weights and a pixel; two pipes of multiply-adds, each of which takes four cycles,
/// are kept busy by no fewer than eight, and those of one quad would have to follow each other
/// without a gap.
template <class T>
void conv_sixes(const TileJob<T>& job, const Quad* quads, int threes) {
    for (; threes > 0; --threes, quads += 3) {
        const Quad& middle = quads[1];
        const Quad second_half{middle.x + 2 * job.step, middle.y + 2 * job.y_step, middle.from,
                               middle.to};
        const Quad halves[] = {quads[0], middle, quads[2], second_half};
        conv_tiles<T, 6, 2>(job, halves, 4);
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
