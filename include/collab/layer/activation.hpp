// SPDX-License-Identifier: Apache-2.0
// activation: a scalar function of every element.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

namespace detail {
/// An activation whose slope follows from its output: it writes over its input where the layer
/// before can spare its output.
template <class Self>
struct ActivationLayer : LayerBase {
    static constexpr bool in_place = true;
    static constexpr bool keeps_output = true;

    template <ActivationBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.activate({c.batch, in}, Self::function(), f.x, f.y);
    }
    template <ActivationBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.activate_backward({c.batch, in}, Self::function(), b.y, b.dy, b.dx);
    }
};
/// An activation whose slope needs its input (SlopeFromInput), which is kept until backward.
template <class Self>
struct InputActivationLayer : LayerBase {
    template <ActivationBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.activate({c.batch, in}, Self::function(), f.x, f.y);
    }
    template <ActivationBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.activate_backward({c.batch, in}, Self::function(), b.x, b.dy, b.dx);
    }
};
}  // namespace detail

/// max(x, 0).
struct Relu : detail::ActivationLayer<Relu> {
    static constexpr ReluFunction function() { return {}; }
    static std::string describe() { return "Relu"; }
};
/// min(max(x, 0), 6).
struct Relu6 : detail::ActivationLayer<Relu6> {
    static constexpr Relu6Function function() { return {}; }
    static std::string describe() { return "Relu6"; }
};
/// x where positive, e^x - 1 elsewhere (Clevert et al. 2016, alpha = 1).
struct Elu : detail::ActivationLayer<Elu> {
    static constexpr EluFunction function() { return {}; }
    static std::string describe() { return "Elu"; }
};
/// x where positive, (Numerator / Denominator) x elsewhere; 0.01 by default.
template <int Numerator = 1, int Denominator = 100>
struct LeakyRelu : detail::ActivationLayer<LeakyRelu<Numerator, Denominator>> {
    static_assert(Numerator > 0 && Denominator > 0,
                  "collab: the slope of a leaky ReLU is positive");
    static constexpr LeakyReluFunction function() { return {double(Numerator) / Denominator}; }
    static std::string describe() {
        return sentence("LeakyRelu<", Numerator, ", ", Denominator, ">");
    }
};
/// 1 / (1 + e^-x).
struct Sigmoid : detail::ActivationLayer<Sigmoid> {
    static constexpr SigmoidFunction function() { return {}; }
    static std::string describe() { return "Sigmoid"; }
};

}  // namespace collab
