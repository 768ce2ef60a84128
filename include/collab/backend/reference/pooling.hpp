// SPDX-License-Identifier: Apache-2.0
// pooling: the reference meaning of the pools and of the parameter-free shortcut.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/geometry.hpp>
#include <collab/backend/reference/memory.hpp>
#include <collab/backend/window.hpp>
#include <collab/memory/view.hpp>

namespace collab::detail {

/// f(out pixel, channel, window, sample) for each output element; `window` is which(g, row,
/// column).
template <class Which, class F>
void for_windows(const backend::Pooling& g, Which which, F f) {
    for (int b = 0; b < g.batch; ++b)
        for (int h = 0; h < g.out.height; ++h)
            for (int w = 0; w < g.out.width; ++w)
                for (int c = 0; c < g.out.channels; ++c)
                    f((std::ptrdiff_t(b) * g.out.height + h) * g.out.width + w, c, which(g, h, w),
                      b);
}

/// f(in pixel) for each pixel of a window of sample b, row by row.
template <class F>
void for_pixels(const backend::Pooling& g, const Window& window, int b, F f) {
    for (int h = window.top; h < window.bottom; ++h)
        for (int w = window.left; w < window.right; ++w)
            f((std::ptrdiff_t(b) * g.in.height + h) * g.in.width + w);
}

}  // namespace collab::detail

namespace collab::backend {

/// See PoolingBackend in backend/concepts.hpp. A NaN in the window of a max pool is its maximum.
template <class T>
struct ReferencePooling {
    void max_pool(const Pooling& g, View<const T> x, View<T> y) const {
        collab::detail::for_windows(
            g, collab::detail::pooling_window,
            [&](auto out, int c, const collab::detail::Window& window, int b) {
                collab::detail::pixel(y, out)[c] =
                    collab::detail::pixel(x, first_largest(g, window, b, c, x))[c];
            });
    }
    void max_pool_backward(const Pooling& g, View<const T> x, View<const T>, View<const T> dy,
                           View<T> dx) const {
        clear({g.batch, g.in}, dx);
        collab::detail::for_windows(
            g, collab::detail::pooling_window,
            [&](auto out, int c, const collab::detail::Window& window, int b) {
                collab::detail::pixel(dx, first_largest(g, window, b, c, x))[c] +=
                    collab::detail::pixel(dy, out)[c];
            });
    }

    void average_pool(const Pooling& g, View<const T> x, View<T> y) const {
        average(g, collab::detail::pooling_window, x, y);
    }
    void average_pool_backward(const Pooling& g, View<const T> dy, View<T> dx) const {
        average_backward(g, collab::detail::pooling_window, dy, dx);
    }
    void adaptive_average_pool(const Pooling& g, View<const T> x, View<T> y) const {
        average(g, collab::detail::adaptive_window, x, y);
    }
    void adaptive_average_pool_backward(const Pooling& g, View<const T> dy, View<T> dx) const {
        average_backward(g, collab::detail::adaptive_window, dy, dx);
    }

private:
    static void clear(const Map& map, View<T> y) {
        collab::detail::for_elements(map,
                                     [&](auto p, int c) { collab::detail::pixel(y, p)[c] = T(0); });
    }
    /// The input pixel of the first largest element of a window.
    static std::ptrdiff_t first_largest(const Pooling& g, const collab::detail::Window& window,
                                        int b, int c, View<const T> x) {
        std::ptrdiff_t best =
            (std::ptrdiff_t(b) * g.in.height + window.top) * g.in.width + window.left;
        collab::detail::for_pixels(g, window, b, [&](auto p) {
            if (collab::detail::beats(collab::detail::pixel(x, p)[c],
                                      collab::detail::pixel(x, best)[c]))
                best = p;
        });
        return best;
    }
    template <class Which>
    static void average(const Pooling& g, Which which, View<const T> x, View<T> y) {
        collab::detail::for_windows(
            g, which, [&](auto out, int c, const collab::detail::Window& window, int b) {
                T sum = 0;
                collab::detail::for_pixels(g, window, b,
                                           [&](auto p) { sum += collab::detail::pixel(x, p)[c]; });
                collab::detail::pixel(y, out)[c] = sum / T(window.counted);
            });
    }
    template <class Which>
    static void average_backward(const Pooling& g, Which which, View<const T> dy, View<T> dx) {
        clear({g.batch, g.in}, dx);
        collab::detail::for_windows(
            g, which, [&](auto out, int c, const collab::detail::Window& window, int b) {
                const T share = collab::detail::pixel(dy, out)[c] / T(window.counted);
                collab::detail::for_pixels(
                    g, window, b, [&](auto p) { collab::detail::pixel(dx, p)[c] += share; });
            });
    }
};

/// See ShortcutBackend in backend/concepts.hpp.
template <class T>
struct ReferenceShortcut {
    void pad_shortcut(const Convolution& g, View<const T> x, View<T> y) const {
        for_shortcuts(g, [&](auto in, auto out, int i, int o) {
            collab::detail::pixel(y, out)[o] += collab::detail::pixel(x, in)[i];
        });
    }
    void pad_shortcut_backward(const Convolution& g, View<const T> dy, View<T> dx) const {
        for_shortcuts(g, [&](auto in, auto out, int i, int o) {
            collab::detail::pixel(dx, in)[i] += collab::detail::pixel(dy, out)[o];
        });
    }

private:
    /// f(in pixel, out pixel, in channel, out channel) for each element that the shortcut carries.
    template <class F>
    static void for_shortcuts(const Convolution& g, F f) {
        const int before = (g.out.channels - g.in.channels) / 2;
        for (int b = 0; b < g.batch; ++b)
            for (int h = 0; h < g.out.height; ++h)
                for (int w = 0; w < g.out.width; ++w)
                    for (int c = 0; c < g.in.channels; ++c)
                        f((std::ptrdiff_t(b) * g.in.height + h * g.stride.height) * g.in.width +
                              w * g.stride.width,
                          (std::ptrdiff_t(b) * g.out.height + h) * g.out.width + w, c, before + c);
    }
};

}  // namespace collab::backend
