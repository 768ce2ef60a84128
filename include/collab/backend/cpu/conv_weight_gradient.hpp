// SPDX-License-Identifier: Apache-2.0
// conv_weight_gradient: the kernel of weight gradients, a tile of weights summed over pixels in
// registers, and bias gradients.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/packing.hpp>
#include <collab/backend/cpu/prefetch.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

namespace detail {

/// The pixels under which a tile of weights is summed: rows [from, to) of `images`.
struct PixelSweep {
    int images, from, to, width;
    std::ptrdiff_t x_image, x_row, x_step, dy_image, dy_row;  // dy pixels are one block apart
    bool first;                                               // the sums are set, not added to
    Prefetcher* ahead;
};

/// Adds the products of a row of pixels.
template <class T, int Inputs, int V>
COLLAB_INLINE void add_pixels(const PixelSweep& s, const T* x, const T* dy,
                              Vector<T> (&acc)[Inputs][V]) {
    constexpr int L = lanes<T>;
    const std::ptrdiff_t step = s.x_step;
    for (int w = 0; w < s.width; ++w, x += step, dy += V * L) {
        Vector<T> d[V];
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { d[v] = load(dy + v * L); });
        inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
            inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { add_product(acc[i][v], x[i], d[v]); });
        });
    }
}

/// Adds to dw[Inputs][V registers], or writes there, the sums over pixels of x[input] *
/// dy[channel].
template <class T, int Inputs, int V>
COLLAB_NOINLINE void weight_tile(const PixelSweep& s, const T* x, const T* dy, T* dw) {
    Vector<T> acc[Inputs][V];
    inline_loop<Inputs>([&](int i) COLLAB_LAMBDA_INLINE {
        inline_loop<V>([&](int v) COLLAB_LAMBDA_INLINE { acc[i][v] = Vector<T>{}; });
    });
    for (int image = 0; image < s.images; ++image)
        for (int row = s.from; row < s.to; ++row) {
            s.ahead->step();
            add_pixels(s, x + image * s.x_image + row * s.x_row,
                       dy + image * s.dy_image + row * s.dy_row, acc);
        }
    store_sums<T>(acc, s.first, dw);
}

/// How many of `left` inputs the next tile takes: what the registers hold, or less where that
/// wastes less. 16 inputs by two registers are two tiles of 8, not two of 12. A row of three taps
/// over an image's three channels is a tile of its own.
constexpr int input_tile(int left, int vectors) {
    if (many_registers && left == 9)
        return 9;
    if (vectors == 2) {
        constexpr int wide = many_registers ? 12 : 6;
        constexpr int narrow = wide / 3 * 2;
        return left <= narrow || (left > wide && left <= 2 * narrow) ? narrow : wide;
    }
    if constexpr (!many_registers)
        return left <= 8 || (left > 12 && left <= 16) ? 8 : 12;
    return left <= 12 ? 12 : left <= 16 || (left > 24 && left <= 32) ? 16 : 24;
}
/// Inputs of all tiles together: not below n.
constexpr int covered_inputs(int n, int vectors) {
    int covered = 0;
    while (covered < n)
        covered += input_tile(n - covered, vectors);
    return covered;
}

/// All tiles of one tap row: `inputs` neighbors of x from the pixel on; dw has
/// covered_inputs(inputs, V) rows.
template <class T, int V>
void weight_tiles(const PixelSweep& s, const T* x, const T* dy, int inputs, T* dw) {
    while (inputs > 0) {
        const int n = input_tile(inputs, V);
        const auto is = [&](auto size) {
            return n == size && (weight_tile<T, decltype(size)::value, V>(s, x, dy, dw), true);
        };
        if constexpr (V == 2 && many_registers)
            is(Index<12>{}) || is(Index<8>{}) || is(Index<9>{});
        else if constexpr (V == 2)
            is(Index<6>{}) || is(Index<4>{});
        else if constexpr (many_registers)
            is(Index<24>{}) || is(Index<16>{}) || is(Index<12>{}) || is(Index<9>{});
        else
            is(Index<12>{}) || is(Index<8>{});
        inputs -= n;
        x += n;
        dw += n * V * lanes<T>;
    }
}

/// The sums of all parts, `distance` apart, in rows of `wide` elements.
template <class T>
struct PartSums {
    const T* sums;
    int parts;
    std::size_t distance;
    int wide;
};
/// Adds them to `rows` rows of dw, `to_row` apart. Of a row of sums, n elements count.
template <class T>
COLLAB_NOINLINE void add_weight_sums(const PartSums<T>& all, int rows, int n, T* dw,
                                     std::ptrdiff_t to_row) {
    constexpr int L = lanes<T>;
    auto [sums, parts, distance, wide] = all;
    for (int c = 0; c < rows; ++c, sums += wide, dw += to_row)
        for (int v = 0; v < n; v += L) {
            Vector<T> sum = load(sums + v);
            for (int part = 1; part < parts; ++part)
                sum += load(sums + v + std::size_t(part) * distance);
            if (n - v >= L)
                store(dw + v, load(dw + v) + sum);
            else if constexpr (L > 1)  // without vectors, a register is a number
                for (int i = 0; i < n - v; ++i)
                    dw[v + i] += sum[i];
        }
}

}  // namespace detail

/// Adds the sum of dy over samples and pixels to db, one per channel.
template <class T>
COLLAB_COLD void bias_gradient(CpuContext& threads, const Map& map, View<const T> dy, T* db) {
    const int channels = map.dims.channels;
    const int parts = int(std::min<long>(32, (map.pixels() + 63) / 64));
    const std::size_t padded = detail::whole_lines<T>(std::size_t(channels));
    T* const partial = threads.shared<T>(std::size_t(parts) * padded);
    threads.run(parts, [&](int part) {
        T* const sums = partial + std::size_t(part) * padded;
        std::fill_n(sums, padded, T(0));
        const long first = map.pixels() * part / parts;
        const long last = map.pixels() * (part + 1) / parts;
        const T* at = dy.data + first * dy.pixel;
        for (long p = first; p < last; ++p, at += dy.pixel) {
            COLLAB_INDEPENDENT
            for (int c = 0; c < channels; ++c)
                sums[c] += at[c];
        }
    });
    for (int part = 0; part < parts; ++part)
        for (int c = 0; c < channels; ++c)
            db[c] += partial[std::size_t(part) * padded + std::size_t(c)];
}

}  // namespace collab::backend
