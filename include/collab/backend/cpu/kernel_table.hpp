// SPDX-License-Identifier: Apache-2.0
// kernel_table: kernels that only some convolutions need, by pointers to functions, so that
// programs without such convolutions are not compiled with them.
#pragma once
#include <algorithm>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// Null where the kind of a convolution rules a kernel out. The names are those of the functions;
/// convolutions are `flattened`.
template <class T>
struct KernelTable {
    // depthwise.hpp
    void (*depthwise)(CpuContext&, const Convolution&, View<const T> x, const T* w, const T* bias,
                      View<T> y) = nullptr;
    void (*depthwise_input_gradient)(CpuContext&, const Convolution&, View<const T> dy, const T* w,
                                     const T* bias, View<T> dx) = nullptr;
    void (*depthwise_weight_gradient)(CpuContext&, const Convolution&, View<const T> x,
                                      View<const T> dy, T* dw) = nullptr;
    // depthwise_3x3.hpp, depthwise_backward.hpp
    int (*depthwise_3x3)(CpuContext&, const Convolution&, bool transposed,
                         const InputTransform<T>& x, const T* w, const T* bias,
                         Epilogue<T>& after) = nullptr;
    void (*depthwise_3x3_weight_gradient)(CpuContext&, const Convolution&,
                                          const InputTransform<T>& x, const InputTransform<T>& dy,
                                          T* dw) = nullptr;
    int (*depthwise_3x3_backward)(CpuContext&, const Convolution&, const InputTransform<T>& x,
                                  const InputTransform<T>& dy, const T* w, T* dw,
                                  Epilogue<T>& after) = nullptr;
    // pointwise.hpp
    int (*pointwise_backward)(CpuContext&, const Convolution&, const InputTransform<T>& x,
                              const InputTransform<T>& dy, const T* w, T* dw,
                              Epilogue<T>& after) = nullptr;
    // unit_pointwise.hpp; null, too, where programs are compiled for processors without a matrix
    // unit
    int (*unit_sweep)(CpuContext&, const Convolution&, bool transposed, const InputTransform<T>& x,
                      const T* w, const T* bias, Epilogue<T>& after) = nullptr;
    int (*unit_backward)(CpuContext&, const Convolution&, const InputTransform<T>& x,
                         const InputTransform<T>& dy, const T* w, T* dw,
                         Epilogue<T>& after) = nullptr;
    void (*unit_weight_gradient)(CpuContext&, const Convolution&, const InputTransform<T>& x,
                                 const InputTransform<T>& dy, T* dw) = nullptr;
};

/// A convolution and the kernels that there are for it.
template <class T>
struct ConvolutionWithKernels {
    const Convolution& g;
    const KernelTable<T>& families;
};

/// Whether a flattened convolution goes by the matrix unit: a product of matrices large enough to
/// be worth their splits. Weights that are split once and for all are worth it for fewer pixels.
template <class T>
bool by_matrix_unit(const CpuContext& threads, const KernelTable<T>& families,
                    const Convolution& g) {
    if (!families.unit_sweep || !threads.matrix_unit() || g.kernel.area() != 1 || g.groups != 1 ||
        g.in.area() != 1 || g.out.area() != 1)
        return false;
    return g.batch >= (threads.chooses_as_if_constant() ? 16 : 128) &&
           std::min(g.in.channels, g.out.channels) >= 64;
}
/// Whether both gradients go in one sweep over the pixels: there are enough of them for the sums of
/// a part to be worth their memory.
inline bool unit_backward_in_one_sweep(const Convolution& g) {
    return g.batch >= 1024 && (g.batch >= 4096 || g.weights() <= 1 << 18);
}

/// All that there are (kernels.hpp).
template <class T>
const KernelTable<T>& all_families();

}  // namespace collab::backend::detail
