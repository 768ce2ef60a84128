// SPDX-License-Identifier: Apache-2.0
// sgd: stochastic gradient descent with momentum and weight decay.
#pragma once
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/optim/optimizer.hpp>

namespace collab {

namespace detail {
template <class T>
struct SgdStep {
    T* w;
    T* m;
    const T* gradient;
    T learning_rate, momentum, weight_decay;
    bool nesterov;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const T g = gradient[i] + weight_decay * w[i];
        const T velocity = momentum * m[i] + g;
        m[i] = velocity;
        w[i] -= learning_rate * (nesterov ? g + momentum * velocity : velocity);
    }
};
}  // namespace detail

/// g <- gradient + weight_decay w;  m <- momentum m + g;  w <- w - rate (nesterov ? g + momentum m
/// : m). PyTorch's SGD without dampening. Weight decay acts on every parameter, scales and biases
/// included.
struct Sgd {
    static constexpr int slots = 1;
    static constexpr int scalars = 0;
    double momentum = 0.9;
    double weight_decay = 1e-4;
    bool nesterov = false;

    void check() const;
    Facts facts() const;
    template <class T>
    auto update(const WeightRange<T>& r) const {
        return detail::SgdStep<T>{r.weights,   r.slots[0],      r.gradients, r.learning_rate,
                                  T(momentum), T(weight_decay), nesterov};
    }
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/optim/sgd-inl.hpp>
#endif
