// SPDX-License-Identifier: Apache-2.0
// lookahead: any optimizer, and slow weights that follow it every few steps.
#pragma once
#include <cstddef>
#include <string>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/optim/optimizer.hpp>
#include <collab/optim/sgd.hpp>

namespace collab {

namespace detail {
/// Slow weights begin where the weights do.
template <class T>
struct LookaheadBegin {
    const T* weights;
    T* slow;
    const T* now;  ///< 1 at the first step, else 0: where the backend computes
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        if (now[0] != T(0))
            slow[i] = weights[i];
    }
};
template <class T>
struct LookaheadEnd {
    T* weights;
    T* slow;
    const T* now;  ///< behind the flag of the first step: 1 where slow weights move
    T alpha;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        if (now[1] == T(0))
            return;
        slow[i] += alpha * (weights[i] - slow[i]);
        weights[i] = slow[i];
    }
};
template <class T, class Inner>
struct LookaheadStep {
    LookaheadBegin<T> begin;
    Inner inner;
    LookaheadEnd<T> end;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        begin(i);
        inner(i);
        end(i);
    }
};
}  // namespace detail

/// Steps of O; after every `every` of them, slow <- slow + alpha (w - slow) and w <- slow (Zhang et
/// al. 2019, Algorithm 1). What O remembers stays. The networks are best evaluated where both are
/// the same, after a multiple of `every` steps.
///
///     Training<Pair, Cpu<float>, Lookahead<AdamW>> training({.optimizer = {.every = 5}});
template <Optimizer O = Sgd>
    requires(O::slots < WeightRange<float>::most_slots)
struct Lookahead {
    static constexpr int slots = O::slots + 1;
    static constexpr int scalars = O::scalars + 2;
    int every = 5;
    double alpha = 0.5;
    O fast{};

    void write_scalars(long step, double* to) const {
        if constexpr (O::scalars > 0)
            fast.write_scalars(step, to);
        to[O::scalars] = step == 0;
        to[O::scalars + 1] = (step + 1) % every == 0;
    }
    void check() const {
        const Expect expect{"Lookahead"};
        expect.at_least("every", every, 1);
        expect.fraction("alpha", alpha);
        fast.check();
    }
    Facts facts() const {
        Facts all{{"optimizer", "Lookahead"},
                  {"slow weights every", std::to_string(every)},
                  {"slow weights' alpha", detail::number_text(alpha)}};
        for (const auto& [name, value] : fast.facts())
            all.push_back({name == "optimizer" ? "fast optimizer" : name, value});
        return all;
    }
    Lookahead with_decay(double factor) const {
        return {every, alpha, detail::with_decay(fast, factor)};
    }

    template <class T>
    auto update(const WeightRange<T>& r) const {
        auto inner = fast.update(r);
        return detail::LookaheadStep<T, decltype(inner)>{begin(r), inner, end(r)};
    }
    static std::size_t room(const Parameter& tensor)
        requires TensorOptimizer<O>
    {
        return O::room(tensor);
    }
    template <class B, class T = typename B::Scalar>
        requires TensorOptimizer<O>
    void move(B& backend, const Parameter& tensor, const WeightRange<T>& r, T* room) const {
        const auto n = std::size_t(tensor.size);
        backend.for_each(n, begin(r));
        fast.move(backend, tensor, r, room);
        backend.for_each(n, end(r));
    }

private:
    template <class T>
    static detail::LookaheadBegin<T> begin(const WeightRange<T>& r) {
        return {r.weights, r.slots[O::slots], r.scalars + O::scalars};
    }
    template <class T>
    detail::LookaheadEnd<T> end(const WeightRange<T>& r) const {
        return {r.weights, r.slots[O::slots], r.scalars + O::scalars, T(alpha)};
    }
};

}  // namespace collab
