// SPDX-License-Identifier: Apache-2.0
// linear: dense products, and the sum of a gradient over pixels.
#pragma once
#include <collab/backend/cuda/loops.hpp>

namespace collab::backend::device {

/// y = bias on every pixel; nothing where there is none. Returns whether there is one, and products
/// are to be added to it.
template <class S, class T>
bool begin_with_bias(S& system, long pixels, int channels, const T* bias, View<T> y) {
    if (bias)
        for_elements(system, pixels, channels,
                     [=] COLLAB_HD(std::ptrdiff_t p, int c) { pixel(y, p)[c] = bias[c]; });
    return bias != nullptr;
}

template <class S, class T>
void linear(S& system, const Product& g, View<const T> x, const T* w, const T* bias, View<T> y) {
    const bool add = begin_with_bias(system, g.batch, g.out, bias, y);
    system.multiply(MatrixProduct<T>{g.batch, g.out, g.in, x.data, long(x.pixel), false, w, g.out,
                                     false, y.data, long(y.pixel), add});
}
template <class S, class T>
void linear_input_gradient(S& system, const Product& g, View<const T> dy, const T* w, View<T> dx) {
    system.multiply(MatrixProduct<T>{g.batch, g.in, g.out, dy.data, long(dy.pixel), false, w, g.out,
                                     true, dx.data, long(dx.pixel), false});
}
template <class S, class T>
void linear_weight_gradient(S& system, const Product& g, View<const T> x, View<const T> dy, T* dw) {
    system.multiply(MatrixProduct<T>{g.in, g.out, g.batch, x.data, long(x.pixel), true, dy.data,
                                     long(dy.pixel), false, dw, g.out, true});
}

template <class S, class T>
void bias_gradient(S& system, const Map& map, View<const T> dy, T* db) {
    column_sums<1>(
        system, map.pixels(), map.dims.channels,
        [=] COLLAB_HD(long p, int c, double* s) { s[0] += double(pixel(dy, p)[c]); },
        [=] COLLAB_HD(int c, const double* s) { db[c] += T(s[0]); });
}

}  // namespace collab::backend::device
