// SPDX-License-Identifier: Apache-2.0
// optimizer: what a training asks of the rule that moves its weights.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/facts.hpp>
#include <collab/layer/concepts.hpp>

namespace collab {

/// Weights that lie side by side, and what belongs to them. An optimizer turns it into a function
/// object that moves weight i.
template <class T>
struct WeightRange {
    static constexpr int most_slots = 4;
    T* weights = nullptr;
    const T* gradients = nullptr;
    std::array<T*, most_slots> slots{};  ///< values of the optimizer's own, one of each per weight
    const T* scalars = nullptr;          ///< numbers that are others at every step
    T learning_rate = 0;

    WeightRange from(std::size_t first) const {
        WeightRange r = *this;
        r.weights += first;
        r.gradients += first;
        for (T*& slot : r.slots)
            if (slot)
                slot += first;
        return r;
    }
};

/// A rule that moves weights along their gradients. A type with these members is one:
///
///     static constexpr int slots = 1;    // values that it keeps for each weight, at most four
///     static constexpr int scalars = 0;  // numbers that are others at every step
///     void write_scalars(long step, double* to) const;   // those of a step, counted from 0
///     void check() const;                // throws Error for a setting out of range
///     Facts facts() const;               // its settings in words
///     template <class T> auto update(const WeightRange<T>& r) const;  // called with i, moves it
///
/// `write_scalars` may be left out where `scalars` is 0. All slots are 0 at first.
template <class O>
concept Optimizer = requires(const O& o, const WeightRange<float>& r, std::size_t i) {
    { O::slots } -> std::convertible_to<int>;
    { O::scalars } -> std::convertible_to<int>;
    o.check();
    { o.facts() } -> std::convertible_to<Facts>;
    o.update(r)(i);
} && O::slots >= 0 && O::slots <= WeightRange<float>::most_slots && O::scalars >= 0;

/// An optimizer that moves some tensors as a whole, such as matrices. It has besides
///
///     // numbers that it works in; 0 for tensors that it moves element by element
///     static std::size_t room(const Parameter& tensor);
///     template <class B, class T = typename B::Scalar>
///     void move(B& backend, const Parameter& tensor, const WeightRange<T>& r, T* room) const;
///
/// The room is on a 64-byte boundary, and holds anything.
template <class O>
concept TensorOptimizer = Optimizer<O> && requires(const Parameter& tensor) {
    { O::room(tensor) } -> std::same_as<std::size_t>;
};

namespace detail {
/// An optimizer with another weight decay: one that has a `weight_decay`, or says by
/// `with_decay(factor)` what that is.
template <class O>
O with_decay(const O& optimizer, double factor) {
    if constexpr (requires { optimizer.with_decay(factor); }) {
        return optimizer.with_decay(factor);
    } else if constexpr (requires(O& o) { o.weight_decay *= factor; }) {
        O other = optimizer;
        other.weight_decay *= factor;
        return other;
    } else {
        fail("a parameter group has the decay ", factor, "; this optimizer has no weight decay");
    }
}
}  // namespace detail

}  // namespace collab
