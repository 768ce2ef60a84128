// SPDX-License-Identifier: Apache-2.0
// convolution: the reference meaning of the convolutions and of the dense products.
#pragma once
#include <cstddef>
#include <vector>

#include <collab/backend/geometry.hpp>
#include <collab/backend/reference/memory.hpp>
#include <collab/memory/view.hpp>

namespace collab::detail {

/// f(sample, row, column) for each pixel of the result.
template <class F>
void for_outputs(const backend::Convolution& g, F f) {
    for (int b = 0; b < g.batch; ++b)
        for (int h = 0; h < g.out.height; ++h)
            for (int w = 0; w < g.out.width; ++w)
                f(b, h, w);
}

/// f(out pixel, in pixel, tap) for each tap of each window that falls inside the map; pixels are
/// counted over the whole batch, taps row by row over the kernel.
template <class F>
void for_taps(const backend::Convolution& g, F f) {
    for_outputs(g, [&](int b, int h, int w) {
        for (int kh = 0; kh < g.kernel.height; ++kh)
            for (int kw = 0; kw < g.kernel.width; ++kw) {
                const int ih = h * g.stride.height - g.pad.height + kh;
                const int iw = w * g.stride.width - g.pad.width + kw;
                if (ih < 0 || ih >= g.in.height || iw < 0 || iw >= g.in.width)
                    continue;
                f((std::ptrdiff_t(b) * g.out.height + h) * g.out.width + w,
                  (std::ptrdiff_t(b) * g.in.height + ih) * g.in.width + iw,
                  kh * g.kernel.width + kw);
            }
    });
}

/// f(in channel, out channel, weight) for each pair of channels that `tap` connects; `weight` is
/// the place in the weights.
template <class F>
void for_channels(const backend::Convolution& g, int tap, F f) {
    const int ins = g.in.channels / g.groups;
    const int outs = g.out.channels / g.groups;
    for (int group = 0; group < g.groups; ++group)
        for (int i = 0; i < ins; ++i)
            for (int o = group * outs; o < (group + 1) * outs; ++o)
                f(group * ins + i, o, (std::ptrdiff_t(tap) * ins + i) * g.out.channels + o);
}

/// y = bias on every pixel, or 0 where there is none.
template <class T>
void fill_bias(const backend::Map& map, const T* bias, View<T> y) {
    for_elements(map, [&](auto p, int c) { pixel(y, p)[c] = bias ? bias[c] : T(0); });
}

}  // namespace collab::detail

namespace collab::backend {

/// See ConvolutionBackend in backend/concepts.hpp.
template <class T>
struct ReferenceConvolution {
    void conv2d(const Convolution& g, View<const T> x, const T* w, const T* bias, View<T> y) const {
        collab::detail::fill_bias({g.batch, g.out}, bias, y);
        collab::detail::for_taps(g, [&](auto out, auto in, int tap) {
            const T* xs = collab::detail::pixel(x, in);
            T* ys = collab::detail::pixel(y, out);
            collab::detail::for_channels(g, tap,
                                         [&](int i, int o, auto k) { ys[o] += xs[i] * w[k]; });
        });
    }
    void conv2d_input_gradient(const Convolution& g, View<const T> dy, const T* w, const T* bias,
                               View<T> dx) const {
        collab::detail::fill_bias({g.batch, g.in}, bias, dx);
        collab::detail::for_taps(g, [&](auto out, auto in, int tap) {
            const T* dys = collab::detail::pixel(dy, out);
            T* dxs = collab::detail::pixel(dx, in);
            collab::detail::for_channels(g, tap,
                                         [&](int i, int o, auto k) { dxs[i] += dys[o] * w[k]; });
        });
    }
    void conv2d_weight_gradient(const Convolution& g, View<const T> x, View<const T> dy,
                                T* dw) const {
        collab::detail::for_taps(g, [&](auto out, auto in, int tap) {
            const T* xs = collab::detail::pixel(x, in);
            const T* dys = collab::detail::pixel(dy, out);
            collab::detail::for_channels(g, tap,
                                         [&](int i, int o, auto k) { dw[k] += xs[i] * dys[o]; });
        });
    }
    void bias_gradient(const Map& map, View<const T> dy, T* db) const {
        std::vector<long double> sum(std::size_t(map.dims.channels));
        collab::detail::for_elements(
            map, [&](auto p, int c) { sum[std::size_t(c)] += collab::detail::pixel(dy, p)[c]; });
        for (int c = 0; c < map.dims.channels; ++c)
            db[c] += T(sum[std::size_t(c)]);
    }
};

/// See ProductBackend in backend/concepts.hpp; its bias_gradient is the one of the convolutions.
template <class T>
struct ReferenceProduct {
    void linear(const Product& g, View<const T> x, const T* w, const T* bias, View<T> y) const {
        collab::detail::fill_bias({g.batch, {g.out, 1, 1}}, bias, y);
        for_weights(g, [&](auto b, int i, int o, auto k) {
            collab::detail::pixel(y, b)[o] += collab::detail::pixel(x, b)[i] * w[k];
        });
    }
    void linear_input_gradient(const Product& g, View<const T> dy, const T* w, View<T> dx) const {
        collab::detail::fill_bias<T>({g.batch, {g.in, 1, 1}}, nullptr, dx);
        for_weights(g, [&](auto b, int i, int o, auto k) {
            collab::detail::pixel(dx, b)[i] += collab::detail::pixel(dy, b)[o] * w[k];
        });
    }
    void linear_weight_gradient(const Product& g, View<const T> x, View<const T> dy, T* dw) const {
        for_weights(g, [&](auto b, int i, int o, auto k) {
            dw[k] += collab::detail::pixel(x, b)[i] * collab::detail::pixel(dy, b)[o];
        });
    }

private:
    /// f(row, in, out, weight) for each row and each weight.
    template <class F>
    static void for_weights(const Product& g, F f) {
        for (std::ptrdiff_t b = 0; b < g.batch; ++b)
            for (int i = 0; i < g.in; ++i)
                for (int o = 0; o < g.out; ++o)
                    f(b, i, o, std::ptrdiff_t(i) * g.out + o);
    }
};

}  // namespace collab::backend
