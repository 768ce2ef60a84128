// SPDX-License-Identifier: Apache-2.0
// winograd_weights: transformed weights of Winograd's tiles, and which tiles to take.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/vector.hpp>
#include <collab/backend/cpu/winograd_transform.hpp>

namespace collab::backend::detail {

/// Room of one block's transformed weights, for `vectors` registers of target channels (2, in a
/// last odd block 1).
template <class T>
constexpr std::ptrdiff_t winograd_position(int channels, int vectors) {
    return std::ptrdiff_t(whole_lines<T>(std::size_t(channels) * std::size_t(vectors * lanes<T>))) |
           (64 / std::ptrdiff_t(sizeof(T)));
}
/// Where block b of the transformed weights begins.
template <class T>
constexpr std::ptrdiff_t winograd_block(int edge, int channels, int b) {
    return b * winograd_positions(edge) * winograd_position<T>(channels, block_vectors);
}
/// Elements of the transformed weights of one group.
template <class T>
constexpr std::size_t winograd_weights_size(int edge, int channels, int targets) {
    const int vectors = ceil_div(targets, lanes<T>);
    return std::size_t(winograd_block<T>(edge, channels, vectors / block_vectors) +
                       (vectors % block_vectors
                            ? winograd_positions(edge) * winograd_position<T>(channels, 1)
                            : 0));
}

/// G g G^T of one register of weights; tap t is at taps[t * tap], position p goes to to[p *
/// position].
template <class T, int M>
COLLAB_INLINE void winograd_weight(const T* taps, std::ptrdiff_t tap, T* to,
                                   std::ptrdiff_t position) {
    constexpr int N = M + 2;
    using Transform = WinogradTransform<T, M>;
    Vector<T> a[N][3];
    inline_loop<3>([&](int q) COLLAB_LAMBDA_INLINE {
        const Vector<T> g[3] = {load(taps + q * tap), load(taps + (3 + q) * tap),
                                load(taps + (6 + q) * tap)};
        Vector<T> t[N];
        Transform::weight(g, t);
        inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE { a[i][q] = t[i]; });
    });
    inline_loop<N>([&](int i) COLLAB_LAMBDA_INLINE {
        Vector<T> row[N];
        Transform::weight(a[i], row);
        inline_loop<N>([&](int j)
                           COLLAB_LAMBDA_INLINE { store(to + (N * i + j) * position, row[j]); });
    });
}

/// G g G^T of the weights of block b of a group, to u (where the block begins) as [position][source
/// channel][registers of the block], zero beyond the last target channel. Of a transposed
/// convolution the taps run backwards and the channels change places.
template <class T, int M>
COLLAB_NOINLINE void winograd_weights_block(const ConvGeometry& d, const T* w, int group, int b,
                                            T* u) {
    constexpr int L = lanes<T>;
    constexpr int batch = 16;  // source channels at a time
    const Blocks<T> blocks(d.target_channels);
    const int in = d.g.in.channels / d.g.groups;
    const int all = d.g.out.channels;
    const int out = all / d.g.groups;
    const int sources = d.source_channels;
    const int vectors = blocks.in_block(b);
    const int wide = vectors * L;
    const int first = blocks.channel(b);
    const int n = std::min(wide, d.target_channels - first);
    const Sweep s = d.sweep(0);
    const std::ptrdiff_t position = winograd_position<T>(sources, vectors);
    alignas(64) T taps[9][batch][block_vectors * L];
    // of `count` source channels from c0 on
    const auto read_tap = [&](int tap, int c0, int count) {
        const int at = (s.rows.kernel + tap / 3 * s.rows.kernel_step) * 3 + s.columns.kernel +
                       tap % 3 * s.columns.kernel_step;
        const T* from = w + std::ptrdiff_t(at) * in * all + group * out;
        for (int c = 0; c < count && n < wide; ++c)
            std::fill(taps[tap][c] + n, taps[tap][c] + wide, T(0));
        if (d.transposed)
            for (int t = 0; t < n; ++t)
                for (int c = 0; c < count; ++c)
                    taps[tap][c][t] = from[std::ptrdiff_t(first + t) * all + c0 + c];
        else
            for (int c = 0; c < count; ++c)
                std::copy_n(from + std::ptrdiff_t(c0 + c) * all + first, n, taps[tap][c]);
    };
    for (int c0 = 0; c0 < sources; c0 += batch) {
        const int count = std::min(batch, sources - c0);
        for (int tap = 0; tap < 9; ++tap)
            read_tap(tap, c0, count);
        for (int c = 0; c < count; ++c)
            for (int v = 0; v < vectors; ++v) {
                T* const to = u + std::ptrdiff_t(c0 + c) * wide + v * L;
                winograd_weight<T, M>(taps[0][c] + v * L, batch * block_vectors * L, to, position);
            }
    }
}
template <class T>
void winograd_weights(int edge, const ConvGeometry& d, const T* w, int group, int b, T* u) {
    for_edge(edge, [&](auto m) { winograd_weights_block<T, m()>(d, w, group, b, u); });
}

/// Outputs in a unit of work that make the products efficient.
constexpr int winograd_outputs(int edge) {
    return 48 * edge * edge;
}
/// Tiles of the largest unit of maps of this width.
inline int winograd_tiles_in(const BatchTiling& units, int width, int edge) {
    return units.most_images * ceil_div(units.most_rows, edge) * ceil_div(width, edge);
}

/// The edge of tiles that make a sweep fastest, up to `most`; 0 where the transforms cost more than
/// the multiplications that they save: that takes enough channels, enough of a tile's outputs
/// wanted (taps outside the map are not counted for the direct sweep), and enough tiles to pay for
/// the weights, unless those are transformed once and for all. Large tiles have 2.25 times as many
/// transformed weights, of which `budget` bytes are welcome.
template <class T>
int winograd_edge(const ConvGeometry& d, int most, bool constant_weights = false,
                  std::size_t budget = std::size_t(16) << 20) {
    const Extent three{3, 3};
    const Extent one{1, 1};
    if (!(d.g.kernel == three) || !(d.g.stride == one) ||
        std::min(d.source_channels, d.target_channels) < 16)
        return 0;
    const long rows = 3L * d.target.height - 2L * std::min(d.g.pad.height, 1);
    int best = 0;
    // products of a pair of channels: two thirds of the direct sweep's
    long fewest = 2 * rows * d.target.width;
    for (int edge = 2; edge <= most; edge += 2) {
        const long tiles = long(ceil_div(d.target.height, edge)) * ceil_div(d.target.width, edge);
        const long products = tiles * winograd_positions(edge);
        if (edge > 2 &&
            winograd_weights_size<T>(edge, d.source_channels, d.target_channels) * sizeof(T) >
                budget)
            break;
        if ((products < fewest || (products == fewest && best == 0)) &&
            d.g.batch * tiles >= (constant_weights ? 16 : 128)) {
            best = edge;
            fewest = products;
        }
    }
    return best;
}

}  // namespace collab::backend::detail
