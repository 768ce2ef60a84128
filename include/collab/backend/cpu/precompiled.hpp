// SPDX-License-Identifier: Apache-2.0
// precompiled: what the library of the CMake target collab::precompiled is made of. A source file
// that defines COLLAB_PRECOMPILED and instantiates Kernels<T> compiles the kernels for T; one that
// includes arena.hpp compiles the rest.
#pragma once
#include <tuple>

#include <collab/backend/cpu/memory.hpp>
#include <collab/backend/cpu/operations_impl.hpp>

namespace collab::backend {

/// Names every operation, so that its code exists where this is instantiated explicitly.
template <class T>
struct Kernels {
    static constexpr std::tuple all{&conv2d<T>,
                                    &conv2d_input_gradient<T>,
                                    &conv2d_weight_gradient<T>,
                                    &bias_gradient<T>,
                                    &detail::all_families<T>,
                                    &detail::fused_sweep<T>,
                                    &detail::fused_weight_gradient<T>,
                                    &detail::fused_backward<T>,
                                    &batch_statistics<T>,
                                    &normalized_gradient<T>,
                                    &linear<T>,
                                    &linear_input_gradient<T>,
                                    &linear_weight_gradient<T>,
                                    &max_pool<T>,
                                    &max_pool_backward<T>,
                                    &average_pool<T>,
                                    &average_pool_backward<T>,
                                    &adaptive_average_pool<T>,
                                    &adaptive_average_pool_backward<T>,
                                    &shuffle_channels<T>,
                                    &pad_channels<T>,
                                    &maxout<T>,
                                    &maxout_backward<T>,
                                    &softmax_cross_entropy<T>,
                                    &dropout<T>,
                                    &register_lanes<T>};
};

}  // namespace collab::backend
