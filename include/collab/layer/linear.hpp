// SPDX-License-Identifier: Apache-2.0
// linear: a learned linear map of a vector.
#pragma once
#include <collab/layer/concepts.hpp>
#include <collab/layer/options.hpp>

namespace collab {

/// No bias: `Linear<10, NoBias>`.
struct NoBias {};

/// `Out` learned sums over all features of a flat sample ({n, 1, 1}; put Flatten or a global pool
/// before it), with a bias unless `NoBias` is given. Weights lie as [in][Out].
template <int Out, class... Options>
struct Linear : LayerBase {
    static_assert(Out > 0, "collab: a linear layer has at least one output");
    static_assert((std::same_as<Options, NoBias> && ...),
                  "collab: the one option of a linear layer is NoBias");
    static constexpr bool has_bias = !(std::same_as<Options, NoBias> || ...);
    static constexpr bool optional_input_gradient = true;

    static constexpr bool accepts(Dims in) { return in.area() == 1; }
    static constexpr Dims output(Dims) { return {Out, 1, 1}; }
    static constexpr auto parameters(Dims in) {
        const Parameter weight{"weight",  Role::weight,     in.size() * Out,
                               in.size(), {in.size(), Out}, 2};
        if constexpr (has_bias)
            return std::array<Parameter, 2>{weight, {"bias", Role::bias, Out, in.size(), {Out}, 1}};
        else
            return std::array<Parameter, 1>{weight};
    }
    static constexpr Footprint footprint(Dims in) { return listed_footprint<Linear>(in); }
    static constexpr long multiply_adds(Dims in) { return long(in.size()) * Out; }
    static std::string describe() { return sentence("Linear<", Out, has_bias ? ">" : ", NoBias>"); }

    template <ProductBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.linear({c.batch, in.size(), Out}, f.x, f.parameters,
                         has_bias ? f.parameters + in.size() * Out : nullptr, f.y);
    }
    template <ProductBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        const backend::Product g{c.batch, in.size(), Out};
        c.backend.linear_weight_gradient(g, b.x, b.dy, b.gradients);
        if constexpr (has_bias)
            c.backend.bias_gradient({c.batch, {Out, 1, 1}}, b.dy, b.gradients + in.size() * Out);
        if (b.dx)
            c.backend.linear_input_gradient(g, b.dy, b.parameters, b.dx);
    }
};

}  // namespace collab
