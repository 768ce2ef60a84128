// SPDX-License-Identifier: Apache-2.0
// channels: operations that move or compare channels on the CPU.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/choose.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/core/config.hpp>

namespace collab::backend {

namespace detail {
/// f(p) for each pixel p of the map; `channels` is the most that one pixel touches.
template <class F>
COLLAB_COLD void over_pixels(CpuContext& threads, const Map& map, long channels, const F& f) {
    const Partition cut(map.pixels(), grain / channels);
    threads.run(cut.count, [&](int piece) {
        for (long p = cut.begin(piece); p < cut.end(piece); ++p)
            f(p);
    });
}
}  // namespace detail

/// Channel g * each + c of x becomes channel c * groups + g of y, where each = channels / groups.
template <class T>
COLLAB_COLD void shuffle_channels(CpuContext& threads, const Map& map, int groups, View<const T> x,
                                  View<T> y) {
    const int each = map.dims.channels / groups;
    detail::over_pixels(threads, map, map.dims.channels, [=](long p) {
        const T* from = x.data + p * x.pixel;
        T* to = y.data + p * y.pixel;
        if (groups == 2) {  // what ShuffleNet asks for, as one interleaving loop
            COLLAB_INDEPENDENT
            for (int c = 0; c < each; ++c) {
                to[2 * c] = from[c];
                to[2 * c + 1] = from[each + c];
            }
        } else if (each == 2) {  // and its backward pass
            COLLAB_INDEPENDENT
            for (int g = 0; g < groups; ++g) {
                to[g] = from[2 * g];
                to[groups + g] = from[2 * g + 1];
            }
        } else {
            for (int g = 0; g < groups; ++g)
                for (int c = 0; c < each; ++c)
                    to[c * groups + g] = from[g * each + c];
        }
    });
}

/// y = x between zeros: its `channels` channels after the first (map.dims.channels - channels) / 2
/// of y.
template <class T>
COLLAB_COLD void pad_channels(CpuContext& threads, const Map& map, int channels, View<const T> x,
                              View<T> y) {
    const int all = map.dims.channels;
    const int before = (all - channels) / 2;
    detail::over_pixels(threads, map, all, [=](long p) {
        const T* from = x.data + p * x.pixel;
        T* to = y.data + p * y.pixel;
        std::fill(to, to + before, T(0));
        std::copy(from, from + channels, to + before);
        std::fill(to + before + channels, to + all, T(0));
    });
}

/// y = the largest of the pieces of x, which lie `map.dims.channels` apart; NaN if one is.
template <class T>
COLLAB_COLD void maxout(CpuContext& threads, const Map& map, int pieces, View<const T> x,
                        View<T> y) {
    const int channels = map.dims.channels;
    detail::over_pixels(threads, map, long(channels) * pieces, [=](long p) {
        const T* from = x.data + p * x.pixel;
        T* to = y.data + p * y.pixel;
        std::copy(from, from + channels, to);
        for (int k = 1; k < pieces; ++k) {
            from += channels;
            COLLAB_INDEPENDENT
            for (int c = 0; c < channels; ++c)
                to[c] = collab::detail::choose<T>((from[c] > to[c]) | (from[c] != from[c]), from[c],
                                                  to[c]);
        }
    });
}

namespace detail {
inline constexpr int maxout_block = 64;

/// The gradient of n <= maxout_block channels of one pixel. The largest of the pieces before is a
/// number of each channel, so that the loops run over channels.
template <class T>
COLLAB_INLINE void maxout_gradient(int n, int channels, int pieces, const T* x, const T* dy,
                                   T* dx) {
    using Bits = collab::detail::BitsOf<T>;
    alignas(64) T largest[maxout_block];
    alignas(64) Bits taker[maxout_block] = {};
    std::copy(x, x + n, largest);
    for (int k = 1; k < pieces; ++k) {
        const T* const piece = x + std::ptrdiff_t(k) * channels;
        COLLAB_INDEPENDENT
        for (int c = 0; c < n; ++c) {
            const T value = piece[c];
            const bool takes =
                (value > largest[c]) | ((value != value) & (largest[c] == largest[c]));
            largest[c] = collab::detail::choose<T>(takes, value, largest[c]);
            taker[c] = takes ? static_cast<Bits>(k) : taker[c];
        }
    }
    for (int k = 0; k < pieces; ++k) {
        T* const piece = dx + std::ptrdiff_t(k) * channels;
        COLLAB_INDEPENDENT
        for (int c = 0; c < n; ++c)
            piece[c] = collab::detail::choose<T>(taker[c] == static_cast<Bits>(k), dy[c], T(0));
    }
}
}  // namespace detail

/// The first largest piece of x (the first NaN if there is one) takes the gradient, the others 0.
template <class T>
COLLAB_COLD void maxout_backward(CpuContext& threads, const Map& map, int pieces, View<const T> x,
                                 View<const T> dy, View<T> dx) {
    const int channels = map.dims.channels;
    detail::over_pixels(threads, map, long(channels) * pieces, [=](long p) {
        const T* in = x.data + p * x.pixel;
        const T* from = dy.data + p * dy.pixel;
        T* to = dx.data + p * dx.pixel;
        for (int c = 0; c < channels; c += detail::maxout_block)
            detail::maxout_gradient(std::min(detail::maxout_block, channels - c), channels, pieces,
                                    in + c, from + c, to + c);
    });
}

}  // namespace collab::backend
