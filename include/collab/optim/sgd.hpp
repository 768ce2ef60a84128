// SPDX-License-Identifier: Apache-2.0
// sgd: stochastic gradient descent with momentum and weight decay.
#pragma once
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>

namespace collab {

/// g <- gradient + weight_decay w;  m <- momentum m + g;  w <- w - learning_rate (nesterov ? g +
/// momentum m : m). PyTorch's SGD without dampening. Weight decay acts on every parameter, scales
/// and biases included.
struct Sgd {
    double momentum = 0.9;
    double weight_decay = 1e-4;
    bool nesterov = false;

    void check() const {
        if (!(momentum >= 0 && momentum < 1))
            fail("momentum is ", momentum, "; expected a number in [0, 1)");
        detail::check_not_negative("weight decay", weight_decay);
    }
};

namespace detail {
template <class T>
struct SgdStep {
    T *w, *m;
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

}  // namespace collab
