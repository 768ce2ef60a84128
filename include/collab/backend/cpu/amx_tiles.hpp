// SPDX-License-Identifier: Apache-2.0
// amx_tiles: products of split matrices by a matrix unit, up to two by two tiles of sums at once.
#pragma once
#include <cstddef>

#include <collab/backend/cpu/bf16_split.hpp>
#include <collab/backend/cpu/prefetch.hpp>

namespace collab::backend::detail {

/// Two operands of a sum, and where its tiles go: tile (i, j) begins at c + i * c_group + j *
/// c_column, its rows c_row apart.
struct AmxProduct {
    const Word *a, *b;
    std::ptrdiff_t a_group, b_group;
    int blocks;  ///< of the summed dimension
    float* c;
    std::ptrdiff_t c_group, c_column, c_row;
    Prefetcher* ahead;  ///< a step for each of the six products of a block
};
/// The steps that a product of this many tiles makes.
inline long unit_steps(int rows, int columns, int blocks) {
    return 6L * ceil_div(rows, 2) * ceil_div(columns, 2) * blocks;
}

/// R by V tiles; `add`: to what c has. Smallest products first.
template <int R, int V, class Unit>
COLLAB_NOINLINE void unit_product(Unit& unit, const AmxProduct& p, bool add) {
    constexpr int h = 0;
    constexpr int m = unit_words;
    constexpr int l = 2 * unit_words;
    const auto all = [](auto f) COLLAB_LAMBDA_INLINE {
        inline_for<R>([&](auto i) COLLAB_LAMBDA_INLINE {
            inline_for<V>([&](auto j) COLLAB_LAMBDA_INLINE { f(i, j); });
        });
    };
    if (add)
        all([&](auto i, auto j) COLLAB_LAMBDA_INLINE {
            unit.template load<2 * i + j>(p.c + i * p.c_group + j * p.c_column, p.c_row);
        });
    else
        all([&](auto i, auto j) COLLAB_LAMBDA_INLINE { unit.template zero<2 * i + j>(); });
    const Word* a = p.a;
    const Word* b = p.b;
    for (int k = 0; k < p.blocks; ++k, a += split_words, b += split_words) {
        const auto rows = [&](int piece) COLLAB_LAMBDA_INLINE {
            inline_for<R>([&](auto i) COLLAB_LAMBDA_INLINE {
                unit.template load<4 + i>(a + i * p.a_group + piece, unit_rows);
            });
        };
        const auto columns = [&](int piece) COLLAB_LAMBDA_INLINE {
            inline_for<V>([&](auto j) COLLAB_LAMBDA_INLINE {
                unit.template load<6 + j>(b + j * p.b_group + piece, unit_rows);
            });
        };
        const auto multiply = [&]() COLLAB_LAMBDA_INLINE {
            all([&](auto i, auto j)
                    COLLAB_LAMBDA_INLINE { unit.template multiply<2 * i + j, 4 + i, 6 + j>(); });
            p.ahead->step();
        };
        rows(h);
        columns(l);
        multiply();
        columns(m);
        multiply();
        rows(m);
        multiply();
        columns(h);
        multiply();
        rows(l);
        multiply();
        rows(h);
        multiply();
    }
    all([&](auto i, auto j) COLLAB_LAMBDA_INLINE {
        unit.template store<2 * i + j>(p.c + i * p.c_group + j * p.c_column, p.c_row);
    });
}

/// As many tiles as are left of `rows` and `columns` groups, two by two at most.
template <class Unit>
void unit_product(Unit& unit, const AmxProduct& p, int rows, int columns, bool add) {
    if (rows > 1 && columns > 1)
        unit_product<2, 2>(unit, p, add);
    else if (rows > 1)
        unit_product<2, 1>(unit, p, add);
    else if (columns > 1)
        unit_product<1, 2>(unit, p, add);
    else
        unit_product<1, 1>(unit, p, add);
}

}  // namespace collab::backend::detail
