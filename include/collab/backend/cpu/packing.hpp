// SPDX-License-Identifier: Apache-2.0
// packing: operands put into the order in which the kernels read them: windows with a zero halo,
// weights in whole registers.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/vector.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// `count` pixels of `channels` each, `pixel` apart, to pixels of `padded` channels, the rest of
/// them zero.
template <class T>
COLLAB_NOINLINE void copy_pixels(const T* from, std::ptrdiff_t pixel, int channels, int count,
                                 T* to, int padded) {
    constexpr int L = lanes<T>;
    for (int p = 0; p < count; ++p, from += pixel, to += padded) {
        int c = 0;
        for (; c + L <= channels; c += L)
            store(to + c, load(from + c));
        for (; c < channels; ++c)
            to[c] = from[c];
        for (; c < padded; ++c)
            to[c] = T(0);
    }
}

/// Rows [top, top + rows) and columns [left, left + columns) of an image of `height` by `width`
/// pixels; some may lie outside.
struct WindowPlace {
    int height, width;
    int top, rows, left, columns;

    /// The columns inside the image, counted from `left`.
    int first() const { return std::clamp(-left, 0, columns); }
    int last() const { return std::clamp(width - left, first(), columns); }
};

/// A window of one image, its rows `to_row` apart and without gaps between pixels; what lies
/// outside the image becomes zero. `x` is the image.
template <class T>
COLLAB_NOINLINE void copy_window(View<const T> x, int channels, const WindowPlace& place, T* to,
                                 std::ptrdiff_t to_row) {
    const auto [height, width, top, rows, left, columns] = place;
    const std::ptrdiff_t pixel = x.pixel;
    const int first = place.first();
    const int last = place.last();
    for (int r = 0; r < rows; ++r, to += to_row) {
        const int h = top + r;
        if (h < 0 || h >= height) {
            std::fill_n(to, std::ptrdiff_t(columns) * channels, T(0));
            continue;
        }
        const T* from = x.data + (std::ptrdiff_t(h) * width + left + first) * pixel;
        T* at = std::fill_n(to, std::ptrdiff_t(first) * channels, T(0));
        if (pixel == channels)
            at = std::copy_n(from, std::ptrdiff_t(last - first) * channels, at);
        else {
            copy_pixels(from, pixel, channels, last - first, at, channels);
            at += std::ptrdiff_t(last - first) * channels;
        }
        std::fill_n(at, std::ptrdiff_t(columns - last) * channels, T(0));
    }
}

/// `count` pixels from `first` of the batch on, of `channels` channels, to pixels of `padded`
/// elements, the rest of them zero.
template <class T>
void load_pixels(const InputTransform<T>& l, long first, int channel, int channels, long count,
                 T* to, int padded) {
    if (l.plain())
        return copy_pixels(l.x.data + first * l.x.pixel + channel, l.x.pixel, channels, int(count),
                           to, padded);
    l.run(l, first, count, channel, channels, to, padded);
    if (padded > channels)
        for (long p = 0; p < count; ++p)
            std::fill_n(to + p * padded + channels, padded - channels, T(0));
}

/// A window of image `image` as copy_window puts it.
template <class T>
void load_window(const InputTransform<T>& l, int image, int channel, int channels,
                 const WindowPlace& place, T* to, std::ptrdiff_t to_row) {
    const auto [height, width, top, rows, left, columns] = place;
    const std::ptrdiff_t area = std::ptrdiff_t(height) * width;
    if (l.plain())
        return copy_window(
            View<const T>{l.x.data + std::ptrdiff_t(image) * area * l.x.pixel + channel, l.x.pixel},
            channels, place, to, to_row);
    const int first = place.first();
    const int last = place.last();
    for (int r = 0; r < rows; ++r, to += to_row) {
        const int h = top + r;
        if (h < 0 || h >= height) {
            std::fill_n(to, std::ptrdiff_t(columns) * channels, T(0));
            continue;
        }
        T* const at = std::fill_n(to, std::ptrdiff_t(first) * channels, T(0));
        l.run(l, image * area + std::ptrdiff_t(h) * width + left + first, last - first, channel,
              channels, at, channels);
        std::fill_n(at + std::ptrdiff_t(last - first) * channels,
                    std::ptrdiff_t(columns - last) * channels, T(0));
    }
}

/// Registers of output channels that a kernel treats at once: a block. The last block of an odd
/// number of registers has one.
inline constexpr int block_vectors = 2;

/// Output channels in blocks of whole registers. Block b begins at channel b * block_vectors *
/// lanes.
template <class T>
struct Blocks {
    int vectors;
    explicit Blocks(int channels) : vectors(ceil_div(channels, lanes<T>)) {}
    int count() const { return ceil_div(vectors, block_vectors); }
    int in_block(int b) const { return std::min(block_vectors, vectors - b * block_vectors); }
    static int channel(int b) { return b * block_vectors * lanes<T>; }
    int padded() const { return vectors * lanes<T>; }
};

/// The weights of one tap and n targets as [source][wide], zero beyond. `from`:
/// [source][all].
template <class T>
void pack_tap(const T* from, int all, int sources, int n, int wide, T* to) {
    for (int c = 0; c < sources; ++c, from += all)
        to = std::fill_n(std::copy_n(from, n, to), wide - n, T(0));
}
/// The same where `from` is [target][all], a few source channels at a time, so that the written
/// lines stay in cache.
template <class T>
void pack_transposed_tap(const T* from, int all, int sources, int n, int wide, T* to) {
    constexpr int few = 32;
    for (int c0 = 0; c0 < sources; c0 += few)
        for (int t = 0; t < wide; ++t) {
            const T* row = from + std::ptrdiff_t(t) * all;
            T* at = to + std::ptrdiff_t(c0) * wide + t;
            for (int c = 0, m = std::min(few, sources - c0); c < m; ++c)
                at[std::ptrdiff_t(c) * wide] = t < n ? row[c0 + c] : T(0);
        }
}

/// The weights of one block of one group as [sweep][tap row][tap column][source channel][block],
/// zero beyond the last channel.
template <class T>
COLLAB_NOINLINE void pack_weights(const ConvGeometry& d, const T* w, int group, int first, int wide,
                                  T* to) {
    const int in = d.g.in.channels / d.g.groups;
    const int all = d.g.out.channels;
    const int out = all / d.g.groups;
    const int sources = d.source_channels;
    const int n = std::min(wide, d.target_channels - first);
    for (int i = 0; i < d.sweeps(); ++i) {
        const Sweep s = d.sweep(i);
        for (int r = 0; r < s.rows.taps; ++r)
            for (int q = 0; q < s.columns.taps; ++q, to += std::ptrdiff_t(wide) * sources) {
                const int tap = (s.rows.kernel + r * s.rows.kernel_step) * d.g.kernel.width +
                                s.columns.kernel + q * s.columns.kernel_step;
                const T* from = w + std::ptrdiff_t(tap) * in * all + group * out;
                if (d.transposed)
                    pack_transposed_tap(from + std::ptrdiff_t(first) * all, all, sources, n, wide,
                                        to);
                else
                    pack_tap(from + first, all, sources, n, wide, to);
            }
    }
}

}  // namespace collab::backend::detail
