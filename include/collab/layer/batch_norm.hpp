// SPDX-License-Identifier: Apache-2.0
// batch_norm: each channel to mean 0 and variance 1 over the batch, then a learned scale and shift.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// Constants of BatchNorm; derive to change one.
struct NormalizationDefaults {
    static constexpr double epsilon = 1e-5;
    static constexpr double momentum = 0.1;
};

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta per channel (Ioffe and Szegedy 2015).
/// Training uses the batch's mean and biased variance over samples and pixels and moves the running
/// statistics by `momentum` towards its mean and unbiased variance; inference uses the running
/// statistics. An activation that follows is applied in the same pass.
template <class Constants>
struct BatchNormWith : LayerBase {
    static constexpr bool fuses_activation = true;
    static constexpr bool normalizes = true;
    static constexpr backend::Normalization constants{Constants::epsilon, Constants::momentum};

    static constexpr std::array<Parameter, 2> parameters(Dims in) {
        return {{{"weight", Role::scale, in.channels, 1, {in.channels}, 1},
                 {"bias", Role::shift, in.channels, 1, {in.channels}, 1}}};
    }
    static constexpr std::array<Parameter, 2> states(Dims in) {
        return {{{"running_mean", Role::shift, in.channels, 1, {in.channels}, 1},
                 {"running_var", Role::scale, in.channels, 1, {in.channels}, 1}}};
    }
    static constexpr Footprint footprint(Dims in) {
        Footprint f = listed_footprint<BatchNormWith>(in);
        // the batch's mean and inverse stddev; backward, the sums of a
        // backend::NormalizedGradient
        f.fixed = 4 * in.channels;
        return f;
    }
    static std::string describe() { return "BatchNorm"; }

    template <NormalizationBackend B, class F = Identity>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f,
                        F function = {}) {
        const int n = in.channels;
        if (c.mode == Mode::training)
            c.backend.batch_norm({c.batch, in}, function, f.x, {f.parameters, f.parameters + n},
                                 {constants, f.state, f.state + n, f.fixed}, f.y);
        else
            c.backend.batch_norm_inference({c.batch, in}, function, f.x,
                                           {f.parameters, f.parameters + n},
                                           {f.state, f.state + n, constants.epsilon}, f.y);
    }
    template <NormalizationBackend B, class F = Identity>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b,
                         F function = {}) {
        c.backend.batch_norm_backward(
            {c.batch, in}, function,
            {b.x, b.y, b.dy, b.fixed, b.gradients, b.gradients + in.channels}, b.parameters, b.dx);
    }
};

/// BatchNormWith the usual constants: epsilon 1e-5, momentum 0.1.
struct BatchNorm : BatchNormWith<NormalizationDefaults> {};

}  // namespace collab
