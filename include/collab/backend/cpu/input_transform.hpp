// SPDX-License-Identifier: Apache-2.0
// input_transform: how a kernel's source pixels come into its scratch memory: as they are, or
// formed on the way from what memory holds.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <collab/backend/cpu/activation_loops.hpp>
#include <collab/backend/cpu/align.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/fusion.hpp>
#include <collab/core/config.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// Coefficients per channel, repeated over a strip; a bump allocator over the workspace of one
/// operation.
template <class T>
class Coefficients {
public:
    /// Room for `arrays` arrays of up to `channels` channels.
    static std::size_t room(int arrays, long channels) {
        return std::size_t(arrays) * whole_lines<T>(std::size_t(std::max(strip, channels)));
    }
    explicit Coefficients(T* at) : at_(at) {}
    /// value(c) for each channel.
    template <class F>
    const T* fill(long channels, const F& value) {
        T* const to = at_;
        at_ += whole_lines<T>(std::size_t(std::max(strip, channels)));
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c)
            to[c] = value(c);
        for (long i = 1; i < fold_of(channels); ++i)
            std::copy(to, to + channels, to + i * channels);
        return to;
    }
    COLLAB_NOINLINE const T* copy(long channels, const T* values) {
        return fill(channels, [=](long c) { return values[c]; });
    }

private:
    T* at_;
};

/// A source map. `run` forms `count` pixels from pixel `first` of the batch on, of channels
/// [channel, channel + channels), `to_pixel` apart.
template <class T>
struct InputTransform {
    View<const T> x{};
    View<const T> raw{};  ///< raw: what a gradient is formed from beside x
    const T* mean = nullptr;
    const T* scale = nullptr;
    const T* offset = nullptr;
    const T* slope = nullptr;
    Activation<T> activation{};
    int all = 0;  ///< channels of the map
    void (*run)(const InputTransform&, long first, long count, int channel, int channels, T* to,
                std::ptrdiff_t to_pixel) = nullptr;

    InputTransform(View<const T> view, int channels) : x(view), all(channels) {}
    bool plain() const { return run == nullptr; }
};

template <class T>
COLLAB_NOINLINE void load_normalized(const InputTransform<T>& l, long first, long count,
                                     int channel, int channels, T* to, std::ptrdiff_t to_pixel) {
    ActivationRows<T> r{l.mean + channel, l.scale + channel, l.offset + channel};
    r.in = l.x.data + first * l.x.pixel + channel;
    r.in_step = l.x.pixel;
    r.to = to;
    r.to_step = to_pixel;
    over_strips(
        r, count, channels, channels == l.all && l.x.pixel == l.all && to_pixel == l.all,
        [&](const ActivationRows<T>& rows) { l.activation.form(l.activation.function, rows); });
}
template <class T>
COLLAB_NOINLINE void load_gradient(const InputTransform<T>& l, long first, long count, int channel,
                                   int channels, T* to, std::ptrdiff_t to_pixel) {
    const T* const g = l.x.data + first * l.x.pixel + channel;
    const T* const raw = l.raw.data + first * l.raw.pixel + channel;
    // Blocks of a few registers, of which kernels ask for many: a number known to the compiler, or
    // the loop would cost more than its work.
    const auto block = [&](auto size) {
        constexpr int n = decltype(size)::value;
        T mean[n], scale[n], offset[n], slope[n];
        std::copy_n(l.mean + channel, n, mean);
        std::copy_n(l.scale + channel, n, scale);
        std::copy_n(l.offset + channel, n, offset);
        std::copy_n(l.slope + channel, n, slope);
        const T* dz = g;
        const T* x = raw;
        for (long p = 0; p < count; ++p, dz += l.x.pixel, x += l.raw.pixel, to += to_pixel) {
            COLLAB_INDEPENDENT_FEW
            for (int i = 0; i < n; ++i)
                to[i] = dz[i] * scale[i] + ((x[i] - mean[i]) * slope[i] + offset[i]);
        }
    };
    if (channels == 32 && l.all != 32)
        return block(std::integral_constant<int, 32>{});
    if (channels == 16 && l.all != 16)
        return block(std::integral_constant<int, 16>{});
    ActivationRows<T> all{l.mean + channel, l.scale + channel, l.offset + channel};
    all.in = raw;
    all.in_step = l.raw.pixel;
    all.more = g;
    all.more_step = l.x.pixel;
    all.to = to;
    all.to_step = to_pixel;
    over_strips(
        all, count, channels,
        channels == l.all && l.x.pixel == l.all && l.raw.pixel == l.all && to_pixel == l.all,
        [slope = l.slope + channel](const ActivationRows<T>& r) COLLAB_LAMBDA_INLINE {
            each_element(r, [&](long i, const T* x, const T* dz, const T*) COLLAB_LAMBDA_INLINE {
                return dz[i] * r.scale[i] + ((x[i] - r.mean[i]) * slope[i] + r.offset[i]);
            });
        });
}

}  // namespace collab::backend::detail
