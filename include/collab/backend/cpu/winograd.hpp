// SPDX-License-Identifier: Apache-2.0
// winograd: 3x3 sweeps of stride 1 with 16 instead of 36 multiplications per four outputs, Winograd's F(2x2, 3x3).
//
// Outputs come in tiles of 2x2, each seeing 4x4 inputs. Inputs, weights and outputs are transformed (Lavin & Gray, Fast Algorithms for
// Convolutional Neural Networks, 2016, section 4.1: B^T d B, G g G^T, A^T m A); between the transforms lies one product per position of the 4x4,
// [tiles][channels] by [channels][targets]. Template arguments are the register tile of that product; shapes are numbers at run time.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/ahead.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/sweep.hpp>
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend::detail {

/// Windows of one or several images: output (m, w) of an image sees x[(m + k) * row + (w + q) * pixel] for k, q in 0..2. Of the last pixel read,
/// lanes - 1 elements beyond its channels must be readable; they do not influence any result.
template <class T>
struct WinogradSource {
    const T* x;
    std::ptrdiff_t pixel, row, image;
    int images, rows, columns, channels;   ///< rows and columns of outputs; 1 and odd numbers are fine
    int down() const { return ceil_div(rows, 2); }
    int across() const { return ceil_div(columns, 2); }
    int tiles() const { return images * down() * across(); }
    int padded() const { return round_up(channels, lanes<T>); }
};

/// Where a tile lies: its image and its first output row and column.
struct WinogradTile {
    int image, row, column;
    template <class T>
    WinogradTile(const WinogradSource<T>& s, int t)
        : image(t / s.across() / s.down()), row(t / s.across() % s.down() * 2), column(t % s.across() * 2) {}
    template <class T>
    COLLAB_INLINE void advance(const WinogradSource<T>& s) {
        if ((column += 2) < s.columns) return;
        column = 0;
        if ((row += 2) >= s.rows) row = 0, ++image;
    }
};

/// Transformed values of a pass over some tiles lie as [position][register of channels][tile][lanes]: constant distances between tiles, one
/// pointer in the products. The sixteen positions are an odd number of lines apart, or they would compete for the same cache lines.
template <class T>
struct WinogradLayout {
    std::ptrdiff_t chunk, position;   ///< distances between registers of channels and between positions
    WinogradLayout(int tiles, int vectors)
        : chunk(std::ptrdiff_t(tiles) * lanes<T>),
          position(std::ptrdiff_t(whole_lines<T>(std::size_t(chunk * vectors))) | (64 / std::ptrdiff_t(sizeof(T)))) {}
    std::size_t size() const { return std::size_t(16 * position); }
};

/// B^T d B of `n` tiles side by side. r0..r3 are the rows of the first; the last lacks its right output column when `cut`.
template <class T>
COLLAB_NOINLINE void winograd_input_row(const T* r0, const T* r1, const T* r2, const T* r3, std::ptrdiff_t pixel, int n, bool cut, T* v,
                                        std::ptrdiff_t position) {
    constexpr int L = lanes<T>;
    Vector<T> a[4][4];
    const auto column = [&](auto j, std::ptrdiff_t at) COLLAB_LAMBDA_INLINE {
        const Vector<T> d0 = load(r0 + at), d1 = load(r1 + at), d2 = load(r2 + at), d3 = load(r3 + at);
        a[0][j] = d0 - d2, a[1][j] = d1 + d2, a[2][j] = d2 - d1, a[3][j] = d1 - d3;
    };
    column(Index<0>{}, 0), column(Index<1>{}, pixel);
    std::ptrdiff_t at = 2 * pixel;
    for (int t = 0; t < n; ++t, at += 2 * pixel, v += L) {
        column(Index<2>{}, at), column(Index<3>{}, cut && t == n - 1 ? at : at + pixel);
        repeat<4>([&](auto i) COLLAB_LAMBDA_INLINE {
            T* to = v + 4 * i * position;
            store(to, a[i][0] - a[i][2]), store(to + position, a[i][1] + a[i][2]), store(to + 2 * position, a[i][2] - a[i][1]);
            store(to + 3 * position, a[i][1] - a[i][3]);
            a[i][0] = a[i][2], a[i][1] = a[i][3];
        });
    }
}

/// The transformed inputs of tiles [first, first + count); up to `slots` tiles, zeros follow.
template <class T>
void winograd_input(const WinogradSource<T>& s, int first, int count, int slots, T* v, const WinogradLayout<T>& to) {
    constexpr int L = lanes<T>;
    for (int done = 0; done < count;) {
        const WinogradTile tile(s, first + done);
        const int n = std::min(s.across() - tile.column / 2, count - done);
        const T* r0 = s.x + tile.image * s.image + tile.row * s.row + tile.column * s.pixel;
        const T* r3 = r0 + (tile.row + 1 < s.rows ? 3 : 2) * s.row;   // what meets only a missing output is not read
        for (int c = 0; c < s.channels; c += L)
            winograd_input_row(r0 + c, r0 + s.row + c, r0 + 2 * s.row + c, r3 + c, s.pixel, n, tile.column + 2 * n > s.columns,
                               v + c / L * to.chunk + done * L, to.position);
        done += n;
    }
    if (slots > count)
        for (int k = 0; k < 16; ++k)
            for (int c = 0; c < s.channels; c += L) std::fill_n(v + k * to.position + c / L * to.chunk + count * L, (slots - count) * L, T(0));
}

/// Room of one block's transformed weights, for `vectors` registers of target channels (2, in a last odd block 1).
template <class T>
constexpr std::ptrdiff_t winograd_position(int channels, int vectors) {
    return std::ptrdiff_t(whole_lines<T>(std::size_t(channels) * std::size_t(vectors * lanes<T>))) | (64 / std::ptrdiff_t(sizeof(T)));
}
/// Where block b of the transformed weights begins.
template <class T>
constexpr std::ptrdiff_t winograd_block(int channels, int b) { return b * 16 * winograd_position<T>(channels, block_vectors); }
/// Elements of the transformed weights of one group.
template <class T>
constexpr std::size_t winograd_weights_size(int channels, int targets) {
    const int vectors = ceil_div(targets, lanes<T>);
    return std::size_t(winograd_block<T>(channels, vectors / block_vectors) + (vectors % block_vectors ? 16 * winograd_position<T>(channels, 1) : 0));
}

/// G g G^T of the weights of block b of a group, to u (where the block begins) as [position][source channel][registers of the block], zero beyond
/// the last target channel. Of a transposed convolution the taps run backwards and the channels change places.
template <class T>
COLLAB_NOINLINE void winograd_weights(const Dense& d, const T* w, int group, int b, T* u) {
    constexpr int L = lanes<T>, batch = 16;   // source channels at a time
    const Blocks<T> blocks(d.target_channels);
    const int in = d.g.in.channels / d.g.groups, all = d.g.out.channels, out = all / d.g.groups, sources = d.source_channels;
    const int vectors = blocks.in_block(b), wide = vectors * L, first = blocks.channel(b), n = std::min(wide, d.target_channels - first);
    const Sweep s = d.sweep(0);
    const std::ptrdiff_t position = winograd_position<T>(sources, vectors);
    alignas(64) T taps[9][batch][block_vectors * L];
    for (int c0 = 0; c0 < sources; c0 += batch) {
        const int count = std::min(batch, sources - c0);
        for (int tap = 0; tap < 9; ++tap) {
            const int at = (s.rows.kernel + tap / 3 * s.rows.kernel_step) * 3 + s.columns.kernel + tap % 3 * s.columns.kernel_step;
            const T* from = w + std::ptrdiff_t(at) * in * all + group * out;
            for (int c = 0; c < count && n < wide; ++c) std::fill(taps[tap][c] + n, taps[tap][c] + wide, T(0));
            if (d.transposed)
                for (int t = 0; t < n; ++t)
                    for (int c = 0; c < count; ++c) taps[tap][c][t] = from[std::ptrdiff_t(first + t) * all + c0 + c];
            else
                for (int c = 0; c < count; ++c) std::copy_n(from + std::ptrdiff_t(c0 + c) * all + first, n, taps[tap][c]);
        }
        for (int c = 0; c < count; ++c)
            for (int v = 0; v < vectors; ++v) {
                Vector<T> a[4][3];
                const T half = T(0.5);
                repeat<3>([&](auto q) COLLAB_LAMBDA_INLINE {
                    const Vector<T> w0 = load(taps[q][c] + v * L), w1 = load(taps[3 + q][c] + v * L), w2 = load(taps[6 + q][c] + v * L);
                    const Vector<T> sum = half * (w0 + w2);
                    a[0][q] = w0, a[1][q] = sum + half * w1, a[2][q] = sum - half * w1, a[3][q] = w2;
                });
                T* const to = u + std::ptrdiff_t(c0 + c) * wide + v * L;
                repeat<4>([&](auto i) COLLAB_LAMBDA_INLINE {
                    const Vector<T> sum = half * (a[i][0] + a[i][2]), middle = half * a[i][1];
                    T* const row = to + 4 * i * position;
                    store(row, a[i][0]), store(row + position, sum + middle), store(row + 2 * position, sum - middle), store(row + 3 * position, a[i][2]);
                });
            }
    }
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
    T* const* y;                             ///< first pixel of each tile
    std::ptrdiff_t y_pixel, y_row;
    int tiles;                               ///< a multiple of four
};

/// At each position, m[V][tile][lanes] = v[channels / lanes][tile][lanes] * u[channels][V * lanes], for `count` tiles, a multiple of P. What the
/// tiles will write is fetched meanwhile, or the stores would wait for memory.
template <class T, int P, int V>
COLLAB_NOINLINE void winograd_product(const WinogradProduct<T>& o, int from, int count, Ahead& ahead) {
    constexpr int L = lanes<T>;
    for (int k = 0; k < 16; ++k) {
        T* const* y = o.y + from + k * P / 16;
        const T* v = o.v + k * o.v_position + from * L;
        T* m = o.m + k * o.m_position + from * L;
        for (int left_tiles = count; left_tiles > 0; left_tiles -= P, v += P * L, m += P * L, y += P) {
            ahead.step();
            for (int p = 0; p < (k + 1) * P / 16 - k * P / 16; ++p)
                for (int r = 0; r < V; ++r) {
                    const T* at = y[p] + r * L;
                    __builtin_prefetch(at, 1), __builtin_prefetch(at + o.y_pixel, 1), __builtin_prefetch(at + o.y_row, 1);
                    __builtin_prefetch(at + o.y_row + o.y_pixel, 1);
                }
            Vector<T> acc[P][V];
            repeat<P>([&](auto p) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { acc[p][r] = Vector<T>{}; }); });
            const T *at = v, *w = o.u + k * o.u_position;
            for (int left = o.channels; left > 0; left -= L, at += o.v_chunk - L)
                for (int i = std::min(left, L); i > 0; --i, ++at, w += V * L) {
                    Vector<T> weight[V];
                    repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { weight[r] = load(w + r * L); });
                    repeat<P>([&](auto p) COLLAB_LAMBDA_INLINE {
                        const T value = at[p * L];
                        repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { add_product(acc[p][r], value, weight[r]); });
                    });
                }
            const std::ptrdiff_t chunk = o.m_chunk;
            repeat<P>([&](auto p) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { store(m + r * chunk + p * L, acc[p][r]); }); });
        }
    }
}

/// All tiles of one block, in the largest register tiles.
template <class T>
void winograd_products(const WinogradProduct<T>& o, int vectors, Ahead& ahead) {
    int from = 0, count = o.tiles;
    const auto take = [&](auto p, auto r, int n) {
        if (n > 0) winograd_product<T, decltype(p)::value, decltype(r)::value>(o, from, n, ahead);
        from += n, count -= n;
    };
    if (vectors == 2) {
        if constexpr (many_registers) {
            take(Index<12>{}, Index<2>{}, (count / 12 - (count % 12 == 4 && count > 12)) * 12);
            take(Index<8>{}, Index<2>{}, count / 8 * 8);
        }
        take(Index<4>{}, Index<2>{}, count);
    } else {
        constexpr int most = many_registers ? 16 : 12;
        take(Index<most>{}, Index<1>{}, count / most * most);
        take(Index<4>{}, Index<1>{}, count);
    }
}

/// A sweep over `source`: target channel j of output (m, w) of image i goes to y[i * y_image + m * y_row + w * y_pixel + j], and nothing beyond.
template <class T>
struct WinogradJob {
    WinogradSource<T> source;
    int targets;
    const T* weights;                        ///< block after block, as winograd_weights leaves them
    const T* bias;                           ///< padded to whole registers, or null
    T* y;
    std::ptrdiff_t y_pixel, y_row, y_image;
    T* scratch;                              ///< winograd_scratch elements on a cache-line boundary
    Ahead* ahead = nullptr;                  ///< what will be read next
};

/// How a sweep is cut: tiles in a pass, and registers of target channels whose products are kept until they are transformed. Few channels: all
/// operands stay in the first-level cache. Many: weights are read again in each pass, which must be worth it. (Sizes measured with AVX-512.)
template <class T>
struct WinogradPass {
    static constexpr int most = 128;
    int tiles, panel;
    WinogradPass(int channels, int targets, int all_tiles) {
        const std::size_t in = std::size_t(round_up(channels, lanes<T>)), out = std::size_t(round_up(targets, lanes<T>));
        const bool few = 16 * (in + out) * sizeof(T) <= 6 * 1024, many = 16 * in * out * sizeof(T) > (std::size_t(8) << 20);
        tiles = std::min(few ? 16 : many ? most : 48, round_up(all_tiles, 4));
        panel = std::min(block_vectors, ceil_div(targets, lanes<T>));
    }
};

/// Elements of scratch memory that winograd_tiles needs.
template <class T>
std::size_t winograd_scratch(int channels, int targets, int all_tiles) {
    const WinogradPass<T> pass(channels, targets, all_tiles);
    return WinogradLayout<T>(pass.tiles, ceil_div(channels, lanes<T>)).size() + WinogradLayout<T>(pass.tiles, pass.panel).size();
}

/// A^T m A of one register of channels of `n` tiles side by side, plus the bias: `channels` of the register, to pixels y_pixel and rows y_row apart.
/// The last tile has `columns` columns, all have `rows` rows.
template <class T>
COLLAB_NOINLINE void winograd_output_row(const T* m, std::ptrdiff_t position, int n, const T* bias, T* y, std::ptrdiff_t y_pixel, std::ptrdiff_t y_row,
                                         int channels, int rows, int columns) {
    constexpr int L = lanes<T>;
    Vector<T> b = {};
    if (bias) b = load(bias);
    const bool whole = rows == 2 && channels == L;
    for (int t = 0; t < n; ++t, m += L, y += 2 * y_pixel) {
        Vector<T> a[2][4], o[2][2];
        repeat<4>([&](auto j) COLLAB_LAMBDA_INLINE {
            const T* p = m + j * position;
            const Vector<T> m0 = load(p), m2 = load(p + 8 * position), m3 = load(p + 12 * position);
            Vector<T> m1 = load(p + 4 * position);
            if constexpr (j == 1) m1 += b;   // this position is part of all four outputs with factor 1
            a[0][j] = m0 + m1 + m2, a[1][j] = m1 - m2 - m3;
        });
        repeat<2>([&](auto i) COLLAB_LAMBDA_INLINE { o[i][0] = a[i][0] + a[i][1] + a[i][2], o[i][1] = a[i][1] - a[i][2] - a[i][3]; });
        if (whole && (columns == 2 || t < n - 1)) {
            store(y, o[0][0]), store(y + y_pixel, o[0][1]), store(y + y_row, o[1][0]), store(y + y_row + y_pixel, o[1][1]);
        } else {
            alignas(64) T done[2][2][L];
            repeat<2>([&](auto i) COLLAB_LAMBDA_INLINE { store(done[i][0], o[i][0]), store(done[i][1], o[i][1]); });
            for (int i = 0; i < rows; ++i)
                for (int j = 0; j < (t < n - 1 ? 2 : columns); ++j) std::copy_n(done[i][j], channels, y + i * y_row + j * y_pixel);
        }
    }
}

/// The outputs of tiles [first, first + count), target channels [channel, channel + n).
template <class T>
void winograd_output(const WinogradJob<T>& job, int first, int count, int channel, int n, const T* m, const WinogradLayout<T>& from) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    for (int done = 0; done < count;) {
        const WinogradTile tile(s, first + done);
        const int run = std::min(s.across() - tile.column / 2, count - done);
        T* const y = job.y + tile.image * job.y_image + tile.row * job.y_row + tile.column * job.y_pixel + channel;
        for (int c = 0; c < n; c += L)
            winograd_output_row(m + c / L * from.chunk + done * L, from.position, run, job.bias ? job.bias + channel + c : nullptr, y + c, job.y_pixel,
                                job.y_row, std::min(L, n - c), std::min(2, s.rows - tile.row), tile.column + 2 * run > s.columns ? 1 : 2);
        done += run;
    }
}

/// Computes all outputs of the job.
template <class T>
void winograd_tiles(const WinogradJob<T>& job) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    const int all = s.tiles(), vectors = ceil_div(job.targets, L);
    const WinogradPass<T> pass(s.channels, job.targets, all);
    const WinogradLayout<T> in(pass.tiles, ceil_div(s.channels, L)), out(pass.tiles, pass.panel);
    T* const v = job.scratch;
    T* const m = v + in.size();
    T* y[WinogradPass<T>::most];
    WinogradTile tile(s, 0);
    Ahead nothing;
    Ahead& ahead = job.ahead ? *job.ahead : nothing;
    ahead.spread(long(all) * ceil_div(vectors, block_vectors));
    for (int t = 0; t < all; t += pass.tiles) {
        const int count = std::min(pass.tiles, all - t), slots = round_up(count, 4);
        winograd_input(s, t, count, slots, v, in);
        for (int i = 0; i < count; ++i, tile.advance(s)) y[i] = job.y + tile.image * job.y_image + tile.row * job.y_row + tile.column * job.y_pixel;
        for (int i = count; i < slots; ++i) y[i] = y[count - 1];
        for (int b = 0; b < ceil_div(vectors, block_vectors); ++b) {
            const int wide = std::min(block_vectors, vectors - b * block_vectors), channel = b * block_vectors * L;
            const T* const u = job.weights + winograd_block<T>(s.channels, b);
            const WinogradProduct<T> product{v, in.chunk, in.position, s.channels, u, winograd_position<T>(s.channels, wide), m, out.chunk, out.position,
                                             y, job.y_pixel, job.y_row, slots};
            winograd_products(product, wide, ahead);
            winograd_output(job, t, count, channel, std::min(job.targets - channel, wide * L), m, out);
            for (int i = 0; i < slots; ++i) y[i] += wide * L;
        }
    }
}

/// Whether the transforms cost less than the multiplications they save: enough channels, enough of a tile's outputs wanted (a tile takes 16
/// multiplications per pair of channels; taps outside the map are not counted for the direct sweep), and enough tiles to pay for the weights, unless those are transformed once and for all.
inline bool winograd_pays(const Dense& d, bool constant_weights = false) {
    const Extent three{3, 3}, one{1, 1};
    if (!(d.g.kernel == three) || !(d.g.stride == one) || std::min(d.source_channels, d.target_channels) < 16) return false;
    const long down = ceil_div(d.target.height, 2), across = ceil_div(d.target.width, 2);
    const long rows = 3L * d.target.height - 2L * std::min(d.g.pad.height, 1), direct = rows * 3 * d.target.width;
    return 2 * direct >= 3 * 16 * down * across && d.g.batch * down * across >= (constant_weights ? 16 : 128);
}

}  // namespace collab::backend::detail
