// SPDX-License-Identifier: Apache-2.0
// bf16_split: floats as sums of three bfloat16, in tiles as a matrix unit reads them.
//
// A float has 24 significant bits and a bfloat16 eight, so x = h + m + l exactly, h, m and l what
// is cut off after eight bits each time. Of the nine products of two such sums the six largest are
// taken: what is left out is less than 2^-21 of a product. (Henry, Tang and Heinecke, Leveraging
// the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations, 2019.) An
// infinite number becomes a NaN on the way, and what is below the least normal number zero.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include <collab/backend/cpu/matrix_unit.hpp>
#include <collab/backend/cpu/product_tile.hpp>
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend::detail {

/// Numbers of the summed dimension in a tile, and what they take: the tiles of h, m and l, one
/// behind the other. Word j of a row holds numbers j and j + 16.
inline constexpr int unit_depth = 2 * unit_rows;
inline constexpr int split_words = 3 * unit_words;

/// Groups of 16 rows (of columns, for the second operand), each as [block of the summed
/// dimension][h, m, l][16 rows][16 words].
struct Bf16Tiles {
    int groups, blocks;
    Bf16Tiles(int rows, int depth)
        : groups(ceil_div(rows, unit_rows)),
          blocks(ceil_div(depth, unit_depth)) {}
    std::ptrdiff_t group() const { return std::ptrdiff_t(blocks) * split_words; }
    std::size_t words() const { return std::size_t(groups) * std::size_t(group()); }
};

/// 16 rows of words, 16 apart: the first numbers of row r lie at from + r * row, the second ones
/// `second` behind them.
COLLAB_NOINLINE inline void split_tile(const float* from, std::ptrdiff_t row, std::ptrdiff_t second,
                                       Word* to) {
    constexpr Word high = 0xffff0000u;
    for (int r = 0; r < unit_rows; ++r, from += row, to += unit_rows) {
        COLLAB_INDEPENDENT_FEW
        for (int j = 0; j < unit_rows; ++j) {
            const float a = from[j];
            const float b = from[second + j];
            const Word ha = std::bit_cast<Word>(a);
            const Word hb = std::bit_cast<Word>(b) & high;
            const float ra = a - std::bit_cast<float>(ha & high);
            const float rb = b - std::bit_cast<float>(hb);
            const Word ma = std::bit_cast<Word>(ra);
            const Word mb = std::bit_cast<Word>(rb) & high;
            const Word la = std::bit_cast<Word>(ra - std::bit_cast<float>(ma & high));
            const Word lb = std::bit_cast<Word>(rb - std::bit_cast<float>(mb)) & high;
            to[j] = ha >> 16 | hb;
            to[unit_words + j] = ma >> 16 | mb;
            to[2 * unit_words + j] = la >> 16 | lb;
        }
    }
}

/// to[j][i] = from[i][j] for 16 rows of 16.
template <class T>
COLLAB_NOINLINE void transpose_16(const T* from, std::ptrdiff_t row, T* to, std::ptrdiff_t to_row) {
    constexpr int n = unit_rows;
    if constexpr (lanes<T> == n) {
        Vector<T> a[n], b[n];
        inline_loop<n>([&](int i) COLLAB_LAMBDA_INLINE { a[i] = load(from + i * row); });
        // puts two halves together, number by number in turn; four rounds are a transposition
        const auto round = [](const Vector<T>* x, Vector<T>* y) COLLAB_LAMBDA_INLINE {
            inline_loop<n / 2>([&](int i) COLLAB_LAMBDA_INLINE {
                y[2 * i] = __builtin_shufflevector(x[i], x[i + n / 2], 0, 16, 1, 17, 2, 18, 3, 19,
                                                   4, 20, 5, 21, 6, 22, 7, 23);
                y[2 * i + 1] = __builtin_shufflevector(x[i], x[i + n / 2], 8, 24, 9, 25, 10, 26, 11,
                                                       27, 12, 28, 13, 29, 14, 30, 15, 31);
            });
        };
        round(a, b);
        round(b, a);
        round(a, b);
        round(b, a);
        inline_loop<n>([&](int i) COLLAB_LAMBDA_INLINE { store(to + i * to_row, a[i]); });
    } else {
        for (int j = 0; j < n; ++j)
            for (int i = 0; i < n; ++i)
                to[j * to_row + i] = from[i * row + j];
    }
}

}  // namespace collab::backend::detail
