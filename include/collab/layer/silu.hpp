// SPDX-License-Identifier: Apache-2.0
// silu: the sigmoid linear unit, also called swish.
#pragma once
#include <string>

#include <collab/layer/activation.hpp>

namespace collab {

/// y = x sigmoid(x).
struct SiluFunction {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return x * SigmoidFunction{}(x);
    }
    /// The value falls to -0.28 and rises again, so it cannot tell the slope.
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope_at(T x) const {
        const T s = SigmoidFunction{}(x);
        return s + x * SigmoidFunction{}.slope(s);
    }
};

/// x / (1 + e^-x) (Elfwing et al. 2018; Ramachandran et al. 2017); PyTorch's nn.SiLU.
struct Silu : detail::InputActivationLayer<Silu> {
    static constexpr SiluFunction function() { return {}; }
    static std::string describe() { return "Silu"; }

    template <class Writer, class Value>
    static Value write_onnx(Writer& out, Dims, const Value& x) {
        auto& g = out.graph();
        return {g.node("Mul", {x.name, g.node("Sigmoid", {x.name})}), x.flat};
    }
};

}  // namespace collab
