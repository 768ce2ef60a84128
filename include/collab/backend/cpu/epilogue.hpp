// SPDX-License-Identifier: Apache-2.0
// epilogue: what happens to a kernel's results while they are still in cache: sums for a
// normalization, a slope, an addition.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstddef>

#include <collab/backend/cpu/inline_for.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/prefetch.hpp>

namespace collab::backend::detail {

/// Rows whose sums stay in T; beyond, sums are in double. Rounding takes from a sum of like terms
/// in proportion to its length, and a gradient behind a normalization is what is left when their
/// mean has been taken away: sums of 64 rows in float cost single tensors of ResNets four to eight
/// times the error of sums of 16.
inline constexpr int most_rows = 16;
/// Rows at once, their terms added in registers.
inline constexpr int rows_at_once = 4;

/// to[i] += row[i], row[i + wide], ... of `width` elements. A call for some thousand elements: not
/// worth a copy in each pass.
template <class T>
COLLAB_NOINLINE void add_columns(const T* row, long width, long wide, double* to) {
    for (long j = 0; j < width; j += wide) {
        const T* const from = row + j;
        COLLAB_INDEPENDENT
        for (long i = 0; i < wide; ++i)
            to[i] += static_cast<double>(from[i]);
    }
}

/// Sums over pixels of `wide` channels, `fold` of which make a row: of x - shift to first[0, wide),
/// of (x - shift) (y - mean) to second[0, wide).
template <class T>
struct Sums {
    const T *x, *y;
    std::ptrdiff_t x_pixel, y_pixel;
    const T *shift, *mean;  ///< of each element of a row
    long fold, wide;
    double *first, *second;
};

/// Over `count` pixels. before(before_data, row, rows, n) is called, where there is one, right
/// before rows of n elements are read.
template <class T>
COLLAB_MADE_ONCE void accumulate(const Sums<T>& s, long count,
                                 void (*before)(const void*, long row, long rows, long n) = nullptr,
                                 const void* data = nullptr) {
    alignas(64) T a[strip], b[strip];
    const long width = s.fold * s.wide;
    const long rows = count / s.fold;
    const long rest = count % s.fold * s.wide;
    const long step = s.fold * s.x_pixel;
    const long second_step = s.fold * s.y_pixel;
    const T* const shift = s.shift;
    const T* const mean = s.mean;
    const auto add = [&](auto together, long n, long r) COLLAB_LAMBDA_INLINE {
        constexpr int k_rows = decltype(together)::value;
        if (before)
            before(data, r, k_rows, n);
        const T* const from = s.x + r * step;
        const T* const other = s.y + r * second_step;
        COLLAB_INDEPENDENT
        for (long i = 0; i < n; ++i) {
            T x = 0;
            T y = 0;
            inline_loop<k_rows>([&](int k) COLLAB_LAMBDA_INLINE {
                const T d = from[k * step + i] - shift[i];
                x += d;
                y += d * (other[k * second_step + i] - mean[i]);
            });
            a[i] += x;
            b[i] += y;
        }
    };
    for (long r = 0; r == 0 || r < rows;) {
        const long end = std::min(rows, r + most_rows);
        std::fill_n(a, width, T(0));
        std::fill_n(b, width, T(0));
        for (; r + rows_at_once <= end; r += rows_at_once)
            add(Index<rows_at_once>{}, width, r);
        const long last = end + (rest > 0 && end == rows);  // behind the whole rows
        // by index: of a condition compilers make two loops, and each is large
        const long lengths[] = {width, rest};
        for (; r < last; ++r)
            add(Index<1>{}, lengths[r >= end], r);
        add_columns(a, width, s.wide, s.first);
        add_columns(b, width, s.wide, s.second);
        if (rows == 0)
            break;
    }
}

/// A gradient behind a normalization, and what it is formed of: `rows` as an Activation's gate
/// takes them, its steps the distances between pixels.
template <class T>
struct Gating {
    ActivationRows<T> rows;
    /// none: the gradient is `more` as it is, and `to` is the same or null
    typename Activation<T>::Loop gate = nullptr;
    const void* function = nullptr;
    /// what was normalized; what is added to the gradient first (`to` is then also `more`)
    View<const T> raw{};
    View<const T> plus{};
};

template <class T>
COLLAB_NOINLINE void add_strips(const ActivationRows<T>& r) {
    each_element(r, [](long i, const T* in, const T*, const T* to)
                        COLLAB_LAMBDA_INLINE { return to[i] + in[i]; });
}

/// Forms the gradient in `count` rows of n elements from row `row` on.
template <class T>
void gate_rows(const void* gating, long row, long count, long n) {
    const Gating<T>& g = *static_cast<const Gating<T>*>(gating);
    ActivationRows<T> r = g.rows;
    r.in += row * r.in_step;
    r.more += row * r.more_step;
    r.to += row * r.to_step;
    r.count = count;
    r.n = n;
    if (g.plus) {
        ActivationRows<T> added = r;
        added.in = g.plus.data + row * g.plus.pixel;
        added.in_step = g.plus.pixel;
        add_strips(added);
    }
    if (g.gate)
        g.gate(g.function, r);
}

/// Forms the gradient g for `count` pixels of `channels` channels, and adds for each channel c the
/// sums of g and of g (raw - mean) to sums[c] and sums[all + c]. A few rows at a time, so that what
/// one loop has read or written is in cache for the next.
template <class T>
COLLAB_NOINLINE void gate_and_sum(const Gating<T>& gating, long count, int all, int channels,
                                  double* sums) {
    alignas(64) static constexpr T zeros[strip] = {};
    const ActivationRows<T>& of = gating.rows;
    const std::ptrdiff_t g_pixel = of.to ? of.to_step : of.more_step;
    const bool whole = channels == all && all <= strip && gating.raw.pixel == all &&
                       of.more_step == all && g_pixel == all &&
                       (!gating.gate || of.in_step == all) &&
                       (!gating.plus || gating.plus.pixel == all);
    const long fold = whole ? fold_of(all) : 1;
    for (long c = 0; c < channels; c += strip) {
        Gating<T> now = gating;
        ActivationRows<T>& rows = now.rows;
        rows.mean += c;
        rows.in += c;
        rows.more += c;
        rows.in_step *= fold;
        rows.more_step *= fold;
        rows.to_step *= fold;
        if (of.scale) {
            rows.scale += c;
            rows.offset += c;
        }
        if (of.to)
            rows.to += c;
        if (now.plus)
            now.plus = {gating.plus.data + c, gating.plus.pixel * fold};
        const T* const g = of.to ? rows.to : rows.more;
        accumulate<T>({g, gating.raw.data + c, g_pixel, gating.raw.pixel, zeros, rows.mean, fold,
                       std::min(strip, channels - c), sums + c, sums + all + c},
                      count, now.gate || now.plus ? gate_rows<T> : nullptr, &now);
    }
}

/// Rows of numbers that each part of the work keeps: two sums of each channel. In double, sums of x
/// and x^2 would cancel where the mean is large beside the stddev, which sums of floats in double
/// have room for: there statistics are taken about the first pixel of the part, which is the third
/// row, and the fourth is how many pixels they are of.
template <class T>
inline constexpr int sum_rows = std::same_as<T, double> ? 4 : 2;

/// Results of a kernel. `run` treats `count` pixels from `first` of the batch on, of channels
/// [channel, channel + channels), on behalf of one part of the work; each part has sums of its own.
template <class T>
struct Epilogue {
    View<T> y{};
    View<const T> other{};
    View<const T> value{};
    View<const T> more{};
    const T* mean = nullptr;
    const T* scale = nullptr;
    const T* offset = nullptr;
    Activation<T> activation{};
    double* sums = nullptr;  ///< [parts][sum_rows<T>][all]
    int all = 0;
    void (*run)(const Epilogue&, int part, long first, long count, int channel,
                int channels) = nullptr;

    Epilogue(View<T> view, int channels) : y(view), all(channels) {}
    void zero_sums(CpuContext& threads, int parts) {
        const std::size_t n = std::size_t(parts) * sum_rows<T> * std::size_t(all);
        sums = threads.shared<double>(n, CpuContext::sums);
        std::fill_n(sums, n, 0.0);
    }
    double* of_part(int part) const { return sums + std::ptrdiff_t(part) * sum_rows<T> * all; }
};

/// What a backward sweep over pixels will read beside the gradient: x, and what `after` takes, each
/// map once.
template <class T>
void fetch_beside(Prefetcher& ahead, const InputTransform<T>& x, const Epilogue<T>& after,
                  long first, long count) {
    ahead.add(x.x, first, count);
    if (after.other.data != x.x.data)
        ahead.add(after.other, first, count);
    if (after.value.data != x.x.data)
        ahead.add(after.value, first, count);
    ahead.add(after.more, first, count);
}

/// Adds the sums of y and of y^2. Within a call they are taken about its first pixel, or the
/// squares would cancel where the mean is large beside the stddev.
template <class T>
COLLAB_NOINLINE void statistics_after(const Epilogue<T>& s, int part, long first, long count,
                                      int channel, int channels) {
    const T* const all = s.y.data + first * s.y.pixel + channel;
    const bool whole = channels == s.all && s.y.pixel == s.all && s.all <= strip;
    const long fold = whole ? fold_of(s.all) : 1;
    for (long c0 = 0; c0 < channels; c0 += strip) {
        const T* const y = all + c0;
        const long wide = std::min(strip, channels - c0);
        alignas(64) T about[strip];
        for (long i = 0; i < fold; ++i)
            std::copy_n(y, wide, about + i * wide);
        double sums[strip] = {};
        double squares[strip] = {};
        accumulate<T>({y, y, s.y.pixel, s.y.pixel, about, about, fold, wide, sums, squares}, count);
        double* const total = s.of_part(part) + channel + c0;
        double* const total_squares = total + s.all;
        const double k = static_cast<double>(count);
        for (long i = 0; i < wide; ++i) {
            double origin = static_cast<double>(about[i]);
            if constexpr (sum_rows<T> == 4) {
                double& first_seen = total[2 * s.all + i];
                double& seen = total[3 * s.all + i];
                if (seen == 0)
                    first_seen = origin;
                origin -= first_seen;
                seen += k;
            }
            total[i] += sums[i] + k * origin;
            total_squares[i] += squares[i] + (2 * sums[i] + k * origin) * origin;
        }
    }
}

/// The pixels that `run` is called for, with coefficients where there are any; `in` is the result
/// as the kernel left it.
template <class T>
ActivationRows<T> strips_of(const Epilogue<T>& s, long first, int channel) {
    ActivationRows<T> r;
    if (s.mean)
        r.mean = s.mean + channel;
    if (s.scale) {
        r.scale = s.scale + channel;
        r.offset = s.offset + channel;
    }
    r.to = s.y.data + first * s.y.pixel + channel;
    r.to_step = s.y.pixel;
    r.in = r.to;
    r.in_step = r.to_step;
    return r;
}
template <class T>
View<const T> at(const View<const T>& map, long first, int channel) {
    return map ? View<const T>{map.data + first * map.pixel + channel, map.pixel} : map;
}

/// y += more.
template <class T>
COLLAB_NOINLINE void plus_after(const Epilogue<T>& s, int, long first, long count, int channel,
                                int channels) {
    ActivationRows<T> r = strips_of(s, first, channel);
    r.in = at(s.more, first, channel).data;
    r.in_step = s.more.pixel;
    over_strips(r, count, channels,
                channels == s.all && s.y.pixel == s.all && s.more.pixel == s.all,
                [](const ActivationRows<T>& rows) { add_strips(rows); });
}

/// y = f(normalized y + more).
template <class T>
COLLAB_NOINLINE void finish_after(const Epilogue<T>& s, int, long first, long count, int channel,
                                  int channels) {
    ActivationRows<T> r = strips_of(s, first, channel);
    if (s.more) {
        r.more = at(s.more, first, channel).data;
        r.more_step = s.more.pixel;
    }
    const auto loop = s.more ? s.activation.form_sum : s.activation.form;
    over_strips(r, count, channels,
                channels == s.all && s.y.pixel == s.all && (!s.more || s.more.pixel == s.all),
                [&](const ActivationRows<T>& rows) { loop(s.activation.function, rows); });
}

/// y *= the slope of f at the normalized `other`, and its sums: those of a NormalizedGradient, but
/// for the inverse stddev.
template <class T>
COLLAB_NOINLINE void gate_after(const Epilogue<T>& s, int part, long first, long count, int channel,
                                int channels) {
    Gating<T> gating{strips_of(s, first, channel), s.activation.gate, s.activation.function,
                     at(s.other, first, channel)};
    gating.rows.more = gating.rows.to;
    gating.rows.more_step = gating.rows.to_step;
    gating.rows.in = gating.raw.data;
    gating.rows.in_step = gating.raw.pixel;
    gate_and_sum(gating, count, s.all, channels, s.of_part(part) + channel);
}

/// y = (y + more) times the slope of f at the stored `value`, and the sums of gate_after with
/// `other`.
template <class T>
COLLAB_NOINLINE void output_gate_after(const Epilogue<T>& s, int part, long first, long count,
                                       int channel, int channels) {
    Gating<T> gating{strips_of(s, first, channel), s.activation.gate_value, s.activation.function,
                     at(s.other, first, channel), at(s.more, first, channel)};
    gating.rows.more = gating.rows.to;
    gating.rows.more_step = gating.rows.to_step;
    gating.rows.in = at(s.value, first, channel).data;
    gating.rows.in_step = s.value.pixel;
    gate_and_sum(gating, count, s.all, channels, s.of_part(part) + channel);
}

/// The sums of all parts, added in their order; `rows` of them in each part.
COLLAB_NOINLINE inline void add_parts(double* sums, int parts, int channels, int rows) {
    for (int p = 1; p < parts; ++p)
        COLLAB_INDEPENDENT
    for (int i = 0; i < 2 * channels; ++i)
        sums[i] += sums[std::ptrdiff_t(p) * rows * channels + i];
}
/// The same of statistics, each about the first pixel of its part.
COLLAB_NOINLINE inline void add_parts_about_pixels(double* sums, int parts, int channels) {
    for (int p = 1; p < parts; ++p)
        for (int c = 0; c < channels; ++c) {
            double* const to = sums + c;
            const double* const from = to + std::ptrdiff_t(p) * 4 * channels;
            const double pixels = from[3 * channels];
            if (pixels == 0)
                continue;
            if (to[3 * channels] == 0)
                to[2 * channels] = from[2 * channels];
            const double away = from[2 * channels] - to[2 * channels];
            to[channels] += from[channels] + (2 * from[0] + pixels * away) * away;
            to[0] += from[0] + pixels * away;
            to[3 * channels] += pixels;
        }
}
template <class T>
void add_statistics(double* sums, int parts, int channels) {
    if constexpr (sum_rows<T> == 4)
        add_parts_about_pixels(sums, parts, channels);
    else
        add_parts(sums, parts, channels, 2);
}

/// From the sums of x and x^2 over `count` pixels: mean and inverse stddev, and the running
/// statistics moved.
template <class T>
COLLAB_NOINLINE void finish_statistics(const double* sums, int channels, double count,
                                       const Statistics<T>& s) {
    const double unbiased = count / std::max(count - 1, 1.0);
    for (int c = 0; c < channels; ++c) {
        const double distance = sums[c] / count;
        double mean = distance;
        if constexpr (sum_rows<T> == 4)
            mean += sums[2 * channels + c];
        // a NaN stays
        const double raw = sums[channels + c] / count - distance * distance;
        const double variance = raw < 0 ? 0 : raw;
        s.saved[c] = static_cast<T>(mean);
        s.saved[channels + c] = static_cast<T>(1 / std::sqrt(variance + s.constants.epsilon));
        s.running_mean[c] +=
            static_cast<T>(s.constants.momentum * (mean - static_cast<double>(s.running_mean[c])));
        s.running_variance[c] +=
            static_cast<T>(s.constants.momentum *
                           (variance * unbiased - static_cast<double>(s.running_variance[c])));
    }
}

/// From the sums of g and g (x - mean): those of a NormalizedGradient, added to dbeta and dgamma.
template <class T>
COLLAB_NOINLINE void finish_gate(const double* sums, int channels, const T* saved, T* dgamma,
                                 T* dbeta, T* out) {
    COLLAB_INDEPENDENT
    for (int c = 0; c < channels; ++c) {
        const double product = sums[channels + c] * static_cast<double>(saved[channels + c]);
        out[c] = static_cast<T>(sums[c]);
        out[channels + c] = static_cast<T>(product);
        dbeta[c] += static_cast<T>(sums[c]);
        dgamma[c] += static_cast<T>(product);
    }
}

}  // namespace collab::backend::detail
