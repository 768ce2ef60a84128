// SPDX-License-Identifier: Apache-2.0
// after: what happens to a kernel's results while they are still in cache: sums for a normalisation, a slope, an addition.
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <collab/backend/cpu/load.hpp>
#include <collab/backend/cpu/repeat.hpp>

namespace collab::backend::detail {

/// Rows whose sums stay in T; beyond, sums are in double. Rounding takes from a sum of like terms in proportion to its length, and a gradient behind a
/// normalisation is what is left when their mean has been taken away: sums of 64 rows in float cost single tensors of ResNets four to eight times
/// the error of sums of 16.
inline constexpr int most_rows = 16;
/// Rows at once, their terms added in registers: of what is in cache, and of what comes from memory, where four rows of several maps would be too many streams.
inline constexpr int rows_from_cache = 4, rows_from_memory = 2;

/// to[i] += row[i], row[i + wide], ... of `width` elements. A call for some thousand elements: not worth a copy in each pass.
template <class T>
COLLAB_NOINLINE void add_columns(const T* row, long width, long wide, double* to) {
    constexpr int together = 8;
    long i = 0;
    for (; i + together <= wide; i += together) {
        double sum[together];
        for (int k = 0; k < together; ++k) sum[k] = to[i + k];
        for (long j = i; j < width; j += wide)
            for (int k = 0; k < together; ++k) sum[k] += static_cast<double>(row[j + k]);
        for (int k = 0; k < together; ++k) to[i + k] = sum[k];
    }
    for (; i < wide; ++i)
        for (long j = i; j < width; j += wide) to[i] += static_cast<double>(row[j]);
}

/// Adds two sums for each of `wide` channels over `count` pixels, `fold` of which make a row, to first[0, wide) and second[0, wide). term(c, at, from, a, b) adds the terms
/// of the element with coefficient c, which lies `at` elements on in a map of `pixel` elements per pixel and `from` in one of `second_pixel`.
template <class T, int Together = rows_from_cache, class Term>
COLLAB_INLINE void accumulate_strip(long count, long fold, long wide, std::ptrdiff_t pixel, std::ptrdiff_t second_pixel, double* first, double* second, const Term& term) {
    alignas(64) T a[strip], b[strip];
    const long width = fold * wide, rows = count / fold, rest = count % fold * wide, step = fold * pixel, second_step = fold * second_pixel;
    const auto add = [&](auto together, long n, long r) COLLAB_LAMBDA_INLINE {
        const long at = r * step, from = r * second_step;
        const Term local = term;
        COLLAB_INDEPENDENT
        for (long i = 0; i < n; ++i) {
            T x = 0, y = 0;
            times<decltype(together)::value>([&](int k) COLLAB_LAMBDA_INLINE { local(i, at + k * step + i, from + k * second_step + i, x, y); });
            a[i] += x;
            b[i] += y;
        }
    };
    for (long r = 0; r == 0 || r < rows;) {
        const long end = std::min(rows, r + most_rows);
        std::fill_n(a, width, T(0)), std::fill_n(b, width, T(0));
        for (; r + Together <= end; r += Together) add(Index<Together>{}, width, r);
        const long last = end + (rest > 0 && end == rows);   // behind the whole rows
        const long lengths[] = {width, rest};   // by index: of a condition compilers make two loops, and each is large
        for (; r < last; ++r) add(Index<1>{}, lengths[r >= end], r);
        add_columns(a, width, wide, first), add_columns(b, width, wide, second);
        if (rows == 0) break;
    }
}

/// Adds two sums per channel over `count` pixels of channels [channel, channel + channels) to sums[c] and sums[all + c]: terms as for accumulate_strip,
/// with coefficients of all channels.
template <class T, int Together = rows_from_cache, class Term>
COLLAB_INLINE void accumulate(long count, int all, int channel, int channels, std::ptrdiff_t pixel, std::ptrdiff_t second_pixel, double* sums, const Term& term) {
    const bool whole = channels == all && pixel == all && second_pixel == all && all <= strip;
    for (long c0 = 0; c0 < channels; c0 += strip)
        accumulate_strip<T, Together>(count, whole ? fold_of(all) : 1, std::min(strip, channels - c0), pixel, second_pixel, sums + channel + c0, sums + all + channel + c0,
                            [&term, c0, c = channel + c0](long i, long at, long from, T& a, T& b) COLLAB_LAMBDA_INLINE { term(c + i, c0 + at, c0 + from, a, b); });
}

/// Results of a kernel. `run` treats `count` pixels from `first` of the batch on, of channels [channel, channel + channels), on behalf of one part of the
/// work; each part has sums of its own.
template <class T>
struct After {
    View<T> y{};
    View<const T> other{}, value{}, more{};
    const T *mean = nullptr, *scale = nullptr, *offset = nullptr;
    const void* function = nullptr;
    double* sums = nullptr;   ///< [parts][2][all]
    int all = 0;
    void (*run)(const After&, int part, long first, long count, int channel, int channels) = nullptr;

    After(View<T> view, int channels) : y(view), all(channels) {}
    void zero_sums(Threads& threads, int parts) {
        const std::size_t n = std::size_t(parts) * 2 * std::size_t(all);
        sums = threads.shared<double>(n, Threads::sums);
        std::fill_n(sums, n, 0.0);
    }
    double* of_part(int part) const { return sums + std::ptrdiff_t(part) * 2 * all; }
};

/// Adds the sums of y and of y^2. Within a call they are taken about its first pixel, or the squares would cancel where the mean is large beside the deviation.
template <class T>
COLLAB_NOINLINE void statistics_after(const After<T>& s, int part, long first, long count, int channel, int channels) {
    const T* const all = s.y.data + first * s.y.pixel + channel;
    const bool whole = channels == s.all && s.y.pixel == s.all && s.all <= strip;
    const long fold = whole ? fold_of(s.all) : 1;
    for (long c0 = 0; c0 < channels; c0 += strip) {
        const T* const y = all + c0;
        const long wide = std::min(strip, channels - c0);
        alignas(64) T about[strip];
        for (long i = 0; i < fold; ++i) std::copy_n(y, wide, about + i * wide);
        double sums[strip] = {}, squares[strip] = {};
        accumulate_strip<T>(count, fold, wide, s.y.pixel, s.y.pixel, sums, squares, [y, origin = &about[0]](long i, long at, long, T& a, T& b) COLLAB_LAMBDA_INLINE {
            const T d = y[at] - origin[i];
            a += d;
            b += d * d;
        });
        double *const total = s.of_part(part) + channel + c0, *const total_squares = total + s.all;
        const double k = static_cast<double>(count);
        for (long i = 0; i < wide; ++i) {
            const double origin = static_cast<double>(about[i]);
            total[i] += sums[i] + k * origin;
            total_squares[i] += squares[i] + (2 * sums[i] + k * origin) * origin;
        }
    }
}

/// y += more.
template <class T>
COLLAB_NOINLINE void plus_after(const After<T>& s, int, long first, long count, int channel, int channels) {
    T* const y = s.y.data + first * s.y.pixel + channel;
    const T* const more = s.more.data + first * s.more.pixel + channel;
    over_strips(count, s.all, channel, channels, s.y.pixel, s.more.pixel, [&](long, long n, long at, long from) {
        T* to = y + at;
        const T* in = more + from;
        COLLAB_INDEPENDENT
        for (long i = 0; i < n; ++i) to[i] += in[i];
    });
}

/// y *= the slope of f at the normalised `other`, and its sums: those of a NormalisedGradient, but for the inverse deviation.
template <class T, class F>
COLLAB_NOINLINE void gate_after(const After<T>& s, int part, long first, long count, int channel, int channels) {
    const F f = *static_cast<const F*>(s.function);
    T* const y = s.y.data + first * s.y.pixel + channel;
    const T* const raw = s.other.data + first * s.other.pixel + channel;
    const T *const mean = s.mean, *const scale = s.scale, *const offset = s.offset;
    accumulate<T>(count, s.all, channel, channels, s.y.pixel, s.other.pixel, s.of_part(part), [=](long c, long at, long from, T& a, T& b) COLLAB_LAMBDA_INLINE {
        const T d = raw[from] - mean[c], g = y[at] * f.slope(f(d * scale[c] + offset[c]));
        y[at] = g;
        a += g;
        b += g * d;
    });
}

/// y = (y + more) times the slope of f at the stored `value`, and the sums of gate_after with `other`.
template <class T, class F>
COLLAB_NOINLINE void output_gate_after(const After<T>& s, int part, long first, long count, int channel, int channels) {
    const F f = *static_cast<const F*>(s.function);
    T* const y = s.y.data + first * s.y.pixel + channel;
    const T *const raw = s.other.data + first * s.other.pixel + channel, *const value = s.value.data + first * s.value.pixel + channel;
    const T* const more = s.more ? s.more.data + first * s.more.pixel + channel : nullptr;
    const bool alike = s.value.pixel == s.y.pixel && s.other.pixel == s.y.pixel && (!more || s.more.pixel == s.y.pixel);
    const T* const mean = s.mean;
    for (long p = 0; p < count; p += alike ? count : 1) {   // views of different pixels go pixel by pixel
        T* const to = y + p * s.y.pixel;
        const T *const x = raw + p * s.other.pixel, *const out = value + p * s.value.pixel, *const add = more ? more + p * s.more.pixel : nullptr;
        const auto pass = [&](auto with_more) COLLAB_LAMBDA_INLINE {
            accumulate<T>(alike ? count : 1, s.all, channel, channels, s.y.pixel, s.y.pixel, s.of_part(part), [=](long c, long at, long, T& a, T& b) COLLAB_LAMBDA_INLINE {
                T g = to[at];
                if constexpr (decltype(with_more)::value) g += add[at];
                g *= f.slope(out[at]);
                to[at] = g;
                a += g;
                b += g * (x[at] - mean[c]);
            });
        };
        if (add) pass(std::true_type{});
        else pass(std::false_type{});
    }
}

/// The sums of all parts, added in their order.
COLLAB_NOINLINE inline void add_parts(double* sums, int parts, int channels) {
    for (int p = 1; p < parts; ++p)
        COLLAB_INDEPENDENT
        for (int i = 0; i < 2 * channels; ++i) sums[i] += sums[std::ptrdiff_t(p) * 2 * channels + i];
}

/// From the sums of x and x^2 over `count` pixels: mean and inverse deviation, and the running statistics moved.
template <class T>
COLLAB_NOINLINE void finish_statistics(const double* sums, int channels, double count, const Statistics<T>& s) {
    const double unbiased = count / std::max(count - 1, 1.0);
    for (int c = 0; c < channels; ++c) {
        const double mean = sums[c] / count, raw = sums[channels + c] / count - mean * mean, variance = raw < 0 ? 0 : raw;   // a NaN stays
        s.saved[c] = static_cast<T>(mean);
        s.saved[channels + c] = static_cast<T>(1 / std::sqrt(variance + s.constants.epsilon));
        s.running_mean[c] += static_cast<T>(s.constants.momentum * (mean - static_cast<double>(s.running_mean[c])));
        s.running_variance[c] += static_cast<T>(s.constants.momentum * (variance * unbiased - static_cast<double>(s.running_variance[c])));
    }
}

/// From the sums of g and g (x - mean): those of a NormalisedGradient, added to dbeta and dgamma.
template <class T>
COLLAB_NOINLINE void finish_gate(const double* sums, int channels, const T* saved, T* dgamma, T* dbeta, T* out) {
    COLLAB_INDEPENDENT
    for (int c = 0; c < channels; ++c) {
        const double product = sums[channels + c] * static_cast<double>(saved[channels + c]);
        out[c] = static_cast<T>(sums[c]), out[channels + c] = static_cast<T>(product);
        dbeta[c] += static_cast<T>(sums[c]), dgamma[c] += static_cast<T>(product);
    }
}

}  // namespace collab::backend::detail
