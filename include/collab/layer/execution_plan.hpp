// SPDX-License-Identifier: Apache-2.0
// execution_plan: a list of layers bound to an input shape. Running it needs only memory.
//
// Layer i turns value i into value i + 1 (layer/measure.hpp), and what runs together is planned
// (layer/plan.hpp). On a backend that fuses, a convolution sums its result for the normalization
// that follows, and a virtual value is formed while the next convolution reads it; backward, a
// convolution reads the gradient of its result through that normalization, and gates the gradient
// of a virtual input. A backend that does not fuse runs layer by layer and forms virtual values in
// memory of the moment: the same meaning, more passes.
#pragma once
#include <collab/layer/backward_pass.hpp>
#include <collab/layer/forward_pass.hpp>
#include <collab/layer/shape_inference.hpp>

namespace collab {

/// A list of layers bound to an input shape. `List` may be a type derived from one: symbols and
/// messages then say its name. `ResultElsewhere`: forward is always given y.
template <class List, StaticShape In, bool ResultElsewhere = false>
struct ExecutionPlan {
    using layers = flat_layers<List>;
    using Input = In;
    static constexpr int depth = layers::size;
    static constexpr inferred_shapes<layers> table{In::dims, ResultElsewhere};
    template <int I>
    using LayerAt = typename layers::template at<I>;
    template <int I>
    using ShapeAt = Shape<table.shapes[I].channels, table.shapes[I].height, table.shapes[I].width>;
    /// The place of layer I in the description, which its random numbers follow from.
    template <int I>
    static constexpr int number = [] {
        if constexpr (requires { List::numbers; })
            return List::numbers[std::size_t(I)];
        else
            return I;
    }();
    using Output = ShapeAt<depth>;
    static constexpr Footprint footprint = table.footprint();
    /// What runs together of layers From to To, on a backend that fuses or on one that does not.
    template <int From = 0, int To = depth, bool Fuses = true>
    static constexpr SequencePlan<depth> plan = detail::make_plan<ExecutionPlan, From, To, Fuses>();

    /// Value To from value From. The result lies in `y` where one is given, else in this sequence's
    /// storage or, when nothing computes between, is x itself. An Ending asks for a backend that
    /// fuses, for a plan that ends in a normalization and for y.
    template <int From, int To, class B, class T = typename B::Scalar,
              class End = Ending<T, Identity>>
    static View<const T> forward(const Context<B>& c, const Memory<T>& m, View<const T> x,
                                 View<T> y = {}, const End& end = {}) {
        static_assert(starts_at<From>,
                      "collab: a range of layers cannot begin at an activation; put a Cut there");
        static_assert(!divides_virtual<From> && !divides_virtual<To>,
                      "collab: a range of layers cannot begin or end between a normalization and "
                      "the convolution that reads it; put a Cut there");
        return detail::ForwardPass<ExecutionPlan, From, To, B, End>{{c, m, x}, y, end}.run();
    }

    /// Where forward put value To when it was given x and no place for the result.
    template <int From, int To, class B, class T = typename B::Scalar>
    static View<const T> result(const Context<B>& c, const Memory<T>& m, View<const T> x) {
        return detail::SequencePass<ExecutionPlan, From, To, B>{c, m, x}.template value<To>();
    }

    /// The gradient of value From from dy, that of value To; adds to the parameters' gradients. x
    /// is what forward was given and y where it put the result (empty when it was not told).
    /// `wanted`: without it the first layer may skip its input gradient and the result is empty.
    /// The result lies in `dx` where one is given, else in scratch or, when nothing computes
    /// between, is dy. `plus`, where given, is added to the result. An EndingGradient undoes an
    /// Ending. `leaving`: an OutputGate for the result, if the plan takes one.
    template <int From, int To, class B, class T = typename B::Scalar,
              class End = EndingGradient<T, Identity>, class Out = Ungated>
    static View<const T> backward(const Context<B>& c, const Memory<T>& m, View<const T> x,
                                  View<const T> dy, View<T> dx = {}, bool wanted = true,
                                  View<const T> y = {}, View<const T> plus = {},
                                  const End& end = {}, const Out& leaving = {}) {
        return detail::BackwardPass<ExecutionPlan, From, To, B, End, Out>{
            {c, m, x}, dy, dx, wanted, y, plus, end, leaving}
            .run();
    }

    /// The gate of the normalization at the end, for the layer behind this sequence: its result
    /// lies in `y` after f.
    template <class B, class T, class F>
    static backend::OutputGate<T, F> ending_gate(const Memory<T>& m, const Context<B>& c,
                                                 View<const T> x, View<const T> y, F f) {
        return detail::SequencePass<ExecutionPlan, 0, depth, B>{c, m, x}
            .template gate_of<depth - 1>(y, f);
    }

private:
    // an activation in the middle writes over the value before, which here is the caller's
    template <int From>
    static constexpr bool starts_at = [] {
        if constexpr (From > 0 && From < depth)
            return LayerAt<From>::alias || table.home[From + 1] != table.home[From];
        else
            return true;
    }();
    template <int V>
    static constexpr bool divides_virtual = V > 0 && V < depth&& table.is_virtual[V];
};

}  // namespace collab
