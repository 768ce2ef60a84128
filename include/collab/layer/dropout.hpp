// SPDX-License-Identifier: Apache-2.0
// dropout: silences random elements during training.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// During training, sets each element to 0 with probability Numerator / Denominator and divides the
/// others by the rest (Srivastava et al. 2014, inverted form). Nothing is stored: backward asks the
/// counter-based generator again.
template <int Numerator, int Denominator>
struct Dropout : LayerBase {
    static_assert(Numerator >= 0 && Denominator > 0 && Numerator < Denominator,
                  "collab: the probability of dropout lies in [0, 1)");
    static constexpr double probability = double(Numerator) / Denominator;
    static std::string describe() {
        return sentence("Dropout<", Numerator, ", ", Denominator, ">");
    }

    template <DropoutBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        apply(c, in, f.x, f.y);
    }
    template <DropoutBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        apply(c, in, b.dy, b.dx);
    }

private:
    template <class B, class T = typename B::Scalar>
    static void apply(const Context<B>& c, Dims in, View<const T> x, View<T> y) {
        if (c.mode == Mode::training)
            c.backend.dropout({c.batch, in}, probability, c.random, x, y);
        else
            c.backend.copy({c.batch, in}, x, y);
    }
};

}  // namespace collab
