// SPDX-License-Identifier: Apache-2.0
// loops: over the elements of a batch of maps, and sums over its pixels in an order that depends on
// nothing but the shape.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <collab/backend/cuda/system.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::device {

using collab::detail::pixel;

// Counters are 32 bits wide, because a GPU divides those several times faster; larger loops are
// several loops.
inline constexpr long longest_loop = 1l << 30;

template <class F>
struct ElementOf {
    F f;
    std::ptrdiff_t first;
    std::uint32_t channels;
    COLLAB_HD void operator()(std::uint32_t i) const {
        f(first + std::ptrdiff_t(i / channels), int(i % channels));
    }
};
/// f(pixel, channel) for each of `pixels` and of `channels`.
template <class S, class F>
void for_elements(S& system, long pixels, int channels, F f) {
    const long each = std::max(longest_loop / channels, 1l);
    for (long first = 0; first < pixels; first += each) {
        const long n = std::min(each, pixels - first);
        system.loop(std::uint32_t(n * channels), ElementOf<F>{f, first, std::uint32_t(channels)});
    }
}
template <class S, class F>
void for_elements(S& system, const Map& map, F f) {
    for_elements(system, map.pixels(), map.dims.channels, f);
}

template <class F>
struct IndexFrom {
    F f;
    std::size_t first;
    COLLAB_HD void operator()(std::uint32_t i) const { f(first + i); }
};
/// f(i) for i in [0, n).
template <class S, class F>
void for_each(S& system, std::size_t n, F f) {
    for (std::size_t first = 0; first < n; first += std::size_t(longest_loop))
        system.loop(std::uint32_t(std::min(std::size_t(longest_loop), n - first)),
                    IndexFrom<F>{f, first});
}

template <class F>
struct Row {
    F f;
    COLLAB_HD void operator()(std::uint32_t i) const { f(int(i)); }
};
template <class S, class F>
void for_rows(S& system, int n, F f) {
    system.loop(std::uint32_t(n), Row<F>{f});
}

// Sums by columns, as a tree. A loop's body adds up a few rows of one column; then `fan` such sums
// become one, until `fan` or fewer are left.
inline constexpr int fan = 64;

template <int N, class F>
struct SumRows {
    F f;
    long rows, each;
    std::uint32_t width;
    double* parts;
    COLLAB_HD void operator()(std::uint32_t i) const {
        const long first = long(i / width) * each;
        const long last = first + each < rows ? first + each : rows;
        double sums[N] = {};
        for (long r = first; r < last; ++r)
            f(r, int(i % width), sums);
        for (int k = 0; k < N; ++k)
            parts[std::size_t(i) * N + std::size_t(k)] = sums[k];
    }
};
struct SumParts {
    const double* from;
    double* to;
    long parts;
    std::uint32_t width;
    COLLAB_HD void operator()(std::uint32_t i) const {
        const long first = long(i / width) * fan;
        const long last = first + fan < parts ? first + fan : parts;
        double sum = 0;
        for (long p = first; p < last; ++p)
            sum += from[p * long(width) + long(i % width)];
        to[i] = sum;
    }
};
template <int N, class Finish>
struct FinishSums {
    Finish finish;
    const double* parts;
    long count;
    std::uint32_t width;
    COLLAB_HD void operator()(std::uint32_t c) const {
        double sums[N] = {};
        for (long p = 0; p < count; ++p)
            for (int k = 0; k < N; ++k)
                sums[k] += parts[(p * long(width) + long(c)) * N + k];
        finish(int(c), static_cast<const double*>(sums));
    }
};

/// For each column c of `width`: f(row, c, sums) for every row, which adds to N sums; then
/// finish(c, sums). Sums are kept in double.
template <int N, class S, class F, class Finish>
void column_sums(S& system, long rows, int width, F f, Finish finish) {
    // enough loops to fill a GPU, each long enough to be worth its result
    const long each = std::clamp(rows * width / 65536, 8l, 512l);
    long parts = (rows + each - 1) / each;
    const std::size_t room = std::size_t(parts) * std::size_t(width) * N;
    double* from = system.template scratch<double>(Scratch::sums, 2 * room);
    double* to = from + room;
    system.loop(std::uint32_t(parts * width),
                SumRows<N, F>{f, rows, each, std::uint32_t(width), from});
    while (parts > fan) {
        const long fewer = (parts + fan - 1) / fan;
        system.loop(std::uint32_t(fewer * width * N),
                    SumParts{from, to, parts, std::uint32_t(width * N)});
        std::swap(from, to);
        parts = fewer;
    }
    system.loop(std::uint32_t(width),
                FinishSums<N, Finish>{finish, from, parts, std::uint32_t(width)});
}

/// The sum of n numbers, left at `to`: in double, or rounded to U.
template <class S, class T, class U>
void sum_into(S& system, std::size_t n, const T* p, U* to) {
    const long count = long(n);
    if (count <= 4096)
        return column_sums<1>(
            system, count, 1, [=] COLLAB_HD(long r, int, double* s) { s[0] += double(p[r]); },
            [=] COLLAB_HD(int, const double* s) { *to = U(s[0]); });
    // of many, neighbors in memory go to neighboring columns, which are added up afterwards
    constexpr int width = 256;
    double* const totals = system.template scratch<double>(Scratch::channels, std::size_t(width));
    column_sums<1>(
        system, (count + width - 1) / width, width,
        [=] COLLAB_HD(long r, int c, double* s) {
            if (r * width + c < count)
                s[0] += double(p[r * width + c]);
        },
        [=] COLLAB_HD(int c, const double* s) { totals[c] = s[0]; });
    column_sums<1>(
        system, width, 1, [=] COLLAB_HD(long r, int, double* s) { s[0] += totals[r]; },
        [=] COLLAB_HD(int, const double* s) { *to = U(s[0]); });
}
/// The sum of n numbers; waits for it.
template <class S, class T>
double sum(S& system, std::size_t n, const T* p) {
    double* const place = system.template scratch<double>(Scratch::total, 1);
    sum_into(system, n, p, place);
    double total = 0;
    system.download(static_cast<const double*>(place), 1, &total);
    return total;
}

}  // namespace collab::backend::device
