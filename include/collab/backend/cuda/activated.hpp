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
    static void batch_norm(S& system, const Map& map, const Normalization& n, F f, View<const T> x,
                           const T* gamma, const T* beta, T* running_mean, T* running_variance,
                           T* saved, View<T> y) {
        device::batch_norm<S, T>(system, map, n, f, x, gamma, beta, running_mean, running_variance,
                                 saved, y);
    }
    static void batch_norm_inference(S& system, const Map& map, const Normalization& n, F f,
                                     View<const T> x, const T* gamma, const T* beta, const T* mean,
                                     const T* variance, View<T> y) {
        device::batch_norm_inference<S, T>(system, map, n, f, x, gamma, beta, mean, variance, y);
    }
    static void batch_norm_backward(S& system, const Map& map, F f, View<const T> x,
                                    View<const T> y, View<const T> dy, const T* gamma,
                                    const T* saved, T* dgamma, T* dbeta, View<T> dx) {
        device::batch_norm_backward<S, T>(system, map, f, x, y, dy, gamma, saved, dgamma, dbeta,
                                          dx);
    }
};

}  // namespace collab::backend::device
