// SPDX-License-Identifier: Apache-2.0
// fused_sweeps: which kernels compute a convolution that forms what it reads and treats what it writes.
#pragma once
#include <collab/backend/cpu/after.hpp>
#include <collab/backend/cpu/conv_backward.hpp>
#include <collab/backend/cpu/convolution.hpp>
#include <collab/backend/cpu/depthwise_3x3.hpp>
#include <collab/backend/cpu/depthwise_backward.hpp>
#include <collab/backend/cpu/load.hpp>
#include <collab/backend/cpu/pointwise.hpp>

namespace collab::backend::detail {

template <class T>
int fused_sweep(Threads& threads, const Convolution& g, const Load<T>& x, const T* w, const T* bias, After<T>& after) {
    const Convolution flat = flattened(g);
    return is_depthwise(flat) ? depthwise_3x3(threads, flat, false, x, w, bias, after) : dense(threads, Dense(flat, false), x, w, bias, after);
}

template <class T>
void fused_weight_gradient(Threads& threads, const Convolution& g, const Load<T>& x, const Load<T>& dy, T* dw) {
    const Convolution flat = flattened(g);
    if (is_depthwise(flat)) depthwise_3x3_weight_gradient(threads, flat, x, dy, dw);
    else dense_weight_gradient(threads, Dense(flat, false), x, dy, dw);
}

template <class T>
int fused_backward(Threads& threads, const Convolution& g, const Load<T>& x, const Load<T>& dy, const T* w, T* dw, After<T>& after) {
    const Convolution flat = flattened(g);
    if (is_depthwise(flat)) return depthwise_3x3_backward(threads, flat, x, dy, w, dw, after);
    if (backward_in_one_sweep<T>(threads, flat)) return dense_backward(threads, flat, x, dy, w, dw, after);
    if (pointwise_in_one_sweep<T>(flat)) return pointwise_backward(threads, flat, x, dy, w, dw, after);
    dense_weight_gradient(threads, Dense(flat, false), x, dy, dw);
    return dense(threads, Dense(flat, true), dy, w, static_cast<const T*>(nullptr), after);
}

}  // namespace collab::backend::detail
