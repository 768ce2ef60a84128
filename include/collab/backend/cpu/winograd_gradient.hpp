// SPDX-License-Identifier: Apache-2.0
// winograd_gradient: weight gradients of 3x3 convolutions of stride 1 from the tiles and transforms
// of winograd.hpp.
//
// With y = A^T [(G g G^T) * (B^T d B)] A, the gradient of g is G^T [sum over tiles (B^T d B) * (A
// dy A^T)] G. The sum over tiles and images comes first: at each position a product
// [channels][tiles] by [tiles][targets]. The last transform happens once for all images.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/winograd.hpp>

namespace collab::backend::detail {

/// Sums over the tiles of `source` and of dy, whose pixel (m, w) of image i begins at dy[i *
/// dy_image + m * dy_row + w * dy_pixel].
template <class T>
struct WinogradGradientJob {
    WinogradSource<T> source;
    int targets;
    const T* dy;
    std::ptrdiff_t dy_pixel, dy_row, dy_image;
    /// winograd_sums_size elements; added to, or set when `first`
    T* du;
    bool first;
    /// winograd_gradient_scratch elements on a cache-line boundary
    T* scratch;
    Prefetcher* ahead = nullptr;  ///< what will be read next
};

/// Elements of the sums of one part: laid out like transformed weights, with whole registers of
/// inputs.
template <class T>
constexpr std::size_t winograd_sums_size(int edge, int channels, int targets) {
    return winograd_weights_size<T>(edge, round_up(channels, lanes<T>), targets);
}

/// Tiles in a pass: as many as make reading and writing the sums cheap, while the operands of few
/// channels stay in the first-level cache.
template <class T>
int winograd_gradient_pass(int channels, int targets, int all_tiles) {
    const std::size_t tile =
        16 * std::size_t(round_up(channels, lanes<T>) + round_up(targets, lanes<T>)) * sizeof(T);
    return std::min(tile <= 2048 ? 16 : 48, all_tiles);
}

/// Elements of scratch memory that winograd_weight_gradient needs.
template <class T>
std::size_t winograd_gradient_scratch(int edge, int channels, int targets, int all_tiles) {
    const int tiles = winograd_gradient_pass<T>(channels, targets, all_tiles);
    return WinogradLayout<T>(edge, tiles, ceil_div(channels, lanes<T>)).size() +
           WinogradLayout<T>(edge, tiles, ceil_div(targets, lanes<T>)).size();
}

/// A dy A^T of one register of channels of `n` tiles side by side, from rows `row` apart.
template <class T, int M>
COLLAB_NOINLINE void winograd_target_row(const T* dy, std::ptrdiff_t row, std::ptrdiff_t pixel,
                                         int n, T* q, std::ptrdiff_t position) {
    constexpr int N = M + 2;
    using Transform = WinogradTransform<T, M>;
    for (int t = 0; t < n; ++t, dy += M * pixel, q += lanes<T>) {
        Vector<T> a[N][M];
        inline_loop<M>([&](int j) COLLAB_LAMBDA_INLINE {
            Vector<T> column[M], down[N];
            inline_loop<M>(
                [&](int i) COLLAB_LAMBDA_INLINE { column[i] = load(dy + i * row + j * pixel); });
            Transform::target(column, down);
            inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE { a[i][j] = down[i]; });
        });
        T* to = q;
        inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE {
            Vector<T> along[N];
            Transform::target(a[i], along);
            inline_loop<N>([&](int j) COLLAB_LAMBDA_INLINE {
                store(to, along[j]);
                to += position;
            });
        });
    }
}

/// A dy A^T of a tile at the end of rows or columns, or of a register of which n channels exist:
/// what does not exist is zero.
template <class T, int M>
void winograd_target_corner(const WinogradGradientJob<T>& job, const T* dy, int rows, int columns,
                            int n, T* q, std::ptrdiff_t position) {
    constexpr int L = lanes<T>;
    alignas(64) T corner[M][M][L] = {};
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j)
            copy_few<L>(dy + i * job.dy_row + j * job.dy_pixel, n, corner[i][j]);
    winograd_target_row<T, M>(corner[0][0], M * L, L, 1, q, position);
}

/// Tiles [first, first + count) of dy; channels and pixels that do not exist are zero.
template <class T, int M>
void winograd_target(const WinogradGradientJob<T>& job, int first, int count, T* q,
                     const WinogradLayout<T>& to) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    for (int done = 0; done < count;) {
        const WinogradTile tile(s, first + done);
        const int run = std::min(s.across() - tile.column / M, count - done);
        const int rows = std::min(M, s.rows - tile.row);
        const int whole_columns = std::min(run, (s.columns - tile.column) / M);
        const T* const dy =
            job.dy + tile.image * job.dy_image + tile.row * job.dy_row + tile.column * job.dy_pixel;
        for (int c = 0; c < job.targets; c += L) {
            T* const at = q + c / L * to.chunk + done * L;
            const int n = std::min(L, job.targets - c);
            const int whole = n == L && rows == M ? whole_columns : 0;
            winograd_target_row<T, M>(dy + c, job.dy_row, job.dy_pixel, whole, at, to.position);
            for (int t = whole; t < run; ++t)
                winograd_target_corner<T, M>(job, dy + M * t * job.dy_pixel + c, rows,
                                             std::min(M, s.columns - tile.column - M * t), n,
                                             at + t * L, to.position);
        }
        done += run;
    }
}

/// The operands of winograd_sum, for a block of `wide` registers of targets: v lies as [input /
/// lanes][tile][input % lanes], q as [register][tile][lanes], du as [input][register][lanes].
template <class T>
struct WinogradBlockSums {
    const T* v;
    std::ptrdiff_t v_chunk;
    const T* q;
    std::ptrdiff_t q_chunk;
    int tiles;
    bool set;
    int wide = 0;
    T* du = nullptr;
};

/// du[first, first + Inputs)[V * lanes] = or += sum over tiles of v times q.
template <class T, int Inputs, int V>
COLLAB_NOINLINE void winograd_sum(const WinogradBlockSums<T>& o, int first) {
    constexpr int L = lanes<T>;
    Vector<T> acc[Inputs][V];
    const T* v[Inputs];
    inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
        v[i] = o.v + (first + i) / L * o.v_chunk + (first + i) % L;
        inline_loop<V>([&](int r) COLLAB_LAMBDA_INLINE { acc[i][r] = Vector<T>{}; });
    });
    const T* const q = o.q;
    const std::ptrdiff_t chunk = o.q_chunk;
    const std::ptrdiff_t end = std::ptrdiff_t(o.tiles) * L;
    for (std::ptrdiff_t t = 0; t < end; t += L) {
        Vector<T> d[V];
        inline_loop<V>([&](int r) COLLAB_LAMBDA_INLINE { d[r] = load(q + r * chunk + t); });
        inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
            const T value = v[i][t];
            inline_loop<V>([&](int r)
                               COLLAB_LAMBDA_INLINE { add_product(acc[i][r], value, d[r]); });
        });
    }
    store_sums<T>(acc, o.set, o.du + std::ptrdiff_t(first) * V * L);
}

/// How many of `left` inputs, a multiple of a register's, the next sum takes: as many as the
/// registers hold beside `wide` of targets. Of 16 registers 12 hold sums, and 8 = 4 + 4 keeps more
/// of them in flight than 6 + 2.
template <class T>
constexpr int winograd_inputs(int left, int wide) {
    constexpr int most = many_registers ? 8 : 4;
    if (wide == 1)
        return std::min(lanes<T>, 2 * most);
    return many_registers || left % 6 == 2 || left < 6 ? std::min(lanes<T>, most) : 6;
}

/// The sums of all inputs, of which there are `padded`.
template <class T>
void winograd_block_sums(const WinogradBlockSums<T>& o, int padded, Prefetcher& ahead) {
    constexpr int most = many_registers ? 8 : 4;
    for (int first = 0; first < padded;) {
        const int inputs = winograd_inputs<T>(padded - first, o.wide);
        ahead.step();
        if (o.wide == 1)
            winograd_sum<T, std::min(lanes<T>, 2 * most), 1>(o, first);
        else if (many_registers || inputs != 6)
            winograd_sum<T, std::min(lanes<T>, most), 2>(o, first);
        else if constexpr (!many_registers)
            winograd_sum<T, 6, 2>(o, first);
        first += inputs;
    }
}

/// Adds to the sums of position k, or sets them, block after block: `o` has the operands of all.
template <class T>
void winograd_position_sums(const WinogradGradientJob<T>& job, WinogradBlockSums<T> o, int k,
                            Prefetcher& ahead) {
    const int vectors = ceil_div(job.targets, lanes<T>);
    const int padded = job.source.padded();
    for (int r = 0; r < vectors; r += block_vectors, o.q += block_vectors * o.q_chunk) {
        o.wide = std::min(block_vectors, vectors - r);
        o.du = job.du + winograd_block<T>(job.source.edge, padded, r / block_vectors) +
               k * winograd_position<T>(padded, o.wide);
        winograd_block_sums(o, padded, ahead);
    }
}

/// Adds all tiles of the job to its sums.
template <class T>
void winograd_weight_gradient(const WinogradGradientJob<T>& job) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    const int all = s.tiles();
    const int vectors = ceil_div(job.targets, L);
    const int most = winograd_gradient_pass<T>(s.channels, job.targets, all);
    const int positions = winograd_positions(s.edge);
    const WinogradLayout<T> in(s.edge, most, ceil_div(s.channels, L));
    const WinogradLayout<T> out(s.edge, most, vectors);
    T* const v = job.scratch;
    T* const q = v + in.size();
    Prefetcher nothing;
    Prefetcher& ahead = job.ahead ? *job.ahead : nothing;
    ahead.spread(long(ceil_div(all, most)) * positions * ceil_div(s.channels, L) *
                 ceil_div(vectors, block_vectors));
    for (int t = 0; t < all; t += most) {
        const int count = std::min(most, all - t);
        winograd_input(s, t, count, count, v, in);
        for_edge(s.edge, [&](auto edge) { winograd_target<T, edge()>(job, t, count, q, out); });
        for (int k = 0; k < positions; ++k)
            winograd_position_sums(job,
                                   WinogradBlockSums<T>{v + k * in.position, in.chunk,
                                                        q + k * out.position, out.chunk, count,
                                                        job.first && t == 0},
                                   k, ahead);
    }
}

/// The edge of tiles that make a weight gradient fastest, as for sweeps; 0: none. Each pass reads
/// and writes all sums, which therefore should not leave the cache.
template <class T>
int winograd_gradient_edge(const ConvGeometry& d, int most) {
    return d.transposed ? 0 : winograd_edge<T>(d, most, false, std::size_t(1) << 20);
}

/// The sums of all parts, `distance` apart.
template <class T>
struct WinogradSums {
    const T* du;
    int parts;
    std::size_t distance;
    int channels, targets;
};
/// The weight of tap t, input i and target j is dw[t * tap + i * row + j].
template <class T>
struct WeightPlace {
    T* dw;
    std::ptrdiff_t tap, row;
};

/// sums[k] = the sum over parts at position k, the first of which is at `first`.
template <class T, int Positions>
COLLAB_INLINE void winograd_add_parts(const WinogradSums<T>& all, const T* first,
                                      std::ptrdiff_t position, T (&sums)[Positions][lanes<T>]) {
    for (int k = 0; k < Positions; ++k) {
        const T* at = first + k * position;
        Vector<T> sum = load(at);
        for (int part = 1; part < all.parts; ++part)
            sum += load(at + std::size_t(part) * all.distance);
        store(sums[k], sum);
    }
}
/// Adds the first n numbers of a register.
template <class T>
COLLAB_INLINE void add_few(const Vector<T>& g, int n, T* at) {
    if (n == lanes<T>) {
        store(at, load(at) + g);
        return;
    }
    alignas(64) T rest[lanes<T>];
    store(rest, g);
    for (int i = 0; i < n; ++i)
        at[i] += rest[i];
}

/// Adds G^T (the sum of all parts) G of input channels [from, to) to the weights.
template <class T, int M>
COLLAB_NOINLINE void winograd_weight_gradient_end(const WinogradSums<T>& all, int from, int to,
                                                  const WeightPlace<T>& weights) {
    constexpr int L = lanes<T>;
    constexpr int N = M + 2;
    using Transform = WinogradTransform<T, M>;
    const int vectors = ceil_div(all.targets, L);
    const int padded = round_up(all.channels, L);
    for (int c = from; c < to; ++c)
        for (int r = 0; r < vectors; ++r) {
            const int b = r / block_vectors;
            const int wide = std::min(block_vectors, vectors - b * block_vectors);
            const std::ptrdiff_t position = winograd_position<T>(padded, wide);
            const T* const first = all.du + winograd_block<T>(M, padded, b) +
                                   std::ptrdiff_t(c) * wide * L + r % block_vectors * L;
            alignas(64) T sums[N * N][L];
            winograd_add_parts<T, N * N>(all, first, position, sums);
            Vector<T> a[3][N];
            inline_loop<N>([&](int j) COLLAB_LAMBDA_INLINE {
                Vector<T> column[N], taps[3];
                inline_loop<N>([&](int i)
                                   COLLAB_LAMBDA_INLINE { column[i] = load(sums[N * i + j]); });
                Transform::gradient(column, taps);
                inline_loop<3>([&](int i) COLLAB_LAMBDA_INLINE { a[i][j] = taps[i]; });
            });
            const int n = std::min(L, all.targets - r * L);
            inline_loop<3>([&](int h) COLLAB_LAMBDA_INLINE {
                Vector<T> g[3];
                Transform::gradient(a[h], g);
                inline_loop<3>([&](int w) COLLAB_LAMBDA_INLINE {
                    add_few<T>(g[w], n,
                               weights.dw + (h * 3 + w) * weights.tap + c * weights.row + r * L);
                });
            });
        }
}
template <class T>
void winograd_weight_gradient_finish(int edge, const WinogradSums<T>& all, int from, int to,
                                     const WeightPlace<T>& weights) {
    for_edge(edge, [&](auto m) { winograd_weight_gradient_end<T, m()>(all, from, to, weights); });
}

}  // namespace collab::backend::detail
