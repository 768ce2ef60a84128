// SPDX-License-Identifier: Apache-2.0
// channel_split: the channels in equal parts, a list of layers for each part, results side by side.
#pragma once
#include <algorithm>

#include <collab/layer/flatten.hpp>
#include <collab/layer/sequence.hpp>

namespace collab {

/// [branch_0(x_0), branch_1(x_1), ...] along the channels, where x_i is the i-th of as many equal parts of the input's channels as there are
/// branches. All branches give the same height and width; an empty branch `Layers<>` hands its part on. Each branch reads from its part and
/// writes to its slice, so nothing else is copied. The unit of ShuffleNet V2:
///
///     ChannelSplit<Layers<>, Layers<Conv2d<58, 1>, BatchNorm, Relu, DepthwiseConv2d<3>, BatchNorm, Conv2d<58, 1>, BatchNorm, Relu>>, ChannelShuffle<2>
template <class... Branches>
struct ChannelSplit : LayerBase {
    using parts = Pack<flat_layers<Branches>...>;
    static constexpr int n = parts::size;
    template <int I>
    using branch = typename parts::template at<I>;
    static constexpr bool keeps_output = true;   // a branch may need its slice
    static_assert(n > 0, "collab: a split has at least one branch");
    static_assert((!detail::flattens<flat_layers<Branches>> && ...), "collab: a branch of a split is a slice of a map and cannot be flattened");

    static constexpr bool accepts(Dims in) {
        if (in.channels % n != 0) return false;
        bool good = true;
        Dims first{};
        unroll<n>([&](auto i) {
            const measure_of<branch<i>> m(part(in));
            if (!m.fits()) good = false;
            else if (i == 0) first = m.output();
            else good = good && m.output().height == first.height && m.output().width == first.width;
        });
        return good;
    }
    static constexpr Dims output(Dims in) {
        Dims out = measure_of<branch<0>>(part(in)).output();
        out.channels = first_channel(in, n);
        return out;
    }
    static constexpr Footprint footprint(Dims in) { return before(in, n); }
    static constexpr long multiply_adds(Dims in) {
        long sum = 0;
        unroll<n>([&](auto i) { sum += measure_of<branch<i>>(part(in)).multiply_adds; });
        return sum;
    }
    static std::string describe() { return sentence("ChannelSplit of ", n); }
    /// f(bound sequence, name) for each branch: they begin at a part of the input.
    template <class In, class F>
    static void each_part(F&& f) {
        unroll<n>([&](auto i) { f(Bound<i, In>{}, std::to_string(int(i))); });
    }

    template <class B, StaticShape In, class T = typename B::Scalar>
    static void forward(const Context<B>& c, In, const Forward<T>& f) {
        unroll<n>([&](auto i) {
            using Way = Bound<i, In>;
            Way::template forward<0, Way::depth>(c.part(i), memory<i, In>(c, Memory<T>{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr}),
                                                 f.x.from_channel(i * part(In::dims).channels), f.y.from_channel(first_channel(In::dims, i)));
        });
    }
    template <class B, StaticShape In, class T = typename B::Scalar>
    static void backward(const Context<B>& c, In, const Backward<T>& b) {
        unroll<n>([&](auto i) {
            using Way = Bound<i, In>;
            constexpr int from = i * part(In::dims).channels, at = first_channel(In::dims, i);
            const Memory<T> m = memory<i, In>(c, Memory<T>{b.parameters, b.gradients, nullptr, b.saved, b.fixed, b.scratch});
            // A cut in front of a branch would let the sequence take dx for a map of its own instead of a slice.
            const View<T> dx = b.dx.from_channel(from);
            const View<const T> d = Way::template backward<0, Way::depth>(c.part(i), m, b.x.from_channel(from), b.dy.from_channel(at), begins_with_cut<i> ? View<T>{} : dx,
                                                                          true, b.y.from_channel(at));
            if constexpr (begins_with_cut<i>) c.backend.copy({c.batch, part(In::dims)}, d, dx);
        });
    }

private:
    template <int I>
    static constexpr bool begins_with_cut = [] {
        if constexpr (branch<I>::size > 0) return branch<I>::template at<0>::alias;
        else return false;
    }();
    static constexpr Dims part(Dims in) { return {in.channels / n, in.height, in.width}; }
    template <int I, class In>
    using Bound = Sequence<branch<I>, Shape<In::dims.channels / n, In::dims.height, In::dims.width>>;
    static constexpr int first_channel(Dims in, int branches) {
        int sum = 0;
        unroll<n>([&](auto i) { if (i < branches) sum += measure_of<branch<i>>(part(in)).output().channels; });
        return sum;
    }
    static constexpr Footprint before(Dims in, int branches) {   // what the branches before this one occupy
        Footprint f;
        unroll<n>([&](auto i) {
            if (i >= branches) return;
            const Footprint b = measure_of<branch<i>>(part(in)).footprint();
            f = {f.parameters + b.parameters, f.state + b.state, f.saved + b.saved, f.fixed + b.fixed, std::max(f.scratch, b.scratch)};
        });
        return f;
    }
    template <int I, class In, class B, class T>
    static Memory<T> memory(const Context<B>& c, const Memory<T>& m) {
        constexpr Footprint f = before(In::dims, I);
        return m.after(f, c.capacity);
    }
};

}  // namespace collab
