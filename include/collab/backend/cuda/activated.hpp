// SPDX-License-Identifier: Apache-2.0
// activated: the operations that depend on an activation, together, so that a library can have them
// compiled for each.
#pragma once
#include <collab/backend/cuda/elementwise.hpp>
#include <collab/backend/cuda/normalization.hpp>

namespace collab::backend::device {

template <class S, class T, class F>
struct Activated {
    static void activate(S& system, const Map& map, F f, View<const T> x, View<T> y) {
        device::activate<S, T>(system, map, f, x, y);
    }
    static void activate_backward(S& system, const Map& map, F f, View<const T> from,
                                  View<const T> dy, View<T> dx) {
        device::activate_backward<S, T>(system, map, f, from, dy, dx);
    }
    static void batch_norm(S& system, const Map& map, F f, View<const T> x, const Affine<T>& affine,
                           const Statistics<T>& statistics, View<T> y) {
        device::batch_norm<S, T>(system, map, f, x, affine, statistics, y);
    }
    static void batch_norm_inference(S& system, const Map& map, F f, View<const T> x,
                                     const Affine<T>& affine,
                                     const PopulationStatistics<T>& statistics, View<T> y) {
        device::batch_norm_inference<S, T>(system, map, f, x, affine, statistics, y);
    }
    static void batch_norm_backward(S& system, const Map& map, F f,
                                    const NormalizationBackward<T>& backward, const T* gamma,
                                    View<T> dx) {
        device::batch_norm_backward<S, T>(system, map, f, backward, gamma, dx);
    }
};

}  // namespace collab::backend::device
