// SPDX-License-Identifier: Apache-2.0
// lion: steps of one size along the sign of a momentum.
#pragma once
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/optim/optimizer.hpp>

namespace collab {

namespace detail {
template <class T>
struct LionStep {
    WeightRange<T> r;
    T beta1, beta2, weight_decay;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const T g = r.gradients[i];
        T& w = r.weights[i];
        T& m = r.slots[0][i];
        const T u = beta1 * m + (1 - beta1) * g;
        w -= r.learning_rate * (T((u > T(0)) - (u < T(0))) + weight_decay * w);
        m = beta2 * m + (1 - beta2) * g;
    }
};
}  // namespace detail

/// u <- sign(b1 m + (1 - b1) gradient);  w <- w - rate (u + weight_decay w);  m <- b2 m + (1 - b2)
/// gradient (Chen et al. 2023, Algorithm 2). Its learning rate is a third to a tenth of AdamW's,
/// and its weight decay as many times larger.
struct Lion {
    static constexpr int slots = 1;
    static constexpr int scalars = 0;
    double beta1 = 0.9;
    double beta2 = 0.99;
    double weight_decay = 0;

    void check() const {
        const Expect expect{"Lion"};
        expect.below_one("beta1", beta1);
        expect.below_one("beta2", beta2);
        expect.not_negative("weight_decay", weight_decay);
    }
    Facts facts() const {
        return {{"optimizer", "Lion"},
                {"beta1", detail::number_text(beta1)},
                {"beta2", detail::number_text(beta2)},
                {"weight decay", detail::number_text(weight_decay)}};
    }
    template <class T>
    auto update(const WeightRange<T>& r) const {
        return detail::LionStep<T>{r, T(beta1), T(beta2), T(weight_decay)};
    }
};

}  // namespace collab
