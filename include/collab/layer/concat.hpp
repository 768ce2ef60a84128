// SPDX-License-Identifier: Apache-2.0
// concat: results side by side in the channels. Every branch writes into its slice of the result, so nothing is copied.
#pragma once
#include <algorithm>

#include <collab/layer/flatten.hpp>
#include <collab/layer/sequence.hpp>

namespace collab {

/// [branch_0(x), branch_1(x), ...] along the channels; all branches give the same height and width. An empty branch
/// `Layers<>` is x itself. Inception's module:
///
///     Concat<Layers<Conv2d<64, 1>, Relu>, Layers<Conv2d<96, 1>, Relu, Conv2d<128, 3>, Relu>, Layers<MaxPool<3, Stride<1>, Pad<1>>, Conv2d<32, 1>>>
template <class... Branches>
struct Concat : LayerBase {
    using parts = Pack<flat_layers<Branches>...>;
    static constexpr int n = parts::size;
    template <int I>
    using branch = typename parts::template at<I>;
    static constexpr bool keeps_output = true;   // a branch may need its slice
    static_assert(n > 0, "collab: a concatenation has at least one branch");
    static_assert((!detail::flattens<flat_layers<Branches>> && ...), "collab: a branch of a concatenation is a slice of a map and cannot be flattened");

    static constexpr bool accepts(Dims in) {
        bool good = true;
        Dims first{};
        unroll<n>([&](auto i) {
            const measure_of<branch<i>> m(in);
            if (!m.fits()) good = false;
            else if (i == 0) first = m.output();
            else good = good && m.output().height == first.height && m.output().width == first.width;
        });
        return good;
    }
    static constexpr Dims output(Dims in) {
        Dims out = measure_of<branch<0>>(in).output();
        out.channels = first_channel(in, n);
        return out;
    }
    static constexpr Footprint footprint(Dims in) { return before(in, n); }
    static constexpr long multiply_adds(Dims in) {
        long sum = 0;
        unroll<n>([&](auto i) { sum += measure_of<branch<i>>(in).multiply_adds; });
        return sum;
    }
    static std::string describe() { return sentence("Concat of ", n); }
    static std::string part_name(int i) { return std::to_string(i); }

    template <class B, StaticShape In, class T = typename B::Scalar>
    static void forward(const Context<B>& c, In, const Forward<T>& f) {
        unroll<n>([&](auto i) {
            using Way = Sequence<branch<i>, In>;
            Way::template forward<0, Way::depth>(c.part(i), memory<i, In>(c, Memory<T>{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr}), f.x,
                                                 f.y.from_channel(first_channel(In::dims, i)));
        });
    }
    template <class B, StaticShape In, class T = typename B::Scalar>
    static void backward(const Context<B>& c, In, const Backward<T>& b) {
        unroll<n>([&](auto i) {
            using Way = Sequence<branch<i>, In>;
            constexpr int at = first_channel(In::dims, i);
            const Memory<T> m = memory<i, In>(c, Memory<T>{b.parameters, b.gradients, nullptr, b.saved, b.fixed, b.scratch});
            const View<const T> d = Way::template backward<0, Way::depth>(c.part(i), m, b.x, b.dy.from_channel(at), i == 0 ? b.dx : View<T>{}, true, b.y.from_channel(at));
            if constexpr (i > 0) c.backend.add({c.batch, In::dims}, d, b.dx);
        });
    }

private:
    static constexpr int first_channel(Dims in, int branches) {
        int sum = 0;
        unroll<n>([&](auto i) { if (i < branches) sum += measure_of<branch<i>>(in).output().channels; });
        return sum;
    }
    static constexpr Footprint before(Dims in, int branches) {   // what the branches before this one occupy
        Footprint f;
        unroll<n>([&](auto i) {
            if (i >= branches) return;
            const Footprint b = measure_of<branch<i>>(in).footprint();
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
