// SPDX-License-Identifier: Apache-2.0
// depthwise: convolutions of one input channel a group. There is nothing to multiply as matrices:
// each element is a loop over the taps.
#pragma once
#include <collab/backend/cuda/taps.hpp>

namespace collab::backend::device {

constexpr bool is_depthwise(const Convolution& g) {
    return g.groups > 1 && g.groups == g.in.channels;
}

template <class T>
struct DepthwiseForward {
    Convolution g;
    View<const T> x;
    const T *w, *bias;
    View<T> y;
    COLLAB_HD void operator()(std::ptrdiff_t p, int o) const {
        const int c = o / (g.out.channels / g.in.channels);
        const int left = int(p % g.out.width) * g.stride.width - g.pad.width;
        const int top = int(p / g.out.width % g.out.height) * g.stride.height - g.pad.height;
        const std::ptrdiff_t sample = p / g.out.width / g.out.height * g.in.height;
        T sum = bias ? bias[o] : T(0);
        for (int kh = 0; kh < g.kernel.height; ++kh) {
            if (top + kh < 0 || top + kh >= g.in.height)
                continue;
            for (int kw = 0; kw < g.kernel.width; ++kw)
                if (left + kw >= 0 && left + kw < g.in.width)
                    sum += pixel(x, (sample + top + kh) * g.in.width + left + kw)[c] *
                           w[(kh * g.kernel.width + kw) * g.out.channels + o];
        }
        pixel(y, p)[o] = sum;
    }
};
template <class T>
struct DepthwiseInputGradient {
    Convolution g;
    View<const T> dy;
    const T *w, *bias;
    View<T> dx;
    COLLAB_HD void operator()(std::ptrdiff_t p, int c) const {
        const int each = g.out.channels / g.in.channels;
        T sum = bias ? bias[c] : T(0);
        for_outputs_of(g, p, [&](std::ptrdiff_t row, int tap) {
            for (int o = c * each; o < (c + 1) * each; ++o)
                sum += pixel(dy, row)[o] * w[tap * g.out.channels + o];
        });
        pixel(dx, p)[c] = sum;
    }
};

template <class S, class T>
void depthwise(S& system, const Convolution& g, View<const T> x, const T* w, const T* bias,
               View<T> y) {
    for_elements(system, {g.batch, g.out}, DepthwiseForward<T>{g, x, w, bias, y});
}
template <class S, class T>
void depthwise_input_gradient(S& system, const Convolution& g, View<const T> dy, const T* w,
                              const T* bias, View<T> dx) {
    for_elements(system, {g.batch, g.in}, DepthwiseInputGradient<T>{g, dy, w, bias, dx});
}
template <class S, class T>
void depthwise_weight_gradient(S& system, const Convolution& g, View<const T> x, View<const T> dy,
                               T* dw) {
    const int channels = g.out.channels;
    const int each = g.out.channels / g.in.channels;
    column_sums<1>(
        system, long(g.batch) * g.out.area(), g.kernel.area() * channels,
        [=] COLLAB_HD(long p, int i, double* s) {  // i: tap and output channel, as weights lie
            const int o = i % channels;
            const std::ptrdiff_t from = input_of(g, p, i / channels);
            if (from >= 0)
                s[0] += double(pixel(x, from)[o / each]) * double(pixel(dy, p)[o]);
        },
        [=] COLLAB_HD(int i, const double* s) { dw[i] += T(s[0]); });
}

}  // namespace collab::backend::device
