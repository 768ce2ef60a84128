// SPDX-License-Identifier: Apache-2.0
// families: kernels that only some convolutions need, by pointers to functions, so that programs
// without such convolutions are not compiled with them.
#pragma once
#include <algorithm>

#include <collab/backend/cpu/after.hpp>
#include <collab/backend/cpu/load.hpp>
#include <collab/backend/cpu/threads.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// Null where the kind of a convolution rules a kernel out. The names are those of the functions;
/// convolutions are `flattened`.
template <class T>
struct Families {
    // depthwise.hpp
    void (*depthwise)(Threads&, const Convolution&, View<const T> x, const T* w, const T* bias,
                      View<T> y) = nullptr;
    void (*depthwise_input_gradient)(Threads&, const Convolution&, View<const T> dy, const T* w,
                                     const T* bias, View<T> dx) = nullptr;
    void (*depthwise_weight_gradient)(Threads&, const Convolution&, View<const T> x,
                                      View<const T> dy, T* dw) = nullptr;
    // depthwise_3x3.hpp, depthwise_backward.hpp
    int (*depthwise_3x3)(Threads&, const Convolution&, bool transposed, const Load<T>& x,
                         const T* w, const T* bias, After<T>& after) = nullptr;
    void (*depthwise_3x3_weight_gradient)(Threads&, const Convolution&, const Load<T>& x,
                                          const Load<T>& dy, T* dw) = nullptr;
    int (*depthwise_3x3_backward)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy,
                                  const T* w, T* dw, After<T>& after) = nullptr;
    // pointwise.hpp
    int (*pointwise_backward)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy,
                              const T* w, T* dw, After<T>& after) = nullptr;
    // unit_pointwise.hpp; null, too, where programs are compiled for processors without a matrix
    // unit
    int (*unit_sweep)(Threads&, const Convolution&, bool transposed, const Load<T>& x, const T* w,
                      const T* bias, After<T>& after) = nullptr;
    int (*unit_backward)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy,
                         const T* w, T* dw, After<T>& after) = nullptr;
    void (*unit_weight_gradient)(Threads&, const Convolution&, const Load<T>& x, const Load<T>& dy,
                                 T* dw) = nullptr;
};

/// Whether a flattened convolution goes by the matrix unit: a product of matrices large enough to
/// be worth their splits. Weights that are split once and for all are worth it for fewer pixels.
template <class T>
bool by_matrix_unit(const Threads& threads, const Families<T>& families, const Convolution& g) {
    if (!families.unit_sweep || !threads.matrix_unit() || g.kernel.area() != 1 || g.groups != 1 ||
        g.in.area() != 1 || g.out.area() != 1)
        return false;
    return g.batch >= (threads.constant_weights() != 0 ? 16 : 128) &&
           std::min(g.in.channels, g.out.channels) >= 64;
}
/// Whether both gradients go in one sweep over the pixels: there are enough of them for the sums of
/// a part to be worth their memory.
inline bool unit_backward_in_one_sweep(const Convolution& g) {
    return g.batch >= 1024 && (g.batch >= 4096 || g.weights() <= 1 << 18);
}

/// All that there are (kernels.hpp).
template <class T>
const Families<T>& all_families();

}  // namespace collab::backend::detail
