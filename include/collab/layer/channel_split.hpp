// SPDX-License-Identifier: Apache-2.0
// channel_split: the channels in equal parts, a list of layers for each part, results side by side.
#pragma once
#include <collab/layer/branches.hpp>

namespace collab {

/// [branch_0(x_0), branch_1(x_1), ...] along the channels, where x_i is the i-th of as many equal
/// parts of the input's channels as there are branches. All branches give the same height and
/// width; an empty branch `Layers<>` hands its part on. Each branch reads from its part and writes
/// to its slice, so nothing else is copied. The unit of ShuffleNet V2:
///
///     ChannelSplit<Layers<>, Layers<Conv2d<58, 1>, BatchNorm, Relu, DepthwiseConv2d<3>, BatchNorm,
///                                   Conv2d<58, 1>, BatchNorm, Relu>>,
///     ChannelShuffle<2>
template <class... Branches>
struct ChannelSplit : detail::BranchesSideBySide<ChannelSplit<Branches...>, Branches...> {
    using Base = detail::BranchesSideBySide<ChannelSplit<Branches...>, Branches...>;
    using Base::n;
    template <int I>
    using branch = typename Base::template branch<I>;
    static_assert(n > 0, "collab: a split has at least one branch");
    static_assert((!detail::flattens<flat_layers<Branches>> && ...),
                  "collab: a branch of a split is a slice of a map and cannot be flattened");

    // a part
    static constexpr Dims source(Dims in) {
        return {in.channels / (Base::n > 0 ? Base::n : 1), in.height, in.width};
    }
    static constexpr bool accepts(Dims in) { return in.channels % n == 0 && Base::accepts(in); }
    static std::string describe() { return sentence("ChannelSplit of ", n); }
    /// f(bound sequence, name) for each branch: they begin at a part of the input.
    template <class In, class F>
    static void each_part(F&& f) {
        static_for<n>([&](auto i) { f(Bound<i, In>{}, std::to_string(int(i))); });
    }

    template <class B, StaticShape In, class T = typename B::Scalar>
    static void forward(const Context<B>& c, In, const Forward<T>& f) {
        static_for<n>([&](auto i) {
            using Way = Bound<i, In>;
            Way::template forward<0, Way::depth>(
                c.part(i),
                Base::template memory<i, In>(
                    c, Memory<T>{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr}),
                f.x.from_channel(i * source(In::dims).channels),
                f.y.from_channel(Base::first_channel(In::dims, i)));
        });
    }
    template <class B, StaticShape In, class T = typename B::Scalar>
    static void backward(const Context<B>& c, In, const Backward<T>& b) {
        static_for<n>([&](auto i) {
            using Way = Bound<i, In>;
            constexpr int from = i * source(In::dims).channels;
            constexpr int at = Base::first_channel(In::dims, i);
            const Memory<T> m = Base::template memory<i, In>(
                c, Memory<T>{b.parameters, b.gradients, nullptr, b.saved, b.fixed, b.scratch});
            // A cut in front of a branch would let the sequence take dx for a map of its own
            // instead of a slice.
            const View<T> dx = b.dx.from_channel(from);
            const View<const T> d = Way::template backward<0, Way::depth>(
                c.part(i), m, b.x.from_channel(from), b.dy.from_channel(at),
                begins_with_cut<i> ? View<T>{} : dx, true, b.y.from_channel(at));
            if constexpr (begins_with_cut<i>)
                c.backend.copy({c.batch, source(In::dims)}, d, dx);
        });
    }

private:
    template <int I>
    static constexpr bool begins_with_cut = [] {
        if constexpr (branch<I>::size > 0)
            return branch<I>::template at<0>::alias;
        else
            return false;
    }();
    template <int I, class In>
    using Bound =
        ExecutionPlan<branch<I>, Shape<In::dims.channels / n, In::dims.height, In::dims.width>>;
};

}  // namespace collab
