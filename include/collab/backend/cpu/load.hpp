// SPDX-License-Identifier: Apache-2.0
// load: how a kernel's source pixels come into its scratch memory: as they are, or formed on the way from what memory holds.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <collab/backend/cpu/rounding.hpp>
#include <collab/backend/cpu/threads.hpp>
#include <collab/backend/fusion.hpp>
#include <collab/core/config.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// Elements of a strip: what a pass treats at once with coefficients of its own for each. Narrow maps repeat theirs, so that the inner
/// loops are long whatever the number of channels.
inline constexpr long strip = 256;
/// Pixels in a strip of a map without gaps.
constexpr long fold_of(long channels) { return std::max(1L, strip / channels); }

/// Coefficients per channel, repeated over a strip; a bump allocator over the workspace of one operation.
template <class T>
class Coefficients {
public:
    /// Room for `arrays` arrays of up to `channels` channels.
    static std::size_t room(int arrays, long channels) { return std::size_t(arrays) * whole_lines<T>(std::size_t(std::max(strip, channels))); }
    explicit Coefficients(T* at) : at_(at) {}
    /// value(c) for each channel.
    template <class F>
    const T* fill(long channels, const F& value) {
        T* const to = at_;
        at_ += whole_lines<T>(std::size_t(std::max(strip, channels)));
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) to[c] = value(c);
        for (long i = 1; i < fold_of(channels); ++i) std::copy(to, to + channels, to + i * channels);
        return to;
    }
    COLLAB_NOINLINE const T* copy(long channels, const T* values) {
        return fill(channels, [=](long c) { return values[c]; });
    }

private:
    T* at_;
};

/// f(coefficients from, n, elements from) over `count` pixels of channels [channel, channel + channels): long runs where the map is whole and has no gaps.
/// Offsets count from the first of these pixels, in a map with `pixel` elements between pixels and in one with `to_pixel`.
template <class F>
COLLAB_INLINE void over_strips(long count, int all, int channel, int channels, std::ptrdiff_t pixel, std::ptrdiff_t to_pixel, const F& f) {
    if (channels == all && pixel == all && to_pixel == all) {
        const long width = fold_of(all) * all, n = count * all;
        for (long i = 0; i < n; i += width) f(0L, std::min(width, n - i), i, i);
    } else {
        for (long p = 0; p < count; ++p) f(long(channel), long(channels), p * pixel, p * to_pixel);
    }
}

/// A source map. `run` forms `count` pixels from pixel `first` of the batch on, of channels [channel, channel + channels), `to_pixel` apart.
template <class T>
struct Load {
    View<const T> x{}, raw{};   ///< raw: what a gradient is formed from beside x
    const T *mean = nullptr, *scale = nullptr, *offset = nullptr, *slope = nullptr;
    const void* function = nullptr;
    int all = 0;                ///< channels of the map
    void (*run)(const Load&, long first, long count, int channel, int channels, T* to, std::ptrdiff_t to_pixel) = nullptr;

    Load(View<const T> view, int channels) : x(view), all(channels) {}
    bool plain() const { return run == nullptr; }
};

template <class T, class F>
COLLAB_NOINLINE void load_normalised(const Load<T>& l, long first, long count, int channel, int channels, T* to, std::ptrdiff_t to_pixel) {
    const F f = *static_cast<const F*>(l.function);
    const T* const x = l.x.data + first * l.x.pixel + channel;
    over_strips(count, l.all, channel, channels, l.x.pixel, to_pixel, [&](long c, long n, long from, long at) {
        const T *in = x + from, *mean = l.mean + c, *scale = l.scale + c, *offset = l.offset + c;
        T* out = to + at;
        const F local = f;
        COLLAB_INDEPENDENT
        for (long i = 0; i < n; ++i) out[i] = local((in[i] - mean[i]) * scale[i] + offset[i]);
    });
}
template <class T>
COLLAB_NOINLINE void load_gradient(const Load<T>& l, long first, long count, int channel, int channels, T* to, std::ptrdiff_t to_pixel) {
    const T *const g = l.x.data + first * l.x.pixel + channel, *const raw = l.raw.data + first * l.raw.pixel + channel;
    const std::ptrdiff_t pixel = l.x.pixel == l.raw.pixel ? l.x.pixel : -1;   // two distances: pixel by pixel
    // Blocks of a few registers, of which kernels ask for many: a number known to the compiler, or the loop would cost more than its work.
    const auto block = [&](auto size) {
        constexpr int n = decltype(size)::value;
        T mean[n], scale[n], offset[n], slope[n];
        std::copy_n(l.mean + channel, n, mean), std::copy_n(l.scale + channel, n, scale), std::copy_n(l.offset + channel, n, offset), std::copy_n(l.slope + channel, n, slope);
        const T *dz = g, *x = raw;
        for (long p = 0; p < count; ++p, dz += pixel, x += pixel, to += to_pixel) {
            COLLAB_INDEPENDENT_FEW
            for (int i = 0; i < n; ++i) to[i] = dz[i] * scale[i] + ((x[i] - mean[i]) * slope[i] + offset[i]);
        }
    };
    if (pixel >= 0 && channels == 32 && l.all != 32) {
        block(std::integral_constant<int, 32>{});
    } else if (pixel >= 0 && channels == 16 && l.all != 16) {
        block(std::integral_constant<int, 16>{});
    } else if (pixel >= 0) {
        over_strips(count, l.all, channel, channels, pixel, to_pixel, [&](long c, long n, long from, long at) {
            const T *dz = g + from, *x = raw + from, *mean = l.mean + c, *scale = l.scale + c, *offset = l.offset + c, *slope = l.slope + c;
            T* out = to + at;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i) out[i] = dz[i] * scale[i] + ((x[i] - mean[i]) * slope[i] + offset[i]);
        });
    } else {
        for (long p = 0; p < count; ++p)
            for (int i = 0; i < channels; ++i) {
                const int c = channel + i;
                to[p * to_pixel + i] = g[p * l.x.pixel + i] * l.scale[c] + ((raw[p * l.raw.pixel + i] - l.mean[c]) * l.slope[c] + l.offset[c]);
            }
    }
}

}  // namespace collab::backend::detail
