// SPDX-License-Identifier: Apache-2.0
// product_tile: the kernel of dense products, a tile of rows by registers of columns, and how its
// operands are packed.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend::detail {

/// Registers of columns in a panel, and rows in the largest tile. 16 sums keep two multipliers busy
/// and divide the usual batches; of 16 registers, 12 hold sums.
inline constexpr int panel_vectors = 2;
inline constexpr int tile_rows = many_registers ? 8 : 6;

/// c[i][columns] = the sum over j in [0, depth) of a[i * a_row + j * a_step] * b[j][columns], to
/// which the bias or what was in c is added.
template <class T>
struct ProductTile {
    int depth;
    const T* a;
    std::ptrdiff_t a_row, a_step;
    const T* b;
    T* c;
    std::ptrdiff_t c_row;
    const T* bias;  ///< what the sums start from; null for zero
    bool add;       ///< c is added, once: sums that began with it would lose more
};

/// R rows by V registers.
template <class T, int R, int V>
COLLAB_NOINLINE void product_tile(const ProductTile<T>& t) {
    // four rows share a pointer
    constexpr int L = lanes<T>;
    constexpr int groups = (R + 3) / 4;
    constexpr int each = R < 4 ? R : 4;
    Vector<T> acc[R][V];
    const auto all = [&](auto f) COLLAB_LAMBDA_INLINE {
        inline_loop<R>([&](int i) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { f(i, v); });
        });
    };
    if (t.bias)
        all([&](auto i, auto v) COLLAB_LAMBDA_INLINE { acc[i][v] = load(t.bias + v * L); });
    else
        all([&](auto i, auto v) COLLAB_LAMBDA_INLINE { acc[i][v] = Vector<T>{}; });
    const std::ptrdiff_t row = t.a_row;
    const std::ptrdiff_t row3 = 3 * row;
    const std::ptrdiff_t step = t.a_step;
    const T* a[groups];
    inline_loop<groups>([&](int g) COLLAB_LAMBDA_INLINE { a[g] = t.a + 4 * g * row; });
    const T* b = t.b;
    for (int j = 0; j < t.depth; ++j, b += V * L) {
        Vector<T> column[V];
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { column[v] = load(b + v * L); });
        inline_loop<groups>([&](int g) COLLAB_LAMBDA_INLINE {
            inline_loop<each>([&](int i) COLLAB_LAMBDA_INLINE {
                if (4 * g + i >= R)
                    return;
                const T value = a[g][i == 3 ? row3 : i * row];
                inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE {
                    add_product(acc[4 * g + i][v], value, column[v]);
                });
            });
            a[g] += step;
        });
    }
    if (t.add)
        all([&](auto i, auto v)
                COLLAB_LAMBDA_INLINE { acc[i][v] += load(t.c + i * t.c_row + v * L); });
    all([&](auto i, auto v) COLLAB_LAMBDA_INLINE { store(t.c + i * t.c_row + v * L, acc[i][v]); });
}

/// to[i][k] = from[i][k] for few k, a tile at most; one function for tiles of every size.
template <class T>
COLLAB_NOINLINE void copy_columns(const T* from, std::ptrdiff_t row, int rows, int columns, T* to,
                                  std::ptrdiff_t to_row) {
    for (int i = 0; i < rows; ++i, from += row, to += to_row)
        COLLAB_INDEPENDENT
    for (int k = 0; k < columns; ++k)
        to[k] = from[k];
}

/// A product_tile with only the first `columns` columns of c in memory.
template <class T, int R, int V>
void product_tile_columns(ProductTile<T> t, int columns) {
    constexpr int wide = V * lanes<T>;
    if (columns >= wide)
        return product_tile<T, R, V>(t);
    alignas(64) T room[R * wide] = {};
    T* const c = t.c;
    const std::ptrdiff_t c_row = t.c_row;
    if (t.add)
        copy_columns(c, c_row, R, columns, room, wide);
    t.c = room;
    t.c_row = wide;
    product_tile<T, R, V>(t);
    copy_columns(room, wide, R, columns, c, c_row);
}

/// Any number of rows, one panel of columns.
template <class T>
void product_rows(ProductTile<T> t, int rows, int columns) {
    const auto take = [&](auto r, int left) {
        constexpr int R = decltype(r)::value;
        for (; rows >= R + left; rows -= R, t.a += R * t.a_row, t.c += R * t.c_row) {
            if (columns > lanes<T>)
                product_tile_columns<T, R, panel_vectors>(t, columns);
            else
                product_tile_columns<T, R, 1>(t, columns);
        }
    };
    // 8 = 4 + 4 keeps more sums in flight than 6 + 2
    take(Index<tile_rows>{}, tile_rows == 6 && rows % 6 == 2 ? 8 : 0);
    take(Index<4>{}, 0);
    take(Index<2>{}, 0);
    take(Index<1>{}, 0);
}

/// Panels of columns. A panel lies as [row][whole registers]; the last may have one register, and
/// zeros beyond its last column.
template <class T>
struct Panels {
    static constexpr int wide = panel_vectors * lanes<T>;
    int columns, count;
    explicit Panels(int n) : columns(n), count(ceil_div(n, wide)) {}
    int in(int p) const { return std::min(wide, columns - p * wide); }
    int stored(int p) const { return round_up(in(p), lanes<T>); }
};

/// to[j][stored] = from[j * row + i] for i in [0, n): a panel of a matrix by rows.
template <class T>
void pack_panel(const T* from, std::ptrdiff_t row, int depth, int n, T* to) {
    copy_pixels(from, row, n, depth, to, round_up(n, lanes<T>));
}

/// The transpose of a square of one register's size, by way of memory that is certainly in the
/// cache.
template <class T>
COLLAB_INLINE void transpose_square(const T* from, std::ptrdiff_t row, T* to,
                                    std::ptrdiff_t to_row) {
    constexpr int L = lanes<T>;
    alignas(64) T square[L][L];
    for (int i = 0; i < L; ++i)
        store(square[i], load(from + i * row));
    for (int j = 0; j < L; ++j)
        for (int i = 0; i < L; ++i)
            to[j * to_row + i] = square[i][j];
}

/// to[j][stored] = from[i * row + j] for i in [0, n): a panel of its transpose.
template <class T>
COLLAB_NOINLINE void pack_panel_transposed(const T* from, std::ptrdiff_t row, int depth, int n,
                                           T* to) {
    constexpr int L = lanes<T>;
    const int stored = round_up(n, L);
    for (int i = 0; i < stored; i += L) {
        int j = 0;
        if (i + L <= n)
            for (; j + L <= depth; j += L)
                transpose_square(from + i * row + j, row, to + std::ptrdiff_t(j) * stored + i,
                                 stored);
        for (; j < depth; ++j)
            for (int k = 0; k < L; ++k)
                to[std::ptrdiff_t(j) * stored + i + k] = i + k < n ? from[(i + k) * row + j] : T(0);
    }
}

}  // namespace collab::backend::detail
