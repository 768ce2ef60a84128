// SPDX-License-Identifier: Apache-2.0
// normalization: batch normalization with its activation on the CPU, one pass for the sums and one
// for the values.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

#include <collab/backend/cpu/partition.hpp>
#include <collab/backend/operands.hpp>
#include <collab/core/config.hpp>

namespace collab::backend {

namespace detail {

/// A map as rows of `width` neighboring elements. Narrow maps without gaps put several pixels into
/// a row, so that the inner loops are long whatever the number of channels; the pixels that fill no
/// row are `rest`.
struct Rows {
    long channels;
    long pixels;
    long fold = 1;
    long count;
    long rest;
    template <class... U>
    explicit Rows(const Map& map, const View<U>&... v)
        : channels(map.dims.channels),
          pixels(map.pixels()) {
        if (((v.pixel == channels) && ...))
            fold = std::max(1L, 256 / channels);
        count = pixels / fold;
        rest = pixels % fold;
    }
    long width() const { return fold * channels; }
    /// Pieces of rows; the last one also has the rest. At most 64, since each has sums of its own.
    Partition cut(long most) const { return Partition(std::max(count, 1L), grain / width(), most); }
};

/// What a batch normalization keeps while it runs: two sums per channel, and four numbers for each
/// element of a row.
template <class T>
struct NormalizationSpace {
    static constexpr long most_pieces = 64;
    double *sums, *parts;
    T *mean, *scale, *offset, *slope;
    NormalizationSpace(CpuContext& threads, const Rows& rows) {
        const std::size_t two = static_cast<std::size_t>(2 * rows.channels);
        const std::size_t width = static_cast<std::size_t>(rows.width());
        ScratchLayout carve(threads.shared<std::byte>(
            ScratchLayout::bytes<double>(two) + ScratchLayout::bytes<double>(two * most_pieces) +
            4 * ScratchLayout::bytes<T>(width)));
        sums = carve.take<double>(two);
        parts = carve.take<double>(two * most_pieces);
        mean = carve.take<T>(width);
        scale = carve.take<T>(width);
        offset = carve.take<T>(width);
        slope = carve.take<T>(width);
    }
};

/// Copies a row's first pixel to the others.
template <class T>
void repeat_pixel(const Rows& rows, T* row) {
    for (long i = 1; i < rows.fold; ++i)
        std::copy(row, row + rows.channels, row + i * rows.channels);
}

/// Two sums per channel, into space.sums. block(n, width, total, room, views...) takes n <= 64 rows
/// of `width` elements, of which each view gives the first and the distance to the next; it adds to
/// total[0, width) and total[width, 2 width) and may use room[0, 2 width). Sums of a block may be
/// in T, beyond that they are in double.
template <class T, class Block, class... U>
COLLAB_COLD void channel_sums(CpuContext& threads, const Rows& rows,
                              const NormalizationSpace<T>& space, const Block& block,
                              View<U>... v) {
    const long width = rows.width();
    const long two = 2 * rows.channels;
    const Partition cut = rows.cut(space.most_pieces);
    threads.run(cut.count, [&](int piece) {
        const std::size_t wide = static_cast<std::size_t>(2 * width);
        ScratchLayout carve(threads.scratch<std::byte>(ScratchLayout::bytes<double>(wide) +
                                                       ScratchLayout::bytes<T>(wide)));
        double* total = carve.take<double>(wide);
        double* part = space.parts + piece * two;
        T* room = carve.take<T>(wide);
        std::fill(total, total + wide, 0.0);
        for (long r = cut.begin(piece), end = std::min(cut.end(piece), rows.count); r < end;
             r += 64)
            block(std::min(64L, end - r), width, total, room,
                  View<U>{v.data + r * rows.fold * v.pixel, rows.fold * v.pixel}...);
        std::fill(part, part + two, 0.0);
        // the pixels of a row, for the first sum and then for the second
        for (long i = 0; i < 2 * rows.fold; ++i) {
            double* to = part + i / rows.fold * rows.channels;
            for (long c = 0; c < rows.channels; ++c)
                to[c] += total[i * rows.channels + c];
        }
        if (piece + 1 == cut.count)
            for (long p = rows.pixels - rows.rest; p < rows.pixels; p += 64)
                block(std::min(64L, rows.pixels - p), rows.channels, part, room,
                      View<U>{v.data + p * v.pixel, v.pixel}...);
    });
    std::fill(space.sums, space.sums + two, 0.0);
    for (int piece = 0; piece < cut.count; ++piece)
        for (long i = 0; i < two; ++i)
            space.sums[i] += space.parts[piece * two + i];
}

/// f(n, pointers...) for each row, n being its width, and for the rest of the last one.
template <class F, class... U>
COLLAB_COLD void over_rows(CpuContext& threads, const Rows& rows, const F& f, View<U>... v) {
    const Partition cut = rows.cut(4096);
    threads.run(cut.count, [&](int piece) {
        for (long r = cut.begin(piece), end = std::min(cut.end(piece), rows.count); r < end; ++r)
            f(rows.width(), v.data + r * rows.fold * v.pixel...);
        if (piece + 1 == cut.count && rows.rest > 0)
            f(rows.rest * rows.channels, v.data + rows.count * rows.fold * v.pixel...);
    });
}

/// y = f((x - mean) scale + offset).
template <class T, class F>
COLLAB_COLD void normalize(CpuContext& threads, const Rows& rows,
                           const NormalizationSpace<T>& space, F f, View<const T> x, View<T> y) {
    repeat_pixel(rows, space.mean);
    repeat_pixel(rows, space.scale);
    repeat_pixel(rows, space.offset);
    over_rows(
        threads, rows,
        [f, mean = space.mean, scale = space.scale, offset = space.offset](long n, const T* in,
                                                                           T* out) {
            const F local = f;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i)
                out[i] = local((in[i] - mean[i]) * scale[i] + offset[i]);
        },
        x, y);
}

}  // namespace detail

/// Training: y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta) with the batch's own
/// statistics, which are left in `saved` (means, then inverse stddevs) and move the running
/// ones.
template <class T, class F>
COLLAB_COLD void batch_norm(CpuContext& threads, const Map& map, F f, View<const T> x,
                            const Affine<T>& affine, const Statistics<T>& statistics, View<T> y) {
    const detail::Rows rows(map, x, y);
    const detail::NormalizationSpace<T> space(threads, rows);
    // Sums of x and x^2 would cancel where the mean is large beside the stddev. In a block they
    // are taken about its first row, beyond it in double about the first pixel of the map.
    std::copy(x.data, x.data + rows.channels, space.mean);
    repeat_pixel(rows, space.mean);
    detail::channel_sums(
        threads, rows, space,
        [origin = space.mean](long count, long width, double* total, T* a, View<const T> in) {
            T* b = a + width;
            std::fill(a, a + 2 * width, T(0));
            for (long r = 1; r < count; ++r) {
                const T* row = in.data + r * in.pixel;
                COLLAB_INDEPENDENT
                for (long j = 0; j < width; ++j) {
                    const T d = row[j] - in.data[j];
                    a[j] += d;
                    b[j] += d * d;
                }
            }
            const double k = static_cast<double>(count);
            COLLAB_INDEPENDENT
            for (long j = 0; j < width; ++j) {
                const double s = static_cast<double>(in.data[j]) - static_cast<double>(origin[j]);
                const double first = static_cast<double>(a[j]);
                total[j] += first + k * s;
                total[width + j] += static_cast<double>(b[j]) + (2 * first + k * s) * s;
            }
        },
        x);
    const auto& [n, running_mean, running_variance, saved] = statistics;
    const double pixels = static_cast<double>(rows.pixels);
    const double unbiased = pixels / std::max(pixels - 1, 1.0);
    for (long c = 0; c < rows.channels; ++c) {
        const double distance = space.sums[c] / pixels;
        const double mean = static_cast<double>(space.mean[c]) + distance;
        // a NaN stays
        const double raw = space.sums[rows.channels + c] / pixels - distance * distance;
        const double variance = raw < 0 ? 0 : raw;
        const double inverse = 1 / std::sqrt(variance + n.epsilon);
        const double scale = static_cast<double>(affine.gamma[c]) * inverse;
        saved[c] = static_cast<T>(mean);
        saved[rows.channels + c] = static_cast<T>(inverse);
        running_mean[c] +=
            static_cast<T>(n.momentum * (mean - static_cast<double>(running_mean[c])));
        running_variance[c] += static_cast<T>(
            n.momentum * (variance * unbiased - static_cast<double>(running_variance[c])));
        space.mean[c] = saved[c];
        space.scale[c] = static_cast<T>(scale);
        // what rounding took from the mean
        space.offset[c] = static_cast<T>(static_cast<double>(affine.beta[c]) +
                                         (static_cast<double>(saved[c]) - mean) * scale);
    }
    detail::normalize(threads, rows, space, f, x, y);
}

/// y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta) with given statistics; y may be x.
template <class T, class F>
COLLAB_COLD void batch_norm_inference(CpuContext& threads, const Map& map, F f, View<const T> x,
                                      const Affine<T>& affine,
                                      const PopulationStatistics<T>& statistics, View<T> y) {
    const detail::Rows rows(map, x, y);
    const detail::NormalizationSpace<T> space(threads, rows);
    for (long c = 0; c < rows.channels; ++c) {
        space.mean[c] = statistics.mean[c];
        space.scale[c] = static_cast<T>(
            static_cast<double>(affine.gamma[c]) /
            std::sqrt(static_cast<double>(statistics.variance[c]) + statistics.epsilon));
        space.offset[c] = affine.beta[c];
    }
    detail::normalize(threads, rows, space, f, x, y);
}

namespace detail {
/// The sums of dz = dy f'(y) and of dz (x - mean), of each channel.
template <class T, class F>
COLLAB_COLD void gradient_sums(CpuContext& threads, const Rows& rows,
                               const NormalizationSpace<T>& space, F f,
                               const NormalizationBackward<T>& backward) {
    channel_sums(
        threads, rows, space,
        [f, mean = space.mean](long count, long width, double* total, T* a, View<const T> in,
                               View<const T> out, View<const T> grad) {
            const F local = f;
            T* b = a + width;
            std::fill(a, a + 2 * width, T(0));
            for (long r = 0; r < count; ++r) {
                const T* xr = in.data + r * in.pixel;
                const T* yr = out.data + r * out.pixel;
                const T* gr = grad.data + r * grad.pixel;
                COLLAB_INDEPENDENT
                for (long j = 0; j < width; ++j) {
                    const T dz = gr[j] * local.slope(yr[j]);
                    a[j] += dz;
                    b[j] += dz * (xr[j] - mean[j]);
                }
            }
            COLLAB_INDEPENDENT
            for (long j = 0; j < width; ++j) {
                total[j] += static_cast<double>(a[j]);
                total[width + j] += static_cast<double>(b[j]);
            }
        },
        backward.x, backward.y, backward.dy);
}
/// With z the normalized x and N pixels: dx = gamma inverse (dz - (sum dz) / N - z (sum dz z) /
/// N) = scale dz + slope (x - mean) + offset.
template <class T, class F>
COLLAB_COLD void gradient_through(CpuContext& threads, const Rows& rows,
                                  const NormalizationSpace<T>& space, F f,
                                  const NormalizationBackward<T>& backward, View<T> dx) {
    repeat_pixel(rows, space.scale);
    repeat_pixel(rows, space.slope);
    repeat_pixel(rows, space.offset);
    over_rows(
        threads, rows,
        [f, space](long n, const T* in, const T* out, const T* grad, T* to) {
            const F local = f;
            const T* mean = space.mean;
            const T* scale = space.scale;
            const T* slope = space.slope;
            const T* offset = space.offset;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i)
                to[i] = grad[i] * local.slope(out[i]) * scale[i] +
                        ((in[i] - mean[i]) * slope[i] + offset[i]);
        },
        backward.x, backward.y, backward.dy, dx);
}
}  // namespace detail

/// Of the training form: adds to dgamma and dbeta; dx may be dy.
template <class T, class F>
COLLAB_COLD void batch_norm_backward(CpuContext& threads, const Map& map, F f,
                                     const NormalizationBackward<T>& backward, const T* gamma,
                                     View<T> dx) {
    const T* const saved = backward.saved;
    const detail::Rows rows(map, backward.x, backward.y, backward.dy, dx);
    const detail::NormalizationSpace<T> space(threads, rows);
    std::copy(saved, saved + rows.channels, space.mean);
    repeat_pixel(rows, space.mean);
    detail::gradient_sums(threads, rows, space, f, backward);
    const double pixels = static_cast<double>(rows.pixels);
    for (long c = 0; c < rows.channels; ++c) {
        const double inverse = static_cast<double>(saved[rows.channels + c]);
        const double scale = static_cast<double>(gamma[c]) * inverse;
        const double sum_dz = space.sums[c];
        const double sum_dz_z = space.sums[rows.channels + c] * inverse;
        backward.dgamma[c] += static_cast<T>(sum_dz_z);
        backward.dbeta[c] += static_cast<T>(sum_dz);
        space.scale[c] = static_cast<T>(scale);
        space.slope[c] = static_cast<T>(-scale * inverse * sum_dz_z / pixels);
        space.offset[c] = static_cast<T>(-scale * sum_dz / pixels);
    }
    detail::gradient_through(threads, rows, space, f, backward, dx);
}

}  // namespace collab::backend
