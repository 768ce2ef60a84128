// SPDX-License-Identifier: Apache-2.0
// winograd_gradient: weight gradients of 3x3 convolutions of stride 1 from the tiles and transforms of winograd.hpp.
//
// With y = A^T [(G g G^T) * (B^T d B)] A, the gradient of g is G^T [sum over tiles (B^T d B) * (A dy A^T)] G. The sum over tiles and images comes
// first: at each of 16 positions a product [channels][tiles] by [tiles][targets]. The last transform happens once for all images.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/winograd.hpp>

namespace collab::backend::detail {

/// Sums over the tiles of `source` and of dy, whose pixel (m, w) of image i begins at dy[i * dy_image + m * dy_row + w * dy_pixel].
template <class T>
struct WinogradGradientJob {
    WinogradSource<T> source;
    int targets;
    const T* dy;
    std::ptrdiff_t dy_pixel, dy_row, dy_image;
    T* du;                                   ///< winograd_sums_size elements; added to, or set when `first`
    bool first;
    T* scratch;                              ///< winograd_gradient_scratch elements on a cache-line boundary
    Ahead* ahead = nullptr;                  ///< what will be read next
};

/// Elements of the sums of one part: laid out like transformed weights, with whole registers of inputs.
template <class T>
constexpr std::size_t winograd_sums_size(int channels, int targets) { return winograd_weights_size<T>(round_up(channels, lanes<T>), targets); }

/// Tiles in a pass: as many as make reading and writing the sums cheap, while the operands of few channels stay in the first-level cache.
template <class T>
int winograd_gradient_pass(int channels, int targets, int all_tiles) {
    const std::size_t tile = 16 * std::size_t(round_up(channels, lanes<T>) + round_up(targets, lanes<T>)) * sizeof(T);
    return std::min(tile <= 2048 ? 16 : 48, all_tiles);
}

/// Elements of scratch memory that winograd_weight_gradient needs.
template <class T>
std::size_t winograd_gradient_scratch(int channels, int targets, int all_tiles) {
    const int tiles = winograd_gradient_pass<T>(channels, targets, all_tiles);
    return WinogradLayout<T>(tiles, ceil_div(channels, lanes<T>)).size() + WinogradLayout<T>(tiles, ceil_div(targets, lanes<T>)).size();
}

/// A dy A^T of one register of channels of `n` tiles side by side.
template <class T>
COLLAB_NOINLINE void winograd_target_row(const T* r0, const T* r1, std::ptrdiff_t pixel, int n, T* q, std::ptrdiff_t position) {
    for (int t = 0; t < n; ++t, r0 += 2 * pixel, r1 += 2 * pixel, q += lanes<T>) {
        Vector<T> a[4][2];
        repeat<2>([&](auto j) COLLAB_LAMBDA_INLINE {
            const Vector<T> d0 = load(r0 + j * pixel), d1 = load(r1 + j * pixel);
            a[0][j] = d0, a[1][j] = d0 + d1, a[2][j] = d0 - d1, a[3][j] = -d1;
        });
        repeat<4>([&](auto i) COLLAB_LAMBDA_INLINE {
            T* to = q + 4 * i * position;
            store(to, a[i][0]), store(to + position, a[i][0] + a[i][1]), store(to + 2 * position, a[i][0] - a[i][1]), store(to + 3 * position, -a[i][1]);
        });
    }
}

/// Tiles [first, first + count) of dy; channels and pixels that do not exist are zero.
template <class T>
void winograd_target(const WinogradGradientJob<T>& job, int first, int count, T* q, const WinogradLayout<T>& to) {
    constexpr int L = lanes<T>;
    const WinogradSource<T>& s = job.source;
    for (int done = 0; done < count;) {
        const WinogradTile tile(s, first + done);
        const int run = std::min(s.across() - tile.column / 2, count - done), rows = std::min(2, s.rows - tile.row);
        const int whole_columns = std::min(run, (s.columns - tile.column) / 2);
        const T* const dy = job.dy + tile.image * job.dy_image + tile.row * job.dy_row + tile.column * job.dy_pixel;
        for (int c = 0; c < job.targets; c += L) {
            T* const at = q + c / L * to.chunk + done * L;
            const int n = std::min(L, job.targets - c), whole = n == L && rows == 2 ? whole_columns : 0;
            winograd_target_row(dy + c, dy + job.dy_row + c, job.dy_pixel, whole, at, to.position);
            for (int t = whole; t < run; ++t) {
                alignas(64) T corner[2][2][L] = {};
                for (int i = 0; i < rows; ++i)
                    for (int j = 0; j < std::min(2, s.columns - tile.column - 2 * t); ++j)
                        std::copy_n(dy + i * job.dy_row + (2 * t + j) * job.dy_pixel + c, n, corner[i][j]);
                winograd_target_row(corner[0][0], corner[1][0], L, 1, at + t * L, to.position);
            }
        }
        done += run;
    }
}

/// du[Inputs][V * lanes] = or += sum over tiles of v[tile][lanes] (the first Inputs of them) times q[V][tile][lanes].
template <class T, int Inputs, int V>
COLLAB_NOINLINE void winograd_sum(const T* v, const T* q, std::ptrdiff_t q_chunk, int tiles, T* du, bool set) {
    constexpr int L = lanes<T>;
    Vector<T> acc[Inputs][V];
    repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { acc[i][r] = Vector<T>{}; }); });
    for (int t = 0; t < tiles; ++t, v += L, q += L) {
        Vector<T> d[V];
        repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { d[r] = load(q + r * q_chunk); });
        repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE {
            const T value = v[i];
            repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { add_product(acc[i][r], value, d[r]); });
        });
    }
    if (!set)
        repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { acc[i][r] += load(du + (i * V + r) * L); }); });
    repeat<Inputs>([&](auto i) COLLAB_LAMBDA_INLINE { repeat<V>([&](auto r) COLLAB_LAMBDA_INLINE { store(du + (i * V + r) * L, acc[i][r]); }); });
}

/// Adds all tiles of the job to its sums.
template <class T>
void winograd_weight_gradient(const WinogradGradientJob<T>& job) {
    constexpr int L = lanes<T>, two = std::min(L, many_registers ? 8 : 4), one = std::min(L, many_registers ? 16 : 8);
    const WinogradSource<T>& s = job.source;
    const int all = s.tiles(), vectors = ceil_div(job.targets, L), most = winograd_gradient_pass<T>(s.channels, job.targets, all);
    const WinogradLayout<T> in(most, ceil_div(s.channels, L)), out(most, vectors);
    T* const v = job.scratch;
    T* const q = v + in.size();
    Ahead nothing;
    Ahead& ahead = job.ahead ? *job.ahead : nothing;
    ahead.spread(long(ceil_div(all, most)) * 16 * ceil_div(s.channels, L));
    for (int t = 0; t < all; t += most) {
        const int count = std::min(most, all - t);
        winograd_input(s, t, count, count, v, in);
        winograd_target(job, t, count, q, out);
        const bool set = job.first && t == 0;
        for (int k = 0; k < 16; ++k)
            for (int c = 0; c < s.channels; c += L) {
                ahead.step();
                const T* const from = v + k * in.position + c / L * in.chunk;
                for (int r = 0; r < vectors; r += block_vectors) {
                    const int wide = std::min(block_vectors, vectors - r), left = std::min(L, s.channels - c);
                    const T* const d = q + k * out.position + r * out.chunk;
                    const std::ptrdiff_t position = winograd_position<T>(s.padded(), wide);
                    T* const du = job.du + winograd_block<T>(s.padded(), r / block_vectors) + k * position + std::ptrdiff_t(c) * wide * L;
                    if (wide == 2)
                        for (int i = 0; i < left; i += two) winograd_sum<T, two, 2>(from + i, d, out.chunk, count, du + i * 2 * L, set);
                    else
                        for (int i = 0; i < left; i += one) winograd_sum<T, one, 1>(from + i, d, out.chunk, count, du + i * L, set);
                }
            }
    }
}

/// Whether a weight gradient by tiles is faster: as for sweeps.
inline bool winograd_gradient_pays(const Dense& d) { return !d.transposed && winograd_pays(d); }

/// Adds G^T (sum of `parts` sums, `distance` apart) G of input channels [from, to) to dw, where the weight of tap t, input i and target j is
/// dw[t * tap + i * row + j].
template <class T>
COLLAB_NOINLINE void winograd_weight_gradient_finish(const T* du, int parts, std::size_t distance, int channels, int targets, int from, int to, T* dw,
                                                     std::ptrdiff_t tap, std::ptrdiff_t row) {
    constexpr int L = lanes<T>;
    const int vectors = ceil_div(targets, L), padded = round_up(channels, L);
    const T half = T(0.5);
    for (int c = from; c < to; ++c)
        for (int r = 0; r < vectors; ++r) {
            const int b = r / block_vectors, wide = std::min(block_vectors, vectors - b * block_vectors);
            const std::ptrdiff_t position = winograd_position<T>(padded, wide);
            const T* const first = du + winograd_block<T>(padded, b) + std::ptrdiff_t(c) * wide * L + r % block_vectors * L;
            alignas(64) T sums[16][L];
            for (int k = 0; k < 16; ++k) {
                const T* at = first + k * position;
                Vector<T> sum = load(at);
                for (int part = 1; part < parts; ++part) sum += load(at + std::size_t(part) * distance);
                store(sums[k], sum);
            }
            Vector<T> a[3][4];
            repeat<4>([&](auto j) COLLAB_LAMBDA_INLINE {
                const Vector<T> d0 = load(sums[j]), d1 = load(sums[4 + j]), d2 = load(sums[8 + j]), d3 = load(sums[12 + j]), sum = half * (d1 + d2);
                a[0][j] = d0 + sum, a[1][j] = half * (d1 - d2), a[2][j] = sum + d3;
            });
            const int n = std::min(L, targets - r * L);
            repeat<3>([&](auto h) COLLAB_LAMBDA_INLINE {
                const Vector<T> sum = half * (a[h][1] + a[h][2]);
                const Vector<T> g[3] = {a[h][0] + sum, half * (a[h][1] - a[h][2]), sum + a[h][3]};
                repeat<3>([&](auto w) COLLAB_LAMBDA_INLINE {
                    T* const at = dw + (h * 3 + w) * tap + c * row + r * L;
                    if (n == L) store(at, load(at) + g[w]);
                    else {
                        alignas(64) T rest[L];
                        store(rest, g[w]);
                        for (int i = 0; i < n; ++i) at[i] += rest[i];
                    }
                });
            });
        }
}

}  // namespace collab::backend::detail
