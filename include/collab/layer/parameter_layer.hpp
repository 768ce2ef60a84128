// SPDX-License-Identifier: Apache-2.0
// parameter_layer: numbers that are learned and do not depend on the input.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// N learned numbers, the same for every sample, 0 at first. The input is ignored and feels
/// nothing.
template <int N>
struct ParameterLayer : LayerBase {
    static_assert(N > 0, "collab: at least one number is learned");
    static constexpr Dims output(Dims) { return {N, 1, 1}; }
    static constexpr std::array<Parameter, 1> parameters(Dims) {
        return {{{"value", Role::bias, N, 1, {N}, 1}}};
    }
    static constexpr Footprint footprint(Dims in) { return listed_footprint<ParameterLayer>(in); }
    static std::string describe() { return sentence("ParameterLayer<", N, ">"); }

    template <ProductBackend B>
    static void forward(const Context<B>& c, Dims, const Forward<typename B::Scalar>& f) {
        c.backend.for_rows(c.batch, Spread<typename B::Scalar>{f.parameters, f.y});
    }
    template <ProductBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.bias_gradient({c.batch, {N, 1, 1}}, b.dy, b.gradients);
        c.backend.for_rows(c.batch, Clear<typename B::Scalar>{b.dx, in});
    }

private:
    template <class T>
    struct Spread {
        const T* from;
        View<T> to;
        COLLAB_HD void operator()(int row) const {
            for (int i = 0; i < N; ++i)
                to.data[std::ptrdiff_t(row) * to.pixel + i] = from[i];
        }
    };
    template <class T>
    struct Clear {
        View<T> dx;
        Dims in;
        COLLAB_HD void operator()(int row) const {
            for (int p = 0; p < in.area(); ++p)
                for (int c = 0; c < in.channels; ++c)
                    dx.data[(std::ptrdiff_t(row) * in.area() + p) * dx.pixel + c] = T(0);
        }
    };
};

}  // namespace collab
