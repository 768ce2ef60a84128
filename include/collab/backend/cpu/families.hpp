// SPDX-License-Identifier: Apache-2.0
// families: kernels that only some convolutions need, by pointers to functions, so that programs without such convolutions are not compiled with them.
#pragma once
#include <collab/backend/cpu/after.hpp>
#include <collab/backend/cpu/load.hpp>
#include <collab/backend/cpu/threads.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// Null where the kind of a convolution rules a kernel out. The names are those of the functions; convolutions are `flattened`.
template <class T>
struct Families {
    // depthwise.hpp
    void (*depthwise)(Threads&, const Convolution&, View<const T> x, const T* w, const T* bias, View<T> y) = nullptr;
    void (*depthwise_input_gradient)(Threads&, const Convolution&, View<const T> dy, const T* w, const T* bias, View<T> dx) = nullptr;
    void (*depthwise_weight_gradient)(Threads&, const Convolution&, View<const T> x, View<const T> dy, T* dw) = nullptr;
    // depthwise_3x3.hpp, depthwise_backward.hpp
    int (*depthwise_3x3)(Threads&, const Convolution&, bool transposed, const Load<T>& x, const T* w, const T* bias, After<T>& after) = nullptr;
    void (*depthwise_3x3_weight_gradient)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy, T* dw) = nullptr;
    int (*depthwise_3x3_backward)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy, const T* w, T* dw, After<T>& after) = nullptr;
    // pointwise.hpp
    int (*pointwise_backward)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy, const T* w, T* dw, After<T>& after) = nullptr;
};

/// All that there are (kernels.hpp).
template <class T>
const Families<T>& all_families();

}  // namespace collab::backend::detail
