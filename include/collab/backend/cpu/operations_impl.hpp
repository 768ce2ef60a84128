// SPDX-License-Identifier: Apache-2.0
// operations_impl: the definitions of what operations.hpp declares.
#pragma once
#include <type_traits>

#include <collab/backend/cpu/amx_pointwise.hpp>
#include <collab/backend/cpu/channels.hpp>
#include <collab/backend/cpu/convolution.hpp>
#include <collab/backend/cpu/depthwise.hpp>
#include <collab/backend/cpu/depthwise_3x3.hpp>
#include <collab/backend/cpu/depthwise_backward.hpp>
#include <collab/backend/cpu/dropout.hpp>
#include <collab/backend/cpu/fused_conv_dispatch.hpp>
#include <collab/backend/cpu/linear.hpp>
#include <collab/backend/cpu/loss.hpp>
#include <collab/backend/cpu/operations.hpp>
#include <collab/backend/cpu/pointwise.hpp>
#include <collab/backend/cpu/pooling.hpp>
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend {

namespace detail {
/// What a convolution of this kind may need.
template <class T, ConvolutionKind Kind>
inline constexpr KernelTable<T> families_of = [] {
    KernelTable<T> f;
    if constexpr (Kind.grouped) {
        f.depthwise = depthwise<T>;
        f.depthwise_input_gradient = depthwise_input_gradient<T>;
        f.depthwise_weight_gradient = depthwise_weight_gradient<T>;
        f.depthwise_3x3 = depthwise_3x3<T>;
        f.depthwise_3x3_weight_gradient = depthwise_3x3_weight_gradient<T>;
        f.depthwise_3x3_backward = depthwise_3x3_backward<T>;
    }
    if constexpr (Kind.pointwise)
        f.pointwise_backward = pointwise_backward<T>;
    if constexpr (Kind.pointwise && has_matrix_unit && std::is_same_v<T, float>) {
        f.unit_sweep = unit_sweep<MatrixUnit>;
        f.unit_backward = unit_backward<MatrixUnit>;
        f.unit_weight_gradient = unit_weight_gradient<MatrixUnit>;
    }
    return f;
}();
template <class T>
const KernelTable<T>& all_families() {
    return families_of<T, ConvolutionKind{}>;
}
}  // namespace detail

template <class T>
int register_lanes() {
    return detail::lanes<T>;
}

}  // namespace collab::backend
