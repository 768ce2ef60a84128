// SPDX-License-Identifier: Apache-2.0
// elementwise: activations and the parameter-free shortcut on the CPU.
#pragma once
#include <collab/backend/cpu/partition.hpp>
#include <collab/core/config.hpp>

namespace collab::backend {

/// y = f(x); y may be x.
template <class T, class F>
COLLAB_COLD void activate(CpuContext& threads, const Map& map, F f, View<const T> x, View<T> y) {
    over_runs(
        threads, map,
        [f](long n, const T* in, T* out) {
            const F local = f;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i)
                out[i] = local(in[i]);
        },
        x, y);
}

/// dx = dy * slope_from(f, from); dx may be dy.
template <class T, class F>
COLLAB_COLD void activate_backward(CpuContext& threads, const Map& map, F f, View<const T> from,
                                   View<const T> dy, View<T> dx) {
    over_runs(
        threads, map,
        [f](long n, const T* at, const T* gradient, T* to) {
            const F local = f;
            COLLAB_INDEPENDENT
            for (long i = 0; i < n; ++i)
                to[i] = gradient[i] * slope_from(local, at[i]);
        },
        from, dy, dx);
}

namespace detail {
/// f(pixel of the smaller map, pixel of the larger map) for the pixels that a strided shortcut
/// joins.
template <class F>
COLLAB_COLD void shortcut_pixels(CpuContext& threads, const Convolution& g, const F& f) {
    const Partition cut(long(g.batch) * g.out.height, grain / (long(g.out.width) * g.in.channels));
    threads.run(cut.count, [&](int piece) {
        for (long row = cut.begin(piece); row < cut.end(piece); ++row) {
            const long b = row / g.out.height;
            const long h = row % g.out.height;
            const long from = (b * g.in.height + h * g.stride.height) * g.in.width;
            for (long w = 0; w < g.out.width; ++w)
                f(row * g.out.width + w, from + w * g.stride.width);
        }
    });
}
}  // namespace detail

/// Adds to y every stride-th pixel of x, its channels after the first (out - in) / 2 of y.
template <class T>
COLLAB_COLD void pad_shortcut(CpuContext& threads, const Convolution& g, View<const T> x,
                              View<T> y) {
    const int channels = g.in.channels;
    const int skip = (g.out.channels - g.in.channels) / 2;
    detail::shortcut_pixels(threads, g, [&](long out, long in) {
        const T* from = x.data + in * x.pixel;
        T* to = y.data + out * y.pixel + skip;
        COLLAB_INDEPENDENT
        for (int c = 0; c < channels; ++c)
            to[c] += from[c];
    });
}

/// Adds the gradient of the shortcut to dx.
template <class T>
COLLAB_COLD void pad_shortcut_backward(CpuContext& threads, const Convolution& g, View<const T> dy,
                                       View<T> dx) {
    const int channels = g.in.channels;
    const int skip = (g.out.channels - g.in.channels) / 2;
    detail::shortcut_pixels(threads, g, [&](long out, long in) {
        const T* from = dy.data + out * dy.pixel + skip;
        T* to = dx.data + in * dx.pixel;
        COLLAB_INDEPENDENT
        for (int c = 0; c < channels; ++c)
            to[c] += from[c];
    });
}

}  // namespace collab::backend
