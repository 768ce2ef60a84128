// SPDX-License-Identifier: Apache-2.0
// concat: results side by side in the channels. Every branch writes into its slice of the result,
// so nothing is copied.
#pragma once
#include <collab/layer/branches.hpp>

namespace collab {

/// [branch_0(x), branch_1(x), ...] along the channels; all branches give the same height and width.
/// An empty branch `Layers<>` is x itself. Inception's module:
///
///     Concat<Layers<Conv2d<64, 1>, Relu>, Layers<Conv2d<96, 1>, Relu, Conv2d<128, 3>, Relu>,
///            Layers<MaxPool<3, Stride<1>, Pad<1>>, Conv2d<32, 1>>>
template <class... Branches>
struct Concat : detail::BranchesSideBySide<Concat<Branches...>, Branches...> {
    using Base = detail::BranchesSideBySide<Concat<Branches...>, Branches...>;
    using Base::n;
    template <int I>
    using branch = typename Base::template branch<I>;
    static_assert(n > 0, "collab: a concatenation has at least one branch");
    static_assert(
        (!detail::flattens<flat_layers<Branches>> && ...),
        "collab: a branch of a concatenation is a slice of a map and cannot be flattened");

    static constexpr Dims source(Dims in) { return in; }
    static std::string describe() { return sentence("Concat of ", n); }
    static std::string part_name(int i) { return std::to_string(i); }

    template <class B, StaticShape In, class T = typename B::Scalar>
    static void forward(const Context<B>& c, In, const Forward<T>& f) {
        static_for<n>([&](auto i) {
            using Way = ExecutionPlan<branch<i>, In>;
            Way::template forward<0, Way::depth>(
                c.part(i),
                Base::template memory<i, In>(
                    c, Memory<T>{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr}),
                f.x, f.y.from_channel(Base::first_channel(In::dims, i)));
        });
    }
    template <class B, StaticShape In, class T = typename B::Scalar>
    static void backward(const Context<B>& c, In, const Backward<T>& b) {
        static_for<n>([&](auto i) {
            using Way = ExecutionPlan<branch<i>, In>;
            constexpr int at = Base::first_channel(In::dims, i);
            const Memory<T> m = Base::template memory<i, In>(
                c, Memory<T>{b.parameters, b.gradients, nullptr, b.saved, b.fixed, b.scratch});
            const View<const T> d = Way::template backward<0, Way::depth>(
                c.part(i), m, b.x, b.dy.from_channel(at), i == 0 ? b.dx : View<T>{}, true,
                b.y.from_channel(at));
            if constexpr (i > 0)
                c.backend.add({c.batch, In::dims}, d, b.dx);
        });
    }
};

}  // namespace collab
