// SPDX-License-Identifier: Apache-2.0
// linear: dense products of the CPU backend: convolutions of 1x1 maps, one pixel per row.
#pragma once
#include <collab/backend/cpu/convolution.hpp>

namespace collab::backend {

namespace detail {
inline Convolution as_convolution(const Product& g) { return {g.batch, {g.in, 1, 1}, {g.out, 1, 1}, {1, 1}, {1, 1}, {0, 0}, 1}; }
}  // namespace detail

/// y = x W (+ bias, unless null), row by row.
template <class T>
void linear(Threads& threads, const Product& g, View<const T> x, const T* w, const T* bias, View<T> y) {
    conv2d<T>(threads, detail::as_convolution(g), x, w, bias, y);
}

/// dx = dy transpose(W).
template <class T>
void linear_input_gradient(Threads& threads, const Product& g, View<const T> dy, const T* w, View<T> dx) {
    conv2d_input_gradient<T>(threads, detail::as_convolution(g), dy, w, nullptr, dx);
}

/// Adds transpose(x) dy to dw.
template <class T>
void linear_weight_gradient(Threads& threads, const Product& g, View<const T> x, View<const T> dy, T* dw) {
    conv2d_weight_gradient<T>(threads, detail::as_convolution(g), x, dy, dw);
}

}  // namespace collab::backend
