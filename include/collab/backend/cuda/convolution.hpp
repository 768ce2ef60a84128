// SPDX-License-Identifier: Apache-2.0
// convolution: as products of matrices. The columns that each output pixel sees are laid out side
// by side, as many images at a time as fit into a fixed room; a 1x1 convolution of stride 1 needs
// no columns. Depthwise convolutions are loops of their own (depthwise.hpp).
#pragma once
#include <algorithm>

#include <collab/backend/cuda/depthwise.hpp>
#include <collab/backend/cuda/linear.hpp>
#include <collab/backend/cuda/taps.hpp>

namespace collab::backend::device {

/// Bytes of columns laid out at once.
inline constexpr std::size_t column_bytes = std::size_t(256) << 20;

/// Element (row, group, tap, channel of the group) of the columns lies at ((row * groups + group) *
/// taps + tap) * ins + channel.
struct Columns {
    Convolution g;
    int ins, outs, depth;  // channels of a group, in and out; the length of a column
    bool direct;           // the map itself serves as columns

    explicit Columns(const Convolution& of)
        : g(of),
          ins(of.in.channels / of.groups),
          outs(of.out.channels / of.groups),
          depth(ins * of.kernel.area()),
          direct(of.kernel == Extent{} && of.stride == Extent{} && of.pad == Extent{0, 0}) {}
    long row() const { return long(depth) * g.groups; }
    COLLAB_HD std::ptrdiff_t place(std::ptrdiff_t of_row, int tap, int channel) const {
        const int group = channel / ins;
        const int taps = g.kernel.height * g.kernel.width;
        return ((of_row * g.groups + group) * taps + tap) * ins + (channel - group * ins);
    }
    /// How many images at once.
    template <class T>
    int images() const {
        const long per_image = std::max(row() * g.out.area(), 1l) * long(sizeof(T));
        return direct ? g.batch
                      : int(std::clamp(long(column_bytes) / per_image, 1l, long(g.batch)));
    }
};

/// Lays out the columns of the images from x on.
template <class T>
struct Gather {
    Columns columns;
    View<const T> x;
    T* to;
    COLLAB_HD void operator()(std::ptrdiff_t i, int c) const {  // i: output pixel and tap
        const int taps = columns.g.kernel.height * columns.g.kernel.width;
        const int tap = int(i % taps);
        const std::ptrdiff_t row = i / taps;
        const std::ptrdiff_t pixel_in = input_of(columns.g, row, tap);
        to[columns.place(row, tap, c)] = pixel_in < 0 ? T(0) : pixel(x, pixel_in)[c];
    }
};

/// The gradient of an input: the sum over the columns that it is in.
template <class T>
struct Collect {
    Columns columns;
    const T *from, *bias;
    View<T> dx;
    COLLAB_HD void operator()(std::ptrdiff_t p, int c) const {
        T sum = bias ? bias[c] : T(0);
        for_outputs_of(columns.g, p, [&](std::ptrdiff_t row, int tap) {
            sum += from[columns.place(row, tap, c)];
        });
        pixel(dx, p)[c] = sum;
    }
};

template <class T>
struct Rows {  // a matrix of rows
    T* data;
    long ld;
};
/// The images from `first` on.
template <class T>
View<T> images_from(View<T> v, int first, const Dims& dims) {
    return {v.data + std::ptrdiff_t(first) * dims.area() * v.pixel, v.pixel};
}

/// f(first image, images, columns of them) for all images, laid out in scratch memory unless the
/// map itself serves.
template <class S, class T, class F>
void for_columns(S& system, const Columns& columns, View<const T> x, F f) {
    const Convolution& g = columns.g;
    const int each = columns.template images<T>();
    for (int first = 0; first < g.batch; first += each) {
        const int n = std::min(each, g.batch - first);
        const View<const T> from = images_from(x, first, g.in);
        Rows<const T> rows{from.data, long(from.pixel)};
        if (!columns.direct) {
            T* const to = system.template scratch<T>(
                Scratch::columns, std::size_t(n) * std::size_t(g.out.area() * columns.row()));
            for_elements(system, long(n) * g.out.area() * g.kernel.area(), g.in.channels,
                         Gather<T>{columns, from, to});
            rows = {to, columns.row()};
        }
        f(first, n, rows);
    }
}

template <class S, class T>
void conv2d(S& system, const Convolution& g, View<const T> x, const T* w, const T* bias,
            View<T> y) {
    if (is_depthwise(g))
        return depthwise(system, g, x, w, bias, y);
    const Columns columns(g);
    const bool add = begin_with_bias(system, long(g.batch) * g.out.area(), g.out.channels, bias, y);
    for_columns(system, columns, x, [&](int first, int n, Rows<const T> rows) {
        const View<T> to = images_from(y, first, g.out);
        for (int k = 0; k < g.groups; ++k)
            system.multiply(MatrixProduct<T>{
                long(n) * g.out.area(), columns.outs, columns.depth,
                rows.data + long(k) * columns.depth, rows.ld, false, w + long(k) * columns.outs,
                g.out.channels, false, to.data + long(k) * columns.outs, long(to.pixel), add});
    });
}

template <class S, class T>
void conv2d_input_gradient(S& system, const Convolution& g, View<const T> dy, const T* w,
                           const T* bias, View<T> dx) {
    if (is_depthwise(g))
        return depthwise_input_gradient(system, g, dy, w, bias, dx);
    const Columns columns(g);
    const int each = columns.template images<T>();
    const bool add = columns.direct &&
                     begin_with_bias(system, long(g.batch) * g.in.area(), g.in.channels, bias, dx);
    for (int first = 0; first < g.batch; first += each) {
        const int n = std::min(each, g.batch - first);
        const View<const T> from = images_from(dy, first, g.out);
        const View<T> to = images_from(dx, first, g.in);
        Rows<T> rows{to.data, long(to.pixel)};
        if (!columns.direct)
            rows = {system.template scratch<T>(Scratch::columns,
                                               std::size_t(n) *
                                                   std::size_t(g.out.area() * columns.row())),
                    columns.row()};
        for (int k = 0; k < g.groups; ++k)
            system.multiply(MatrixProduct<T>{long(n) * g.out.area(), columns.depth, columns.outs,
                                             from.data + long(k) * columns.outs, long(from.pixel),
                                             false, w + long(k) * columns.outs, g.out.channels,
                                             true, rows.data + long(k) * columns.depth, rows.ld,
                                             add});
        if (!columns.direct)
            for_elements(system, {n, g.in}, Collect<T>{columns, rows.data, bias, to});
    }
}

template <class S, class T>
void conv2d_weight_gradient(S& system, const Convolution& g, View<const T> x, View<const T> dy,
                            T* dw) {
    if (is_depthwise(g))
        return depthwise_weight_gradient(system, g, x, dy, dw);
    const Columns columns(g);
    for_columns(system, columns, x, [&](int first, int n, Rows<const T> rows) {
        const View<const T> from = images_from(dy, first, g.out);
        for (int k = 0; k < g.groups; ++k)
            system.multiply(MatrixProduct<T>{columns.depth, columns.outs, long(n) * g.out.area(),
                                             rows.data + long(k) * columns.depth, rows.ld, true,
                                             from.data + long(k) * columns.outs, long(from.pixel),
                                             false, dw + long(k) * columns.outs, g.out.channels,
                                             true});
    });
}

}  // namespace collab::backend::device
