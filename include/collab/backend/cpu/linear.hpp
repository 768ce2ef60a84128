// SPDX-License-Identifier: Apache-2.0
// linear: dense products of the CPU backend and their gradients.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/backend/cpu/product_tile.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

namespace detail {

/// Rows below which packing the weights costs more than it gains: each weight is then used where it
/// lies.
inline constexpr int few_rows = 8;

/// y (rows x columns) = x (rows x depth) times a matrix of which pack(j, m, p, to) packs rows [j, j
/// + m) of panel p.
template <class T, class Pack>
COLLAB_COLD void packed_product(CpuContext& threads, int rows, int depth, int columns,
                                View<const T> x, const T* bias, View<T> y, const Pack& pack) {
    const Panels<T> panels(columns);
    // panels side by side are packed in one go: longer runs of memory
    constexpr int together = 2;
    // a panel of this many rows stays in the first-level cache
    constexpr int deep = 32768 / int(sizeof(T)) / Panels<T>::wide;
    const int chunks = ceil_div(depth, deep);
    const int most = ceil_div(depth, chunks);
    const int groups = ceil_div(panels.count, together);
    const std::size_t size = std::size_t(most) * Panels<T>::wide;
    const std::size_t whole = size * std::size_t(chunks);
    const auto begin = [&](int chunk) { return part_begin(depth, chunks, chunk); };
    // Few panels: their rows are shared out as well, and the panels are packed beforehand.
    const long work = long(rows) * depth * columns;
    const int splits =
        work < (1L << 20) ? 1 : std::clamp(16 / groups, 1, ceil_div(rows, 2 * tile_rows));
    // Rows of x a multiple of a large power of two apart would compete for the same cache lines.
    const bool copied = panels.count > 1 && x.pixel * std::ptrdiff_t(sizeof(T)) % 1024 == 0;
    const std::ptrdiff_t x_row =
        copied ? round_up(depth, lanes<T>) + 64 / std::ptrdiff_t(sizeof(T)) : x.pixel;
    T* const x_copy = threads.shared<T>((copied ? whole_lines<T>(std::size_t(rows * x_row)) : 0) +
                                        (splits > 1 ? whole * std::size_t(panels.count) : 0));
    T* const all_packed = x_copy + (copied ? whole_lines<T>(std::size_t(rows * x_row)) : 0);
    if (copied) {
        const Partition cut(rows, grain / depth);
        threads.run(cut.count, [&](int piece) {
            const long first = cut.begin(piece);
            copy_pixels(x.data + first * x.pixel, x.pixel, depth, int(cut.end(piece) - first),
                        x_copy + first * x_row, int(x_row));
        });
    }
    if (splits > 1)
        threads.run(panels.count * chunks, [&](int piece) {
            const int p = piece / chunks;
            const int k = piece % chunks;
            pack(begin(k), begin(k + 1) - begin(k), p,
                 all_packed + std::size_t(p) * whole + std::size_t(k) * size);
        });
    const T* const from = copied ? x_copy : x.data;
    threads.run(groups * splits, [&](int piece) {
        const int group = piece / splits;
        const int split = piece % splits;
        const int first_panel = group * together;
        const int last_panel = std::min(first_panel + together, panels.count);
        const int first = part_begin(ceil_div(rows, tile_rows), splits, split) * tile_rows;
        const int last =
            std::min(rows, part_begin(ceil_div(rows, tile_rows), splits, split + 1) * tile_rows);
        T* const padded_bias =
            threads.scratch<T>(Panels<T>::wide + (splits > 1 ? 0 : size * together));
        T* const packed = padded_bias + Panels<T>::wide;
        for (int k = 0; k < chunks; ++k) {
            const int j = begin(k);
            const int m = begin(k + 1) - j;
            if (splits == 1)
                for (int p = first_panel; p < last_panel; ++p)
                    pack(j, m, p, packed + std::size_t(p - first_panel) * size);
            for (int p = first_panel; p < last_panel; ++p) {
                const int c = p * Panels<T>::wide;
                const int n = panels.in(p);
                const T* const panel =
                    splits > 1 ? all_packed + std::size_t(p) * whole + std::size_t(k) * size
                               : packed + std::size_t(p - first_panel) * size;
                if (bias)
                    std::fill(std::copy_n(bias + c, n, padded_bias), padded_bias + Panels<T>::wide,
                              T(0));
                product_rows<T>({m, from + first * x_row + j, x_row, 1, panel,
                                 y.data + first * y.pixel + c, y.pixel,
                                 bias && k == 0 ? padded_bias : nullptr, k > 0},
                                last - first, n);
            }
        }
    });
}

/// y = x W (+ bias) for few rows: the weights are read once, in the order in which they lie.
template <class T>
COLLAB_COLD void product_of_few(CpuContext& threads, const Product& g, View<const T> x, const T* w,
                                const T* bias, View<T> y) {
    const Partition cut(g.out, std::max(64L, grain / g.in), 16);
    threads.run(cut.count, [&](int piece) {
        const long first = cut.begin(piece);
        const long n = cut.end(piece) - first;
        for (int b = 0; b < g.batch; ++b) {
            T* const to = y.data + b * y.pixel + first;
            if (bias)
                std::copy_n(bias + first, n, to);
            else
                std::fill_n(to, n, T(0));
        }
        const T* row = w + first;
        int i = 0;
        for (; i + 4 <= g.in; i += 4, row += 4L * g.out)
            for (int b = 0; b < g.batch; ++b) {
                const T* v = x.data + b * x.pixel + i;
                const T* r1 = row + g.out;
                const T* r2 = r1 + g.out;
                const T* r3 = r2 + g.out;
                const T v0 = v[0];
                const T v1 = v[1];
                const T v2 = v[2];
                const T v3 = v[3];
                T* const to = y.data + b * y.pixel + first;
                COLLAB_INDEPENDENT
                for (long k = 0; k < n; ++k)
                    to[k] += (v0 * row[k] + v1 * r1[k]) + (v2 * r2[k] + v3 * r3[k]);
            }
        for (; i < g.in; ++i, row += g.out)
            for (int b = 0; b < g.batch; ++b) {
                const T value = x.data[b * x.pixel + i];
                T* const to = y.data + b * y.pixel + first;
                COLLAB_INDEPENDENT
                for (long k = 0; k < n; ++k)
                    to[k] += value * row[k];
            }
    });
}

/// The product of two rows.
template <class T>
T dot(int n, const T* a, const T* b) {
    constexpr int L = lanes<T>;
    Vector<T> acc[4];
    for (Vector<T>& v : acc)
        v = Vector<T>{};
    int i = 0;
    for (; i + 4 * L <= n; i += 4 * L)
        inline_loop<4>([&](int k) COLLAB_LAMBDA_INLINE {
            add_product(acc[k], load(a + i + k * L), load(b + i + k * L));
        });
    for (; i + L <= n; i += L)
        add_product(acc[0], load(a + i), load(b + i));
    alignas(64) T lane[L];  // by hand: g++ 12 warns about Eigen's sum of a register
    store(lane, (acc[0] + acc[1]) + (acc[2] + acc[3]));
    for (; i < n; ++i)
        lane[i % L] += a[i] * b[i];
    for (int half = L / 2; half > 0; half /= 2)
        for (int k = 0; k < half; ++k)
            lane[k] += lane[k + half];
    return lane[0];
}

}  // namespace detail

/// y = x W (+ bias, unless null), row by row.
template <class T>
COLLAB_COLD void linear(CpuContext& threads, const Product& g, View<const T> x, const T* w,
                        const T* bias, View<T> y) {
    if (g.batch < detail::few_rows)
        return detail::product_of_few(threads, g, x, w, bias, y);
    detail::packed_product(
        threads, g.batch, g.in, g.out, x, bias, y, [&](int j, int m, int p, T* to) {
            detail::pack_panel(w + std::ptrdiff_t(j) * g.out + p * detail::Panels<T>::wide, g.out,
                               m, detail::Panels<T>(g.out).in(p), to);
        });
}

/// dx = dy transpose(W).
template <class T>
COLLAB_COLD void linear_input_gradient(CpuContext& threads, const Product& g, View<const T> dy,
                                       const T* w, View<T> dx) {
    if (g.batch < detail::few_rows) {
        const Partition cut(g.in, grain / g.out, 64);
        threads.run(cut.count, [&](int piece) {
            for (long i = cut.begin(piece); i < cut.end(piece); ++i)
                for (int b = 0; b < g.batch; ++b)
                    dx.data[b * dx.pixel + i] =
                        detail::dot(g.out, w + i * g.out, dy.data + b * dy.pixel);
        });
        return;
    }
    detail::packed_product<T>(threads, g.batch, g.out, g.in, dy, nullptr, dx,
                              [&](int j, int m, int p, T* to) {
                                  detail::pack_panel_transposed(
                                      w + std::ptrdiff_t(p) * detail::Panels<T>::wide * g.out + j,
                                      g.out, m, detail::Panels<T>(g.in).in(p), to);
                              });
}

/// Adds transpose(x) dy to dw.
template <class T>
COLLAB_COLD void linear_weight_gradient(CpuContext& threads, const Product& g, View<const T> x,
                                        View<const T> dy, T* dw) {
    using detail::tile_rows;
    const detail::Panels<T> panels(g.out);
    const std::size_t size = std::size_t(g.batch) * panels.wide;
    T* const packed = threads.shared<T>(size * std::size_t(panels.count));
    const Partition packing(panels.count, grain / (long(g.batch) * panels.wide));
    threads.run(packing.count, [&](int piece) {
        for (long p = packing.begin(piece); p < packing.end(piece); ++p)
            detail::pack_panel(dy.data + p * panels.wide, dy.pixel, g.batch, panels.in(int(p)),
                               packed + std::size_t(p) * size);
    });
    // tiles of inputs, each with all outputs
    const Partition cut(detail::ceil_div(g.in, tile_rows),
                        (1L << 18) / (long(g.batch) * g.out * tile_rows), 64);
    threads.run(cut.count, [&](int piece) {
        T* const inputs = threads.scratch<T>(std::size_t(g.batch) * tile_rows);
        for (long tile = cut.begin(piece); tile < cut.end(piece); ++tile) {
            const int first = int(tile) * tile_rows;
            const int rows = std::min(tile_rows, g.in - first);
            for (int b = 0; b < g.batch; ++b)
                for (int i = 0; i < rows; ++i)
                    inputs[b * tile_rows + i] = x.data[b * x.pixel + first + i];
            for (int p = 0; p < panels.count; ++p)
                detail::product_rows<T>(
                    {g.batch, inputs, 1, tile_rows, packed + std::size_t(p) * size,
                     dw + std::ptrdiff_t(first) * g.out + p * panels.wide, g.out, nullptr, true},
                    rows, panels.in(p));
        }
    });
}

}  // namespace collab::backend
