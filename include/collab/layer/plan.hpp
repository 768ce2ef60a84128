// SPDX-License-Identifier: Apache-2.0
// plan: which layers of a sequence run together, as a table of constants.
//
// Every decision is one rule, a function of `PlanRules`. What two layers must agree on, one of them
// decides: the row of the other is filled from the same rule. The passes (forward_pass.hpp,
// backward_pass.hpp) read the table and decide nothing again.
#pragma once
#include <array>
#include <cstddef>

#include <collab/layer/concepts.hpp>

namespace collab {

/// The operation that a layer runs as, in one pass over its input.
enum class PlanStep {
    none,           ///< nothing: an alias, or an activation that the layer before applies
    layer,          ///< the layer's own forward and backward
    convolution,    ///< the fused operations for convolutions (backend/fusion.hpp)
    normalization,  ///< the fused operations for normalizations
};

/// What the plan decides about one layer. Other layers are named by their numbers, -1 is none.
struct PlanRow {
    PlanStep step = PlanStep::none;
    int result = 0;             ///< the value that its step computes, after an activation
    bool applies_next = false;  ///< it applies the activation behind it
    bool applied_by_previous = false;
    bool sums_for_next = false;  ///< a convolution sums its result for the normalization
    bool summed_by_previous = false;
    bool reads_virtual = false;      ///< it forms its input while it reads it
    bool result_is_virtual = false;  ///< its result is formed by the layer that reads it
    bool begins = false;             ///< nothing before it computes
    bool ends = false;               ///< an Ending is applied with it
    int gates_for = -1;              ///< it multiplies the gradient of its input by the slope of
                                     ///< that layer's activation, and sums it for that layer
    bool gated_by_next = false;      ///< the layer that reads its result does so for it
};

/// The plan of a sequence of layers, and what it has in store for the sequence around it.
template <int Depth>
struct SequencePlan {
    std::array<PlanRow, std::size_t(Depth)> rows{};
    bool ends_in_normalization = false;  ///< an Ending may be applied; a gate for it is offered
    bool takes_gate = false;             ///< the first layer can gate the gradient that leaves
};

namespace detail {

/// What the rules ask of a layer.
struct LayerFacts {
    bool alias = false;
    bool activation = false;  ///< one that the layer before may apply (FusableActivation)
    bool fuses_activation = false;
    bool normalizes = false;
    bool convolves = false;
    bool reads_virtual = false;  ///< its input has no storage (layer/measure.hpp)
    bool offers_gate = false;    ///< made of layers, it leaves its gate to the layer behind
    bool takes_gate = false;     ///< made of layers, it can gate the gradient of its input
};

template <class L, class In>
constexpr LayerFacts facts_of(bool reads_virtual) {
    LayerFacts f{L::alias,
                 FusableActivation<L>,
                 FusesActivation<L>,
                 normalizes<L>,
                 convolves<L>(In::dims),
                 reads_virtual,
                 false,
                 false};
    if constexpr (requires { L::template offers_gate<In>; }) {
        f.offers_gate = L::template offers_gate<In>;
        f.takes_gate = L::template takes_gate<In>;
    }
    return f;
}

/// The rules, for layers `from` to `to` of a sequence of `depth` layers. Without `fuses`, a layer
/// still applies the activation behind it, and everything else is left to the layers.
struct PlanRules {
    const LayerFacts* layers;
    int from, to, depth;
    bool fuses;

    /// The only rule for activations: one whose slope needs its input is a step of its own, so that
    /// what it reads is written and kept, and no gate knows it.
    constexpr bool applies_next(int i) const {
        return i >= from && i + 1 < to && layers[i].fuses_activation && layers[i + 1].activation;
    }
    constexpr bool computes(int i) const { return !layers[i].alias && !applies_next(i - 1); }
    constexpr int result(int i) const { return applies_next(i) ? i + 2 : i + 1; }
    /// The layer whose step computes value v; -1 for an alias or what is given to the range.
    constexpr int maker(int v) const {
        const int i = applies_next(v - 2) ? v - 2 : v - 1;
        return i >= from && computes(i) ? i : -1;
    }
    constexpr PlanStep step(int i) const {
        if (!computes(i))
            return PlanStep::none;
        if (fuses && layers[i].convolves)
            return PlanStep::convolution;
        return fuses && layers[i].normalizes ? PlanStep::normalization : PlanStep::layer;
    }
    /// Convolution i sums its result for the normalization that comes right behind it.
    constexpr bool sums_for_next(int i) const {
        return i >= from && i + 1 < to && step(i) == PlanStep::convolution &&
               step(i + 1) == PlanStep::normalization;
    }
    constexpr bool is_virtual(int v) const { return v < to && layers[v].reads_virtual; }
    constexpr bool begins(int i) const {
        for (int k = from; k < i; ++k)
            if (!layers[k].alias)
                return false;
        return true;
    }
    /// Its pass also adds what stands behind the sequence. An activation of its own would come
    /// before that.
    constexpr bool ends(int i) const {
        return i + 1 == to && to == depth && step(i) == PlanStep::normalization;
    }
    /// Layer i leaves it to its reader to multiply by the slope of the activation, and to sum.
    constexpr bool offers_gate(int i) const {
        return step(i) == PlanStep::normalization || (fuses && layers[i].offers_gate);
    }
    /// Layer i can do that for the layer before. A virtual input has a gate of its own.
    constexpr bool can_gate(int i) const {
        return (step(i) == PlanStep::convolution && !layers[i].reads_virtual) ||
               (fuses && layers[i].takes_gate);
    }
    constexpr int gates_for(int i) const {
        const int before = maker(i);
        return before >= 0 && i < to && can_gate(i) && offers_gate(before) ? before : -1;
    }
    /// As the body of a block: the first layer gates what leaves the sequence. One that is made of
    /// layers cannot, because what is added to its gradient comes too late for that.
    constexpr bool takes_gate() const {
        return depth > 0 && can_gate(0) && step(0) == PlanStep::convolution;
    }

    constexpr PlanRow row(int i) const {
        const int out = result(i);
        return {step(i),          out,
                applies_next(i),  applies_next(i - 1),
                sums_for_next(i), sums_for_next(i - 1),
                is_virtual(i),    is_virtual(out),
                begins(i),        ends(i),
                gates_for(i),     out < to && computes(i) && gates_for(out) == i};
    }
};

/// The plan of layers From to To of a bound sequence.
template <class ExecutionPlan, int From, int To, bool Fuses>
constexpr SequencePlan<ExecutionPlan::depth> make_plan() {
    constexpr int depth = ExecutionPlan::depth;
    SequencePlan<depth> plan;
    if constexpr (depth > 0) {
        const auto facts = []<int... I>(std::integer_sequence<int, I...>) {
            return std::array<LayerFacts, std::size_t(depth)>{
                facts_of<typename ExecutionPlan::template LayerAt<I>,
                         typename ExecutionPlan::template ShapeAt<I>>(
                    ExecutionPlan::table.is_virtual[I])...};
        }(std::make_integer_sequence<int, depth>{});
        const PlanRules rules{facts.data(), From, To, depth, Fuses};
        for (int i = From; i < To; ++i)
            plan.rows[std::size_t(i)] = rules.row(i);
        plan.ends_in_normalization = From < To && rules.ends(depth - 1);
        plan.takes_gate = From == 0 && rules.takes_gate();
    }
    return plan;
}

}  // namespace detail
}  // namespace collab
