// SPDX-License-Identifier: Apache-2.0
// adam: adaptive moments (Kingma and Ba 2015), for the critics of adversarial methods.
#pragma once
#include <cmath>
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>

namespace collab {

/// m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  w <- w - learning_rate (m / (1 - b1^t)) /
/// (sqrt(v / (1 - b2^t)) + epsilon). PyTorch's Adam, without weight decay. The learning_rate stays
/// as it is.
struct Adam {
    double learning_rate = 1e-4;
    double beta1 = 0.5;
    double beta2 = 0.999;
    double epsilon = 1e-8;

    void check() const {
        detail::check_not_negative("the critic's learning_rate", learning_rate);
        const Expect expect{"Adam"};
        expect.below_one("beta1", beta1);
        expect.below_one("beta2", beta2);
        expect.positive("epsilon", epsilon);
    }
};

namespace detail {
template <class T>
struct AdamStep {
    T *w, *m, *v;
    const T* gradient;
    /// 1 - beta1^t, 1 - beta2^t; where the backend computes, as they are others at every step and
    /// the rest is not
    const T* corrections;
    T learning_rate, beta1, beta2, epsilon;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const T g = gradient[i];
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        w[i] -=
            learning_rate / corrections[0] * m[i] / (std::sqrt(v[i] / corrections[1]) + epsilon);
    }
};
}  // namespace detail

}  // namespace collab
