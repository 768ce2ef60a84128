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

/// A matrix, or the transpose of one, that is packed panel by panel.
template <class T>
struct PackedMatrix {
    const T* data;
    std::ptrdiff_t row;  ///< from one row in memory to the next
    bool transposed;

    /// Rows [j, j + m) of the n columns from c on.
    void pack(int j, int m, int c, int n, T* to) const {
        if (transposed)
            pack_panel_transposed(data + c * row + j, row, m, n, to);
        else
            pack_panel(data + j * row + c, row, m, n, to);
    }
};

/// y (rows x columns) = x (rows x depth) times a matrix. What the sizes decide is decided first;
/// `run` does the work.
template <class T>
class PackedProduct {
public:
    COLLAB_COLD PackedProduct(int rows, int depth, int columns, View<const T> x, View<T> y,
                              const PackedMatrix<T>& matrix)
        : rows_(rows),
          depth_(depth),
          x_(x),
          y_(y),
          matrix_(matrix),
          panels_(columns),
          chunks_(ceil_div(depth, deep)),
          size_(std::size_t(ceil_div(depth, chunks_)) * wide),
          groups_(ceil_div(panels_.count, together)),
          splits_(long(rows) * depth * columns < (1L << 20)
                      ? 1
                      : std::clamp(16 / groups_, 1, ceil_div(rows, 2 * tile_rows))),
          copied_(panels_.count > 1 && x.pixel * std::ptrdiff_t(sizeof(T)) % 1024 == 0),
          x_row_(copied_ ? round_up(depth, lanes<T>) + 64 / std::ptrdiff_t(sizeof(T)) : x.pixel) {}

    COLLAB_COLD void run(CpuContext& threads, const T* bias) {
        const std::size_t x_size = copied_ ? whole_lines<T>(std::size_t(rows_ * x_row_)) : 0;
        T* const x_copy = threads.shared<T>(
            x_size + (splits_ > 1 ? size_of_panel() * std::size_t(panels_.count) : 0));
        all_packed_ = x_copy + x_size;
        from_ = copied_ ? x_copy : x_.data;
        if (copied_)
            copy_rows(threads, x_copy);
        if (splits_ > 1)
            threads.run(panels_.count * chunks_, [&](int piece) {
                const int p = piece / chunks_;
                const int k = piece % chunks_;
                pack(begin(k), begin(k + 1) - begin(k), p, packed_before(p, k));
            });
        threads.run(groups_ * splits_,
                    [&](int piece) { run_piece(threads, piece / splits_, piece % splits_, bias); });
    }

private:
    static constexpr int wide = Panels<T>::wide;
    /// Panels side by side are packed in one go: longer runs of memory.
    static constexpr int together = 2;
    /// A panel of this many rows stays in the first-level cache.
    static constexpr int deep = 32768 / int(sizeof(T)) / wide;

    int begin(int chunk) const { return part_begin(depth_, chunks_, chunk); }
    std::size_t size_of_panel() const { return size_ * std::size_t(chunks_); }
    T* packed_before(int p, int k) const {
        return all_packed_ + std::size_t(p) * size_of_panel() + std::size_t(k) * size_;
    }
    void pack(int j, int m, int p, T* to) const { matrix_.pack(j, m, p * wide, panels_.in(p), to); }
    void copy_rows(CpuContext& threads, T* to) const {
        const Partition cut(rows_, grain / depth_);
        threads.run(cut.count, [&](int piece) {
            const long first = cut.begin(piece);
            copy_pixels(x_.data + first * x_.pixel, x_.pixel, depth_, int(cut.end(piece) - first),
                        to + first * x_row_, int(x_row_));
        });
    }
    COLLAB_COLD void run_piece(CpuContext& threads, int group, int split, const T* bias) const {
        const int tiles = ceil_div(rows_, tile_rows);
        const int first = part_begin(tiles, splits_, split) * tile_rows;
        const int last = std::min(rows_, part_begin(tiles, splits_, split + 1) * tile_rows);
        const int first_panel = group * together;
        const int last_panel = std::min(first_panel + together, panels_.count);
        T* const padded_bias = threads.scratch<T>(wide + (splits_ > 1 ? 0 : size_ * together));
        for (int k = 0; k < chunks_; ++k) {
            const int j = begin(k);
            const int m = begin(k + 1) - j;
            const auto packed = [&](int p) {
                return splits_ > 1 ? packed_before(p, k)
                                   : padded_bias + wide + std::size_t(p - first_panel) * size_;
            };
            if (splits_ == 1)
                for (int p = first_panel; p < last_panel; ++p)
                    pack(j, m, p, packed(p));
            for (int p = first_panel; p < last_panel; ++p) {
                const int c = p * wide;
                const int n = panels_.in(p);
                if (bias)
                    std::fill(std::copy_n(bias + c, n, padded_bias), padded_bias + wide, T(0));
                product_rows<T>({m, from_ + first * x_row_ + j, x_row_, 1, packed(p),
                                 y_.data + first * y_.pixel + c, y_.pixel,
                                 bias && k == 0 ? padded_bias : nullptr, k > 0},
                                last - first, n);
            }
        }
    }

    int rows_, depth_;
    View<const T> x_;
    View<T> y_;
    PackedMatrix<T> matrix_;
    Panels<T> panels_;
    int chunks_;
    std::size_t size_;  ///< of a packed chunk
    int groups_;
    /// Few panels: their rows are shared out as well, and the panels are packed beforehand.
    int splits_;
    /// Rows of x a multiple of a large power of two apart would compete for the same cache lines.
    bool copied_;
    std::ptrdiff_t x_row_;
    T* all_packed_ = nullptr;
    const T* from_ = nullptr;
};

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
    const detail::PackedMatrix<T> matrix{w, g.out, false};
    detail::PackedProduct<T>(g.batch, g.in, g.out, x, y, matrix).run(threads, bias);
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
    const detail::PackedMatrix<T> matrix{w, g.out, true};
    detail::PackedProduct<T>(g.batch, g.out, g.in, dy, dx, matrix).run(threads, nullptr);
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
