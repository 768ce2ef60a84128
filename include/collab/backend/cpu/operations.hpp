// SPDX-License-Identifier: Apache-2.0
// operations: the operations of the CPU backend that depend on nothing but the scalar type.
// Declarations: the headers that define them are included behind them or, with COLLAB_PRECOMPILED,
// compiled once into a library (precompiled.hpp).
#pragma once
#include <cstddef>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/kernel_table.hpp>
#include <collab/backend/fusion.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/backend/operands.hpp>
#include <collab/core/random.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

// convolution.hpp, conv_weight_gradient.hpp. `families`: of kernels that the convolution may need.
/// y = x * w (+ bias, one per output channel, unless null).
template <class T>
void conv2d(CpuContext&, const Convolution&, View<const T> x, const T* w, const T* bias, View<T> y,
            const detail::KernelTable<T>& families = detail::all_families<T>());
/// dx = the gradient of `conv2d` with respect to x (+ bias, one per input channel, unless null: for
/// the transposed convolution).
template <class T>
void conv2d_input_gradient(CpuContext&, const Convolution&, View<const T> dy, const T* w,
                           const T* bias, View<T> dx,
                           const detail::KernelTable<T>& families = detail::all_families<T>());
/// Adds the gradient with respect to the weights to dw.
template <class T>
void conv2d_weight_gradient(CpuContext&, const Convolution&, View<const T> x, View<const T> dy,
                            T* dw,
                            const detail::KernelTable<T>& families = detail::all_families<T>());
/// Adds the sum over all pixels to db.
template <class T>
void bias_gradient(CpuContext&, const Map&, View<const T> dy, T* db);

// fused_sweeps.hpp
namespace detail {
/// after.y = what is loaded, times w (+ bias), or times its transpose. Returns the number of parts
/// that have sums in `after`.
template <class T>
int fused_sweep(CpuContext&, const ConvolutionWithKernels<T>&, const InputTransform<T>& x,
                const T* w, const T* bias, Epilogue<T>& after);
/// Adds to dw.
template <class T>
void fused_weight_gradient(CpuContext&, const ConvolutionWithKernels<T>&,
                           const InputTransform<T>& x, const InputTransform<T>& dy, T* dw);
/// Adds to dw and writes after.y. Returns the number of parts that have sums in `after`.
template <class T>
int fused_backward(CpuContext&, const ConvolutionWithKernels<T>&, const InputTransform<T>& x,
                   const InputTransform<T>& dy, const T* w, T* dw, Epilogue<T>& after);
}  // namespace detail
template <class T>
void batch_statistics(CpuContext&, const Map&, View<const T> x, const Statistics<T>&);
template <class T>
void normalized_gradient(CpuContext&, const Map&, const NormalizedGradient<T>&, View<T> dx);

// linear.hpp
template <class T>
void linear(CpuContext&, const Product&, View<const T> x, const T* w, const T* bias, View<T> y);
template <class T>
void linear_input_gradient(CpuContext&, const Product&, View<const T> dy, const T* w, View<T> dx);
template <class T>
void linear_weight_gradient(CpuContext&, const Product&, View<const T> x, View<const T> dy, T* dw);

// pooling.hpp
template <class T>
void max_pool(CpuContext&, const Pooling&, View<const T> x, View<T> y);
template <class T>
void max_pool_backward(CpuContext&, const Pooling&, View<const T> x, View<const T> y,
                       View<const T> dy, View<T> dx);
template <class T>
void average_pool(CpuContext&, const Pooling&, View<const T> x, View<T> y);
template <class T>
void average_pool_backward(CpuContext&, const Pooling&, View<const T> dy, View<T> dx);
template <class T>
void adaptive_average_pool(CpuContext&, const Pooling&, View<const T> x, View<T> y);
template <class T>
void adaptive_average_pool_backward(CpuContext&, const Pooling&, View<const T> dy, View<T> dx);

// channels.hpp
template <class T>
void shuffle_channels(CpuContext&, const Map&, int groups, View<const T> x, View<T> y);
template <class T>
void pad_channels(CpuContext&, const Map&, int channels, View<const T> x, View<T> y);
template <class T>
void maxout(CpuContext&, const Map&, int pieces, View<const T> x, View<T> y);
template <class T>
void maxout_backward(CpuContext&, const Map&, int pieces, View<const T> x, View<const T> dy,
                     View<T> dx);

// loss.hpp, dropout.hpp
template <class T>
void softmax_cross_entropy(CpuContext&, const LabeledLogits<T>& labeled, T scale, View<T> dlogits,
                           T* losses, T* hits);
template <class T>
void dropout(CpuContext&, const Map&, double p, const Random&, View<const T> x, View<T> y);

/// Numbers in one register of the processor that the kernels were compiled for.
template <class T>
int register_lanes();

}  // namespace collab::backend
