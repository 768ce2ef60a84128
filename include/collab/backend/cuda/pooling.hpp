// SPDX-License-Identifier: Apache-2.0
// pooling: maxima and averages of windows. Gradients are gathered by each input pixel from the
// windows that it lies in, so nothing is added at once.
#pragma once
#include <algorithm>

#include <collab/backend/cuda/channels.hpp>
#include <collab/backend/window.hpp>

namespace collab::backend::device {

struct FixedWindows {
    Pooling g;
    COLLAB_HD collab::detail::Window operator()(int h, int w) const {
        return collab::detail::pooling_window(g, h, w);
    }
    /// The outputs [first, last) along one axis whose windows hold input i.
    COLLAB_HD static int first(int i, int, int, int kernel, int stride, int pad) {
        return i + pad < kernel ? 0 : (i + pad - kernel) / stride + 1;
    }
    COLLAB_HD static int last(int i, int, int out, int, int stride, int pad) {
        return std::min((i + pad) / stride + 1, out);
    }
};
struct AdaptiveWindows {
    Pooling g;
    COLLAB_HD collab::detail::Window operator()(int h, int w) const {
        return collab::detail::adaptive_window(g, h, w);
    }
    COLLAB_HD static int first(int i, int in, int out, int, int, int) {
        return int(long(i) * out / in);
    }
    COLLAB_HD static int last(int i, int in, int out, int, int, int) {
        return int((long(i + 1) * out + in - 1) / in);
    }
};

/// f(output pixel, window) for each output pixel whose window holds the input pixel p.
template <class W, class F>
COLLAB_HD COLLAB_INLINE void for_windows_of(const W& windows, std::ptrdiff_t p, F f) {
    const Pooling& g = windows.g;
    const int w = int(p % g.in.width);
    const int h = int(p / g.in.width % g.in.height);
    const int b = int(p / g.in.width / g.in.height);
    const int top =
        W::first(h, g.in.height, g.out.height, g.kernel.height, g.stride.height, g.pad.height);
    const int bottom =
        W::last(h, g.in.height, g.out.height, g.kernel.height, g.stride.height, g.pad.height);
    const int left =
        W::first(w, g.in.width, g.out.width, g.kernel.width, g.stride.width, g.pad.width);
    const int right =
        W::last(w, g.in.width, g.out.width, g.kernel.width, g.stride.width, g.pad.width);
    for (int oh = top; oh < bottom; ++oh)
        for (int ow = left; ow < right; ++ow)
            f((std::ptrdiff_t(b) * g.out.height + oh) * g.out.width + ow, b, windows(oh, ow));
}

/// The input pixel of the first largest element of a window of sample b.
template <class T>
COLLAB_HD COLLAB_INLINE std::ptrdiff_t largest_pixel(const Pooling& g,
                                                     const collab::detail::Window& window, int b,
                                                     int c, View<const T> x) {
    std::ptrdiff_t best = (std::ptrdiff_t(b) * g.in.height + window.top) * g.in.width + window.left;
    for (int h = window.top; h < window.bottom; ++h)
        for (int w = window.left; w < window.right; ++w) {
            const std::ptrdiff_t p = (std::ptrdiff_t(b) * g.in.height + h) * g.in.width + w;
            if (beats(pixel(x, p)[c], pixel(x, best)[c]))
                best = p;
        }
    return best;
}

template <class S, class T>
void max_pool(S& system, const Pooling& g, View<const T> x, View<T> y) {
    for_elements(system, {g.batch, g.out}, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        const int w = int(p % g.out.width);
        const int h = int(p / g.out.width % g.out.height);
        const int b = int(p / g.out.width / g.out.height);
        pixel(y, p)[c] =
            pixel(x, largest_pixel(g, collab::detail::pooling_window(g, h, w), b, c, x))[c];
    });
}

template <class T>
struct MaxGradient {
    FixedWindows windows;
    View<const T> x, dy;
    View<T> dx;
    COLLAB_HD void operator()(std::ptrdiff_t p, int c) const {
        T sum = 0;
        for_windows_of(windows, p,
                       [&](std::ptrdiff_t out, int b, const collab::detail::Window& window) {
                           if (largest_pixel(windows.g, window, b, c, x) == p)
                               sum += pixel(dy, out)[c];
                       });
        pixel(dx, p)[c] = sum;
    }
};
template <class S, class T>
void max_pool_backward(S& system, const Pooling& g, View<const T> x, View<const T> dy, View<T> dx) {
    for_elements(system, {g.batch, g.in}, MaxGradient<T>{{g}, x, dy, dx});
}

template <class T, class W>
struct Average {
    W windows;
    View<const T> x;
    View<T> y;
    COLLAB_HD void operator()(std::ptrdiff_t p, int c) const {
        const Pooling& g = windows.g;
        const collab::detail::Window window =
            windows(int(p / g.out.width % g.out.height), int(p % g.out.width));
        const std::ptrdiff_t sample = p / g.out.width / g.out.height * g.in.height;
        T sum = 0;
        for (int h = window.top; h < window.bottom; ++h)
            for (int w = window.left; w < window.right; ++w)
                sum += pixel(x, (sample + h) * g.in.width + w)[c];
        pixel(y, p)[c] = sum / T(window.counted);
    }
};
template <class T, class W>
struct AverageGradient {
    W windows;
    View<const T> dy;
    View<T> dx;
    COLLAB_HD void operator()(std::ptrdiff_t p, int c) const {
        T sum = 0;
        for_windows_of(windows, p,
                       [&](std::ptrdiff_t out, int, const collab::detail::Window& window) {
                           sum += pixel(dy, out)[c] / T(window.counted);
                       });
        pixel(dx, p)[c] = sum;
    }
};
template <class W, class S, class T>
void average_pool(S& system, const Pooling& g, View<const T> x, View<T> y) {
    for_elements(system, {g.batch, g.out}, Average<T, W>{{g}, x, y});
}
template <class W, class S, class T>
void average_pool_backward(S& system, const Pooling& g, View<const T> dy, View<T> dx) {
    for_elements(system, {g.batch, g.in}, AverageGradient<T, W>{{g}, dy, dx});
}

}  // namespace collab::backend::device
