// SPDX-License-Identifier: Apache-2.0
// adam: adaptive moments (Kingma and Ba, ICLR 2015), for networks and for the critics of
// adversarial methods.
#pragma once
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <collab/backend/choose.hpp>
#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/optim/optimizer.hpp>

namespace collab {

namespace detail {
/// The square root of x >= 0, in float within two units of the last place where x is a normal
/// number; of the smaller ones, whose root is below 1e-19, too small a root. std::sqrt may set
/// errno, for which compilers leave a loop over it one number at a time.
template <class T>
COLLAB_HD COLLAB_INLINE T square_root(T x) {
#ifndef __CUDA_ARCH__
    if constexpr (std::is_same_v<T, float>) {
        // 1 / sqrt x: the exponent halved, then Newton's steps, each of which doubles the digits
        float y = std::bit_cast<float>(0x5f375a86u - (std::bit_cast<std::uint32_t>(x) >> 1));
        const float half = 0.5f * x;
        y *= 1.5f - half * y * y;
        y *= 1.5f - half * y * y;
        const float root = x * y;
        const float better = root + 0.5f * y * (x - root * root);
        // the steps make a NaN of infinity
        return choose<float>(x <= std::numeric_limits<float>::max(), better, x);
    }
#endif
    return std::sqrt(x);
}

template <class T>
struct AdamStep {
    T* w;
    T* m;
    T* v;
    const T* gradient;
    /// 1 - beta1^t, 1 - beta2^t; where the backend computes, as they are others at every step and
    /// the rest is not
    const T* corrections;
    T learning_rate, beta1, beta2, epsilon;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const { loaded()(i); }

    /// The step with its corrections at hand: a store might change them where they lie, for all
    /// that compilers know.
    struct Loaded {
        AdamStep step;
        T rate, square_share;
        COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
            step.w[i] -= moved(i, step.gradient[i]);
        }
        /// What is taken from the weight, after both averages were moved by the gradient g.
        COLLAB_HD COLLAB_INLINE T moved(std::size_t i, T g) const {
            const T mean = step.beta1 * step.m[i] + (1 - step.beta1) * g;
            const T square = step.beta2 * step.v[i] + (1 - step.beta2) * g * g;
            step.m[i] = mean;
            step.v[i] = square;
            return rate * mean / (square_root(square / square_share) + step.epsilon);
        }
    };
    COLLAB_HD COLLAB_INLINE Loaded loaded() const {
        return {*this, learning_rate / corrections[0], corrections[1]};
    }
};
/// The same with weight decay: added to the gradient, or taken from the weight beside the step.
template <class T>
struct DecayedAdamStep {
    AdamStep<T> step;
    T weight_decay;
    bool decoupled;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const { loaded()(i); }

    struct Loaded {
        typename AdamStep<T>::Loaded step;
        T added, taken;  ///< factors instead of a branch, which compilers would leave in the loop
        COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
            const T w = step.step.w[i];
            const T g = step.step.gradient[i] + added * w;
            step.step.w[i] = (w - taken * w) - step.moved(i, g);
        }
    };
    COLLAB_HD COLLAB_INLINE Loaded loaded() const {
        return {step.loaded(), decoupled ? T(0) : weight_decay,
                decoupled ? step.learning_rate * weight_decay : T(0)};
    }
};

/// What Adam and its kin have in common.
template <bool Decoupled>
struct AdamBase {
    static constexpr int slots = 2;
    static constexpr int scalars = 2;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = Decoupled ? 0.01 : 0.0;

    void write_scalars(long step, double* to) const {
        to[0] = 1 - std::pow(beta1, double(step) + 1);
        to[1] = 1 - std::pow(beta2, double(step) + 1);
    }
    void check() const {
        const Expect expect{Decoupled ? "AdamW" : "Adam"};
        expect.below_one("beta1", beta1);
        expect.below_one("beta2", beta2);
        expect.positive("epsilon", epsilon);
        expect.not_negative("weight_decay", weight_decay);
    }
    Facts facts() const {
        return {{"optimizer", Decoupled ? "AdamW" : "Adam"},
                {"beta1", number_text(beta1)},
                {"beta2", number_text(beta2)},
                {"epsilon", number_text(epsilon)},
                {"weight decay", number_text(weight_decay)}};
    }
    template <class T>
    auto update(const WeightRange<T>& r) const {
        return DecayedAdamStep<T>{{r.weights, r.slots[0], r.slots[1], r.gradients, r.scalars,
                                   r.learning_rate, T(beta1), T(beta2), T(epsilon)},
                                  T(weight_decay),
                                  Decoupled};
    }
};
}  // namespace detail

/// g <- gradient + weight_decay w;  m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  w <- w -
/// rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon). PyTorch's Adam.
using Adam = detail::AdamBase<false>;

/// Adam whose weight decay is decoupled from the gradient: w <- w - rate weight_decay w, then a
/// step of Adam without decay (Loshchilov and Hutter, ICLR 2019, Algorithm 2). PyTorch's AdamW.
///
///     Training<Pair, Cpu<float>, AdamW> training({.optimizer = {.weight_decay = 0.05}});
using AdamW = detail::AdamBase<true>;

/// Adam with a learning rate of its own, which stays as it is: for the critics of adversarial
/// methods.
struct CriticAdam {
    double learning_rate = 1e-4;
    double beta1 = 0.5;
    double beta2 = 0.999;
    double epsilon = 1e-8;

    void check() const {
        detail::check_not_negative("the critic's learning rate", learning_rate);
        const Expect expect{"CriticAdam"};
        expect.below_one("beta1", beta1);
        expect.below_one("beta2", beta2);
        expect.positive("epsilon", epsilon);
    }
    void write_scalars(long step, double* to) const {
        Adam{.beta1 = beta1, .beta2 = beta2}.write_scalars(step, to);
    }
    template <class T>
    auto update(const WeightRange<T>& r) const {
        return detail::AdamStep<T>{r.weights,       r.slots[0], r.slots[1], r.gradients, r.scalars,
                                   r.learning_rate, T(beta1),   T(beta2),   T(epsilon)};
    }
};

}  // namespace collab
