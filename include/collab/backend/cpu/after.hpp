// SPDX-License-Identifier: Apache-2.0
// after: what happens to a kernel's results while they are still in cache: sums for a normalisation, a slope, an addition.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/load.hpp>

namespace collab::backend::detail {

/// Terms of a sum in T; beyond, sums are in double.
inline constexpr long most_rows = 64;

/// Adds two sums per channel over `count` pixels of channels [channel, channel + channels) to sums[c] and sums[all + c].
/// step(n, coefficients from, elements from, elements of the second view from, a, b) adds the terms of n neighbours to a[0, n) and b[0, n).
template <class T, class Step>
COLLAB_INLINE void accumulate(long count, int all, int channel, int channels, std::ptrdiff_t pixel, std::ptrdiff_t second_pixel, double* sums, const Step& step) {
    alignas(64) T a[strip], b[strip];
    const bool whole = channels == all && pixel == all && second_pixel == all && all <= strip;
    const long fold = whole ? fold_of(all) : 1, rows = count / fold, rest = count % fold * all;
    for (long c0 = 0; c0 < channels; c0 += strip) for (long first_row = 0; first_row == 0 || first_row < rows; first_row += most_rows) {
        const long wide = std::min(strip, channels - c0), width = whole ? fold * all : wide, end = std::min(rows, first_row + most_rows);
        std::fill_n(a, width, T(0)), std::fill_n(b, width, T(0));
        for (long r = first_row; r < end; ++r) step(width, channel + c0, r * fold * pixel + c0, r * fold * second_pixel + c0, a, b);
        if (rest > 0 && end == rows) step(rest, 0L, rows * fold * pixel, rows * fold * second_pixel, a, b);
        for (long j = 0; j < width; j += wide) {
            double *first = sums + channel + c0, *second = first + all;
            for (long i = 0; i < wide; ++i) first[i] += static_cast<double>(a[j + i]), second[i] += static_cast<double>(b[j + i]);
        }
    }
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

/// Adds the sums of y and of y^2. Within a call they are taken about its first pixels, or the squares would cancel where the mean is large beside the deviation.
template <class T>
COLLAB_NOINLINE void statistics_after(const After<T>& s, int part, long first, long count, int channel, int channels) {
    alignas(64) T a[strip], b[strip];
    const T* const y = s.y.data + first * s.y.pixel + channel;
    double *const total = s.of_part(part) + channel, *const squares = total + s.all;
    const bool whole = channels == s.all && s.y.pixel == s.all && s.all <= strip;
    const long fold = whole ? fold_of(s.all) : 1, rows = count / fold, rest = count % fold * s.all;
    for (long c0 = 0; c0 < channels; c0 += strip) for (long first_row = 0; first_row == 0 || first_row < rows; first_row += most_rows) {
        const long wide = std::min(strip, channels - c0), width = whole ? fold * s.all : wide, end = std::min(rows, first_row + most_rows);
        const long tail = end == rows ? rest : 0;
        const T* const about = y + c0 + first_row * fold * s.y.pixel;
        std::fill_n(a, width, T(0)), std::fill_n(b, width, T(0));
        const auto add = [&](long n, const T* row) COLLAB_LAMBDA_INLINE {
            COLLAB_INDEPENDENT
            for (long j = 0; j < n; ++j) {
                const T d = row[j] - about[j];
                a[j] += d;
                b[j] += d * d;
            }
        };
        for (long r = first_row + 1; r < end; ++r) add(width, y + c0 + r * fold * s.y.pixel);
        if (tail > 0) add(tail, y + c0 + rows * fold * s.y.pixel);
        for (long j = 0; j < width; j += wide)
            for (long i = 0; i < wide; ++i) {
                const double k = static_cast<double>(end - first_row + (j + i < tail ? 1 : 0));
                if (k == 0) continue;
                const double origin = static_cast<double>(about[j + i]), sum = static_cast<double>(a[j + i]);
                total[c0 + i] += sum + k * origin;
                squares[c0 + i] += static_cast<double>(b[j + i]) + (2 * sum + k * origin) * origin;
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
    accumulate<T>(count, s.all, channel, channels, s.y.pixel, s.other.pixel, s.of_part(part), [&](long n, long c, long at, long from, T* a, T* b) COLLAB_LAMBDA_INLINE {
        T* to = y + at;
        const T *x = raw + from, *mean = s.mean + c, *scale = s.scale + c, *offset = s.offset + c;
        const F local = f;
        COLLAB_INDEPENDENT
        for (long i = 0; i < n; ++i) {
            const T d = x[i] - mean[i], g = to[i] * local.slope(local(d * scale[i] + offset[i]));
            to[i] = g;
            a[i] += g;
            b[i] += g * d;
        }
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
    for (long p = 0; p < count; p += alike ? count : 1) {   // views of different pixels go pixel by pixel
        T* const yp = y + p * s.y.pixel;
        const T *const rp = raw + p * s.other.pixel, *const vp = value + p * s.value.pixel, *const mp = more ? more + p * s.more.pixel : nullptr;
        accumulate<T>(alike ? count : 1, s.all, channel, channels, s.y.pixel, s.y.pixel, s.of_part(part), [&](long n, long c, long at, long, T* a, T* b) COLLAB_LAMBDA_INLINE {
            const T *x = rp + at, *mean = s.mean + c, *out = vp + at;
            T* to = yp + at;
            const F local = f;
            if (mp) {
                const T* add = mp + at;
                COLLAB_INDEPENDENT
                for (long i = 0; i < n; ++i) to[i] += add[i];
            }
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i) {
                const T g = to[i] * local.slope(out[i]);
                to[i] = g;
                a[i] += g;
                b[i] += g * (x[i] - mean[i]);
            }
        });
    }
}

/// The sums of all parts, added in their order.
inline void add_parts(double* sums, int parts, int channels) {
    for (int p = 1; p < parts; ++p)
        for (int i = 0; i < 2 * channels; ++i) sums[i] += sums[std::ptrdiff_t(p) * 2 * channels + i];
}

/// From the sums of x and x^2 over `count` pixels: mean and inverse deviation, and the running statistics moved.
template <class T>
void finish_statistics(const double* sums, int channels, double count, const Statistics<T>& s) {
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
void finish_gate(const double* sums, int channels, const T* saved, T* dgamma, T* dbeta, T* out) {
    for (int c = 0; c < channels; ++c) {
        const double product = sums[channels + c] * static_cast<double>(saved[channels + c]);
        out[c] = static_cast<T>(sums[c]), out[channels + c] = static_cast<T>(product);
        dbeta[c] += static_cast<T>(sums[c]), dgamma[c] += static_cast<T>(product);
    }
}

}  // namespace collab::backend::detail
