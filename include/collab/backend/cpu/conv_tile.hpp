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

/// Tiles of Quads quads x V registers: `count` quads, a multiple of Quads.
template <class T, int Quads, int V>
COLLAB_NOINLINE void conv_tiles(const TileJob<T>& job, const Quad* quads, int count) {
    constexpr int L = lanes<T>;
    const std::ptrdiff_t step = job.step;
    const std::ptrdiff_t step3 = 3 * step;
    const std::ptrdiff_t y_step = job.y_step;
    const bool whole = job.channels >= V * L && job.pixels == 4;
    for (; count > 0; count -= Quads, quads += Quads) {
        Vector<T> acc[Quads][4][V];
        if (!job.add) {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                const Vector<T> bias = load(job.bias + v * L);
                inline_loop<Quads>([&](int q) COLLAB_LAMBDA_INLINE {
                    inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE { acc[q][p][v] = bias; });
                });
            });
        } else {  // from where they lie, or from a copy of those that are no whole tile: one piece
                  // of code for both
            alignas(64) T kept[Quads][4][V * L];
            const T* place[Quads];
            for (int q = 0; q < Quads; ++q) {
                place[q] = whole ? job.y + quads[q].y : kept[q][0];
                for (int p = 0; p < 4 && !whole; ++p) {
                    std::fill_n(kept[q][p], V * L, T(0));
                    if (p < job.pixels)
                        copy_few<V * L>(job.y + quads[q].y + p * y_step,
                                        std::min(job.channels, V * L), kept[q][p]);
                }
            }
            const std::ptrdiff_t place_step = whole ? y_step : V * L;
            inline_loop<Quads>([&](int q) COLLAB_LAMBDA_INLINE {
                inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE {
                    inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                        acc[q][p][v] = load(place[q] + p * place_step + v * L);
                    });
                });
            });
        }
        int from = quads[0].from;
        int to = quads[0].to;
        for (int q = 1; q < Quads; ++q) {
            from = std::min(from, quads[q].from);
            to = std::max(to, quads[q].to);
        }
        for (int k = from; k < to; ++k) {
            job.ahead->step();
            const T* w = job.weights + (std::ptrdiff_t(k) * job.length + job.from) * (V * L);
            const T* x[Quads];
            inline_loop<Quads>([&](int q) COLLAB_LAMBDA_INLINE {
                x[q] = job.x + quads[q].x + k * job.row + job.from;
            });
            for (int j = job.from; j < job.to; ++j, w += V * L) {
                Vector<T> weight[V];
                inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { weight[v] = load(w + v * L); });
                inline_loop<Quads>([&](int q) COLLAB_LAMBDA_INLINE {
                    const T* at = x[q]++;
                    const auto feed = [&](auto p, T value) COLLAB_LAMBDA_INLINE {
                        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                            add_product(acc[q][p][v], value, weight[v]);
                        });
                    };
                    feed(Index<0>{}, at[0]);
                    feed(Index<1>{}, at[step]);
                    feed(Index<2>{}, at[2 * step]);
                    feed(Index<3>{}, at[step3]);
                });
            }
        }
        if (whole) {
            inline_loop<Quads>([&](int q) COLLAB_LAMBDA_INLINE {
                T* y = job.y + quads[q].y;
                inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE {
                    inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                        store(y + p * y_step + v * L, acc[q][p][v]);
                    });
                });
            });
        } else {
            alignas(64) T done[Quads][4][V * L];
            inline_loop<Quads>([&](int q) COLLAB_LAMBDA_INLINE {
                inline_loop<4>([&](int p) COLLAB_LAMBDA_INLINE {
                    inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                        store(done[q][p] + v * L, acc[q][p][v]);
                    });
                });
            });
            for (int q = 0; q < Quads; ++q)
                for (int p = 0; p < 4 && p < job.pixels; ++p)
                    copy_few<V * L>(done[q][p], std::min(job.channels, V * L),
                                    job.y + quads[q].y + p * y_step);
        }
    }
}

/// All quads, in the largest tiles that the registers hold and smaller ones for the rest.
template <class T>
void conv_all_tiles(const TileJob<T>& job, int vectors, const Quad* quads, int count) {
    const auto take = [&](auto tile, auto v, int n) {
        conv_tiles<T, decltype(tile)::value, decltype(v)::value>(job, quads, n);
        quads += n;
        count -= n;
    };
    if constexpr (many_registers) {
        if (vectors == 2) {
            // 4 = 2 + 2 keeps more sums in flight than 3 + 1
            const int threes = count / 3 - (count % 3 == 1 && count > 3);
            take(Index<3>{}, Index<2>{}, threes * 3);
            take(Index<2>{}, Index<2>{}, count / 2 * 2);
            take(Index<1>{}, Index<2>{}, count);
        } else {
            take(Index<4>{}, Index<1>{}, count / 4 * 4);
            take(Index<2>{}, Index<1>{}, count / 2 * 2);
            take(Index<1>{}, Index<1>{}, count);
        }
    } else {
        if (vectors == 2)
            return take(Index<1>{}, Index<2>{}, count);
        const int threes = count / 3 - (count % 3 == 1 && count > 3);
        take(Index<3>{}, Index<1>{}, threes * 3);
        take(Index<2>{}, Index<1>{}, count / 2 * 2);
        take(Index<1>{}, Index<1>{}, count);
    }
}

}  // namespace collab::backend::detail
