// SPDX-License-Identifier: Apache-2.0
// convolution: convolutions of the CPU backend and their input gradients, as direct sweeps over
// windows of the source.
#pragma once
#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/dense_sweeps.hpp>
#include <collab/backend/cpu/dense_weight_gradient.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/kernel_table.hpp>
#include <collab/backend/cpu/operations.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

namespace detail {

/// A sweep, or the sums of a weight gradient, of a flattened convolution that is not depthwise, by
/// whichever kernels there are for it: see `dense` and `dense_weight_gradient`.
template <class T>
int sweep_of(CpuContext& threads, const KernelTable<T>& families, const ConvGeometry& d,
             const InputTransform<T>& x, const T* w, const T* bias, Epilogue<T>& after) {
    if (by_matrix_unit(threads, families, d.g))
        return families.unit_sweep(threads, d.g, d.transposed, x, w, bias, after);
    return dense(threads, d, x, w, bias, after);
}
template <class T>
void weight_gradient_of(CpuContext& threads, const KernelTable<T>& families,
                        const Convolution& flat, const InputTransform<T>& x,
                        const InputTransform<T>& dy, T* dw) {
    if (by_matrix_unit(threads, families, flat))
        families.unit_weight_gradient(threads, flat, x, dy, dw);
    else
        dense_weight_gradient(threads, ConvGeometry(flat, false), x, dy, dw);
}

}  // namespace detail

/// y = x * w (+ bias, one per output channel, unless null).
template <class T>
COLLAB_COLD void conv2d(CpuContext& threads, const Convolution& g, View<const T> x, const T* w,
                        const T* bias, View<T> y, const detail::KernelTable<T>& families) {
    const Convolution flat = detail::flattened(g);
    if (detail::is_depthwise(flat))
        return families.depthwise(threads, flat, x, w, bias, y);
    detail::Epilogue<T> after(y, g.out.channels);
    detail::sweep_of(threads, families, detail::ConvGeometry(flat, false),
                     detail::InputTransform<T>(x, g.in.channels), w, bias, after);
}

/// dx = the gradient of `conv2d` with respect to x (+ bias, one per input channel, unless null: for
/// the transposed convolution).
template <class T>
COLLAB_COLD void conv2d_input_gradient(CpuContext& threads, const Convolution& g, View<const T> dy,
                                       const T* w, const T* bias, View<T> dx,
                                       const detail::KernelTable<T>& families) {
    const Convolution flat = detail::flattened(g);
    if (detail::is_depthwise(flat))
        return families.depthwise_input_gradient(threads, flat, dy, w, bias, dx);
    detail::Epilogue<T> after(dx, g.in.channels);
    detail::sweep_of(threads, families, detail::ConvGeometry(flat, true),
                     detail::InputTransform<T>(dy, g.out.channels), w, bias, after);
}

/// Adds the gradient with respect to the weights to dw.
template <class T>
COLLAB_COLD void conv2d_weight_gradient(CpuContext& threads, const Convolution& g, View<const T> x,
                                        View<const T> dy, T* dw,
                                        const detail::KernelTable<T>& families) {
    const Convolution flat = detail::flattened(g);
    if (detail::is_depthwise(flat))
        return families.depthwise_weight_gradient(threads, flat, x, dy, dw);
    detail::weight_gradient_of(threads, families, flat, detail::InputTransform<T>(x, g.in.channels),
                               detail::InputTransform<T>(dy, g.out.channels), dw);
}

}  // namespace collab::backend
