// SPDX-License-Identifier: Apache-2.0
// rmsprop: gradients divided by a running root of their squares.
#pragma once
#include <cmath>
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/optim/optimizer.hpp>

namespace collab {

namespace detail {
template <class T>
struct RmspropStep {
    WeightRange<T> r;
    T alpha, epsilon, momentum, weight_decay;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const T g = r.gradients[i] + weight_decay * r.weights[i];
        T& square = r.slots[0][i];
        T& velocity = r.slots[1][i];
        square = alpha * square + (1 - alpha) * g * g;
        velocity = momentum * velocity + g / (std::sqrt(square) + epsilon);
        r.weights[i] -= r.learning_rate * velocity;
    }
};
}  // namespace detail

/// g <- gradient + weight_decay w;  v <- alpha v + (1 - alpha) g^2;  m <- momentum m + g / (sqrt(v)
/// + epsilon);  w <- w - rate m. PyTorch's RMSprop, not centered (Tieleman and Hinton 2012).
struct RmsProp {
    static constexpr int slots = 2;
    static constexpr int scalars = 0;
    double alpha = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;
    double weight_decay = 0;

    void check() const {
        const Expect expect{"RmsProp"};
        expect.below_one("alpha", alpha);
        expect.positive("epsilon", epsilon);
        expect.below_one("momentum", momentum);
        expect.not_negative("weight_decay", weight_decay);
    }
    Facts facts() const {
        return {{"optimizer", "RmsProp"},
                {"alpha", detail::number_text(alpha)},
                {"epsilon", detail::number_text(epsilon)},
                {"momentum", detail::number_text(momentum)},
                {"weight decay", detail::number_text(weight_decay)}};
    }
    template <class T>
    auto update(const WeightRange<T>& r) const {
        return detail::RmspropStep<T>{r, T(alpha), T(epsilon), T(momentum), T(weight_decay)};
    }
};

}  // namespace collab
