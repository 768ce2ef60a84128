// SPDX-License-Identifier: Apache-2.0
// gelu: the Gaussian error linear unit.
#pragma once
#include <cmath>
#include <string>
#include <type_traits>

#include <collab/layer/activation.hpp>

namespace collab {

/// y = x Phi(x), where Phi is the distribution function of N(0, 1).
struct GeluFunction {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return x * distribution(x, bell(x));
    }
    /// Phi(x) + x phi(x). The value falls to -0.17 and rises again, so it cannot tell the slope.
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope_at(T x) const {
        const T e = bell(x);
        return distribution(x, e) + x * (T(0.398942280401432678) * e);  // 1 / sqrt(2 pi)
    }

private:
    /// e^(-x^2 / 2).
    template <class T>
    COLLAB_HD COLLAB_INLINE static T bell(T x) {
        if constexpr (std::is_same_v<T, float>)
            return exp_minus_one(-0.5f * x * x) + 1.f;
        else
            return std::exp(T(-0.5) * x * x);
    }
    /// Phi(x), where e is e^(-x^2 / 2). For float without branches, so that a loop over it becomes
    /// vector code: by Abramowitz and Stegun (1964), 7.1.26, whose error of 8e-8 is that of
    /// rounding.
    template <class T>
    COLLAB_HD COLLAB_INLINE static T distribution(T x, [[maybe_unused]] T e) {
        if constexpr (std::is_same_v<T, float>) {
            const float size = detail::choose<float>(x < 0.f, -x, x);
            const float t = 1.f / (1.f + 0.3275911f * 0.70710678f * size);
            float p = 0.5f * 1.061405429f;
            p = p * t - 0.5f * 1.453152027f;
            p = p * t + 0.5f * 1.421413741f;
            p = p * t - 0.5f * 0.284496736f;
            p = p * t + 0.5f * 0.254829592f;
            const float tail = p * t * e;
            return detail::choose<float>(x < 0.f, tail, 1.f - tail);
        } else {
            return T(0.5) * std::erfc(-x * T(0.707106781186547524));
        }
    }
};

/// x Phi(x) = x (1 + erf(x / sqrt(2))) / 2, the exact form (Hendrycks and Gimpel 2016); PyTorch's
/// nn.GELU().
struct Gelu : detail::InputActivationLayer<Gelu> {
    static constexpr GeluFunction function() { return {}; }
    static std::string describe() { return "Gelu"; }

    /// By Erf: ONNX has Gelu itself from operator set 20 on only.
    template <class Writer, class Value>
    static Value write_onnx(Writer& out, Dims, const Value& x) {
        auto& g = out.graph();
        const auto number = [&](float v) { return g.constant(g.fresh("number"), {1}, {v}); };
        const std::string scaled = g.node("Mul", {x.name, number(0.70710678f)});
        const std::string both = g.node("Add", {g.node("Erf", {scaled}), number(1)});
        return {g.node("Mul", {g.node("Mul", {x.name, both}), number(0.5f)}), x.flat};
    }
};

}  // namespace collab
