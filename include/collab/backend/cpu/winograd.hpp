// SPDX-License-Identifier: Apache-2.0
// winograd: 3x3 sweeps of stride 1 by Winograd's F(2x2, 3x3), 16 instead of 36 multiplications per
// four outputs, and F(4x4, 3x3), 36 instead of 144 per sixteen.
//
// Outputs come in tiles of `edge` by `edge`, each seeing two more rows and columns of inputs.
// Inputs, weights and outputs are transformed (B^T d B, G g G^T, A^T m A; winograd_transform.hpp);
// between the transforms lies one product per position of a tile's inputs, [tiles][channels] by
// [channels][targets]. Template arguments are the register tile of that product and the edge in a
// transform; shapes are numbers at run time.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/prefetch.hpp>
#include <collab/backend/cpu/vector.hpp>
#include <collab/backend/cpu/winograd_transform.hpp>
#include <collab/backend/cpu/winograd_weights.hpp>

namespace collab::backend::detail {

/// Windows of one or several images: output (m, w) of an image sees x[(m + k) * row + (w + q) *
/// pixel] for k, q in 0..2. Of the last pixel read, lanes - 1 elements beyond its channels must be
/// readable; they do not influence any result.
template <class T>
struct WinogradSource {
    const T* x;
    std::ptrdiff_t pixel, row, image;
    int images, rows, columns, channels;  ///< rows and columns of outputs; any numbers are fine
    int edge;                             ///< of a tile of outputs: 2 or 4
    int down() const { return ceil_div(rows, edge); }
    int across() const { return ceil_div(columns, edge); }
    int tiles() const { return images * down() * across(); }
    int padded() const { return round_up(channels, lanes<T>); }
};

/// Where a tile lies: its image and its first output row and column.
struct WinogradTile {
    int image, row, column;
    template <class T>
    WinogradTile(const WinogradSource<T>& s, int t)
        : image(t / s.across() / s.down()),
          row(t / s.across() % s.down() * s.edge),
          column(t % s.across() * s.edge) {}
    template <class T>
    COLLAB_INLINE void advance(const WinogradSource<T>& s) {
        if ((column += s.edge) < s.columns)
            return;
        column = 0;
        if ((row += s.edge) >= s.rows) {
            row = 0;
            ++image;
        }
    }
};

/// Transformed values of a pass over some tiles lie as [position][register of
/// channels][tile][lanes]: constant distances between tiles, one pointer in the products. The
/// positions are an odd number of lines apart, or they would compete for the same cache lines.
template <class T>
struct WinogradLayout {
    int positions;
    /// distances between registers of channels and between positions
    std::ptrdiff_t chunk, position;
    WinogradLayout(int edge, int tiles, int vectors)
        : positions(winograd_positions(edge)),
          chunk(std::ptrdiff_t(tiles) * lanes<T>),
          position(std::ptrdiff_t(whole_lines<T>(std::size_t(chunk * vectors))) |
                   (64 / std::ptrdiff_t(sizeof(T)))) {}
    std::size_t size() const { return std::size_t(positions * position); }
};

/// B^T d B of `n` tiles side by side, from `rows` of the first; the last tile has `last` readable
/// columns of inputs.
template <class T, int M>
COLLAB_NOINLINE void winograd_input_row(const T* const (&rows)[M + 2], std::ptrdiff_t pixel, int n,
                                        int last, T* v, std::ptrdiff_t position) {
    constexpr int L = lanes<T>;
    constexpr int N = M + 2;
    using Transform = WinogradTransform<T, M>;
    Vector<T> a[N][N];
    const auto column = [&](auto j, std::ptrdiff_t at) COLLAB_LAMBDA_INLINE {
        Vector<T> d[N], t[N];
        inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE { d[i] = load(rows[i] + at); });
        Transform::input(d, t);
        inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE { a[i][j] = t[i]; });
    };
    column(Index<0>{}, 0);
    column(Index<1>{}, pixel);
    std::ptrdiff_t at = 0;
    for (int t = 0; t < n; ++t, at += M * pixel, v += L) {
        const int readable = t < n - 1 ? N : last;  // what meets only missing outputs is not read
        inline_for<M>([&](auto j) COLLAB_LAMBDA_INLINE {
            column(Index<j() + 2>{}, at + std::min(j() + 2, readable - 1) * pixel);
        });
        T* to = v;
        inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE {
            Vector<T> row[N];
            Transform::input(a[i], row);
            inline_loop<N>([&](int j) COLLAB_LAMBDA_INLINE {
                store(to, row[j]);
                to += position;
            });
            a[i][0] = a[i][M];
            a[i][1] = a[i][M + 1];
        });
    }
}

/// The transformed inputs of tiles [first, first + count); up to `slots` tiles, zeros follow.
template <class T>
void winograd_input(const WinogradSource<T>& s, int first, int count, int slots, T* v,
                    const WinogradLayout<T>& to) {
    constexpr int L = lanes<T>;
    for (int done = 0; done < count;) {
        const WinogradTile tile(s, first + done);
        const int n = std::min(s.across() - tile.column / s.edge, count - done);
        const int last = std::min(s.edge, s.columns - tile.column - (n - 1) * s.edge) + 2;
        const T* const x = s.x + tile.image * s.image + tile.row * s.row + tile.column * s.pixel;
        for_edge(s.edge, [&](auto edge) {
            constexpr int N = edge() + 2;
            // what meets only missing outputs is not read
            const int readable = std::min(s.edge, s.rows - tile.row) + 2;
            const T* rows[N];
            for (int i = 0; i < N; ++i)
                rows[i] = x + std::min(i, readable - 1) * s.row;
            for (int c = 0; c < s.channels; c += L) {
                winograd_input_row<T, edge()>(rows, s.pixel, n, last,
                                              v + c / L * to.chunk + done * L, to.position);
                for (int i = 0; i < N; ++i)
                    rows[i] += L;
            }
        });
        done += n;
    }
    if (slots > count)
        for (int k = 0; k < to.positions; ++k)
            for (int c = 0; c < s.channels; c += L)
                std::fill_n(v + k * to.position + c / L * to.chunk + count * L, (slots - count) * L,
                            T(0));
}

/// Operands of the products of one block, and where their results will go.
template <class T>
struct WinogradProduct {
    const T* v;
    std::ptrdiff_t v_chunk, v_position;
    int channels;
    const T* u;
    std::ptrdiff_t u_position;
    T* m;
    std::ptrdiff_t m_chunk, m_position;
    T* const* y;  ///< first pixel of each tile
    std::ptrdiff_t y_pixel, y_row;
    int tiles;  ///< a multiple of four
    int edge;
};

/// m[V][tile][lanes] = v[channels / lanes][tile][lanes] * w[channels][V * lanes] for P tiles.
template <class T, int P, int V>
COLLAB_INLINE void winograd_tile_product(const WinogradProduct<T>& o, const T* v, const T* w,
                                         T* m) {
    constexpr int L = lanes<T>;
    Vector<T> acc[P][V];
    inline_loop<P>([&](int p) COLLAB_LAMBDA_INLINE {
        inline_loop<V>([&](int r) COLLAB_LAMBDA_INLINE { acc[p][r] = Vector<T>{}; });
    });
    for (int left = o.channels; left > 0; left -= L, v += o.v_chunk - L)
        for (int i = std::min(left, L); i > 0; --i, ++v, w += V * L) {
            Vector<T> weight[V];
            inline_loop<V>([&](int r) COLLAB_LAMBDA_INLINE { weight[r] = load(w + r * L); });
            inline_loop<P>([&](int p) COLLAB_LAMBDA_INLINE {
                const T value = v[p * L];
                inline_loop<V>(
                    [&](int r) COLLAB_LAMBDA_INLINE { add_product(acc[p][r], value, weight[r]); });
            });
        }
    const std::ptrdiff_t chunk = o.m_chunk;
    inline_loop<P>([&](int p) COLLAB_LAMBDA_INLINE {
        inline_loop<V>([&](int r)
                           COLLAB_LAMBDA_INLINE { store(m + r * chunk + p * L, acc[p][r]); });
    });
}

/// At each position the product of `count` tiles, a multiple of P. What the tiles will write is
/// fetched meanwhile, or the stores would wait for memory.
template <class T, int P, int V>
COLLAB_NOINLINE void winograd_product(const WinogradProduct<T>& o, int from, int count,
                                      Prefetcher& ahead) {
    constexpr int L = lanes<T>;
    const int positions = winograd_positions(o.edge);
    const int pixels = o.edge * o.edge;
    for (int k = 0; k < positions; ++k) {
        const std::ptrdiff_t pixel = k / o.edge * o.y_row + k % o.edge * o.y_pixel;
        T* const* y = o.y + from;
        const T* v = o.v + k * o.v_position + from * L;
        T* m = o.m + k * o.m_position + from * L;
        for (int left = count; left > 0; left -= P, v += P * L, m += P * L, y += P) {
            ahead.step();
            if (k < pixels)
                for (int i = 0; i < P * V; ++i)
                    __builtin_prefetch(y[i / V] + pixel + i % V * L, 1);
            winograd_tile_product<T, P, V>(o, v, o.u + k * o.u_position, m);
        }
    }
}

/// All tiles of one block, in the largest register tiles.
template <class T>
void winograd_products(const WinogradProduct<T>& o, int vectors, Prefetcher& ahead) {
    int from = 0;
    int count = o.tiles;
    const auto take = [&](auto p, auto r, int n) {
        if (n > 0)
            winograd_product<T, decltype(p)::value, decltype(r)::value>(o, from, n, ahead);
        from += n;
        count -= n;
    };
    if (vectors == 2) {
        if constexpr (many_registers) {
            take(Index<12>{}, Index<2>{}, (count / 12 - (count % 12 == 4 && count > 12)) * 12);
            take(Index<8>{}, Index<2>{}, count / 8 * 8);
        }
        if constexpr (!many_registers)  // 8 = 4 + 4: the number of tiles is a multiple of four
            take(Index<6>{}, Index<2>{}, (count / 6 - (count % 6 == 2)) * 6);
        take(Index<4>{}, Index<2>{}, count);
    } else {
        constexpr int most = many_registers ? 16 : 12;
        take(Index<most>{}, Index<1>{}, count / most * most);
        take(Index<4>{}, Index<1>{}, count);
    }
}

/// A sweep over `source`: target channel j of output (m, w) of image i goes to y[i * y_image + m *
/// y_row + w * y_pixel + j], and nothing beyond.
template <class T>
struct WinogradJob {
    WinogradSource<T> source;
    int targets;
    const T* weights;  ///< block after block, as winograd_weights leaves them
    const T* bias;     ///< padded to whole registers, or null
    T* y;
    std::ptrdiff_t y_pixel, y_row, y_image;
    T* scratch;                   ///< winograd_scratch elements on a cache-line boundary
    Prefetcher* ahead = nullptr;  ///< what will be read next
};

/// How a sweep is cut: tiles in a pass, and registers of target channels whose products are kept
/// until they are transformed. Few channels: all operands stay in the first-level cache. Many:
/// weights are read again in each pass, which must be worth it. (Sizes measured with AVX-512.)
template <class T>
struct WinogradPass {
    static constexpr int most = 128;
    int tiles, panel;
    WinogradPass(int edge, int channels, int targets, int all_tiles) {
        const std::size_t in = std::size_t(round_up(channels, lanes<T>));
        const std::size_t out = std::size_t(round_up(targets, lanes<T>));
        const bool few = 16 * (in + out) * sizeof(T) <= 6 * 1024;
        const bool many =
            std::size_t(winograd_positions(edge)) * in * out * sizeof(T) > (std::size_t(8) << 20);
        constexpr int fewest = many_registers ? 16 : 24;  // whole register tiles
        tiles = std::min(few ? fewest : many ? most : 48, round_up(all_tiles, 4));
        panel = std::min(block_vectors, ceil_div(targets, lanes<T>));
    }
};

/// Elements of scratch memory that winograd_tiles needs.
template <class T>
std::size_t winograd_scratch(int edge, int channels, int targets, int all_tiles) {
    const WinogradPass<T> pass(edge, channels, targets, all_tiles);
    return WinogradLayout<T>(edge, pass.tiles, ceil_div(channels, lanes<T>)).size() +
           WinogradLayout<T>(edge, pass.tiles, pass.panel).size();
}

/// `tiles` tiles side by side: the last one has `columns` columns, all have `rows` rows. Their
/// pixels lie y_pixel and their rows y_row apart.
struct WinogradOutputRow {
    int tiles;
    std::ptrdiff_t y_pixel, y_row;
    int rows, columns;
};
/// A^T m A of one register, plus the bias; the first `channels` of it to y.
template <class T, int M>
COLLAB_NOINLINE void winograd_output_row(const WinogradOutputRow& o, const T* m,
                                         std::ptrdiff_t position, const T* bias, int channels,
                                         T* y) {
    const int n = o.tiles;
    const int rows = o.rows;
    const int columns = o.columns;
    const std::ptrdiff_t y_pixel = o.y_pixel;
    const std::ptrdiff_t y_row = o.y_row;
    constexpr int L = lanes<T>;
    constexpr int N = M + 2;
    using Transform = WinogradTransform<T, M>;
    Vector<T> b = {};
    if (bias)
        b = load(bias);
    const bool whole = rows == M && channels == L;
    const std::ptrdiff_t down = N * position;
    for (int t = 0; t < n; ++t, m += L, y += M * y_pixel) {
        Vector<T> a[M][N], out[M][M];
        inline_loop<N>([&](int j) COLLAB_LAMBDA_INLINE {
            Vector<T> column[N], up[M];
            const T* from = m + j * position;
            inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE {
                column[i] = load(from);
                from += down;
            });
            Transform::output(column, up);
            inline_loop<M>([&](int i) COLLAB_LAMBDA_INLINE { a[i][j] = up[i]; });
        });
        inline_loop<M>([&](int i) COLLAB_LAMBDA_INLINE {
            Transform::output(a[i], out[i]);
            inline_loop<M>([&](int j) COLLAB_LAMBDA_INLINE { out[i][j] += b; });
        });
        if (whole && (columns == M || t < n - 1)) {
            inline_loop<M>([&](int i) COLLAB_LAMBDA_INLINE {
                inline_loop<M>([&](int j) COLLAB_LAMBDA_INLINE {
                    store(y + i * y_row + j * y_pixel, out[i][j]);
                });
            });
        } else {
            alignas(64) T done[M][M][L];
            inline_loop<M>([&](int i) COLLAB_LAMBDA_INLINE {
                inline_loop<M>([&](int j) COLLAB_LAMBDA_INLINE { store(done[i][j], out[i][j]); });
            });
            for (int i = 0; i < rows; ++i)
                for (int j = 0; j < (t < n - 1 ? M : columns); ++j)
                    copy_few<L>(done[i][j], channels, y + i * y_row + j * y_pixel);
        }
    }
}

/// The outputs of tiles [first, first + count), target channels [channel, channel + n).
template <class T>
void winograd_output(const WinogradJob<T>& job, int first, int count, int channel, int n,
                     const T* m, const WinogradLayout<T>& from) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    for (int done = 0; done < count;) {
        const WinogradTile tile(s, first + done);
        const int run = std::min(s.across() - tile.column / s.edge, count - done);
        T* const y = job.y + tile.image * job.y_image + tile.row * job.y_row +
                     tile.column * job.y_pixel + channel;
        const WinogradOutputRow row{run, job.y_pixel, job.y_row,
                                    std::min(s.edge, s.rows - tile.row),
                                    std::min(s.edge, s.columns - tile.column - (run - 1) * s.edge)};
        for_edge(s.edge, [&](auto edge) {
            for (int c = 0; c < n; c += L)
                winograd_output_row<T, edge()>(
                    row, m + c / L * from.chunk + done * L, from.position,
                    job.bias ? job.bias + channel + c : nullptr, std::min(L, n - c), y + c);
        });
        done += run;
    }
}

/// Computes all outputs of the job.
template <class T>
void winograd_tiles(const WinogradJob<T>& job) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    const int all = s.tiles();
    const int vectors = ceil_div(job.targets, L);
    const WinogradPass<T> pass(s.edge, s.channels, job.targets, all);
    const WinogradLayout<T> in(s.edge, pass.tiles, ceil_div(s.channels, L));
    const WinogradLayout<T> out(s.edge, pass.tiles, pass.panel);
    T* const v = job.scratch;
    T* const m = v + in.size();
    T* y[WinogradPass<T>::most];
    WinogradTile tile(s, 0);
    Prefetcher nothing;
    Prefetcher& ahead = job.ahead ? *job.ahead : nothing;
    ahead.spread(long(all) * ceil_div(vectors, block_vectors));
    for (int t = 0; t < all; t += pass.tiles) {
        const int count = std::min(pass.tiles, all - t);
        const int slots = round_up(count, 4);
        winograd_input(s, t, count, slots, v, in);
        for (int i = 0; i < count; ++i, tile.advance(s))
            y[i] =
                job.y + tile.image * job.y_image + tile.row * job.y_row + tile.column * job.y_pixel;
        for (int i = count; i < slots; ++i)
            y[i] = y[count - 1];
        for (int b = 0; b < ceil_div(vectors, block_vectors); ++b) {
            const int wide = std::min(block_vectors, vectors - b * block_vectors);
            const int channel = b * block_vectors * L;
            const T* const u = job.weights + winograd_block<T>(s.edge, s.channels, b);
            const WinogradProduct<T> product{
                v,          in.chunk,    in.position,
                s.channels, u,           winograd_position<T>(s.channels, wide),
                m,          out.chunk,   out.position,
                y,          job.y_pixel, job.y_row,
                slots,      s.edge};
            winograd_products(product, wide, ahead);
            winograd_output(job, t, count, channel, std::min(job.targets - channel, wide * L), m,
                            out);
            for (int i = 0; i < slots; ++i)
                y[i] += wide * L;
        }
    }
}

}  // namespace collab::backend::detail
