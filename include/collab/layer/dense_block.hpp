// SPDX-License-Identifier: Apache-2.0
// dense_block: each list of layers sees the results of all before it (DenseNet), in one buffer that
// nothing is copied out of.
#pragma once
#include <algorithm>

#include <collab/layer/execution_plan.hpp>
#include <collab/layer/flatten.hpp>

namespace collab {

/// x_0 = x; x_{k+1} = [x_k, layer_k(x_k)] along the channels; the result is x_n (Huang et al. 2017,
/// Eq. 2). Each layer is a list that keeps height and width. The channels grow in place: x is
/// copied once, everything else is written where it stays.
///
///     DenseBlock<Layers<BatchNorm, Relu, Conv2d<12, 3>>, Layers<BatchNorm, Relu, Conv2d<12, 3>>>
template <class... Lists>
struct DenseBlock : LayerBase {
    using parts = Pack<flat_layers<Lists>...>;
    static constexpr int n = parts::size;
    template <int I>
    using list = typename parts::template at<I>;
    static constexpr bool keeps_output = true;
    static_assert(n > 0, "collab: a dense block has at least one layer");
    static_assert((!detail::flattens<flat_layers<Lists>> && ...),
                  "collab: a layer of a dense block is a slice of a map and cannot be flattened");

    static constexpr bool accepts(Dims in) {
        bool good = true;
        static_for<n>([&](auto k) {
            if (!good)
                return;
            const inferred_shapes<list<k>> m(in);
            good = m.fits() && m.output().height == in.height && m.output().width == in.width;
            if (good)
                in.channels += m.output().channels;
        });
        return good;
    }
    static constexpr Dims output(Dims in) { return input_of(in, n); }
    static constexpr Footprint footprint(Dims in) {
        Footprint f = before(in, n);
        f.scratch += padded(output(in).size());  // the gradient of the whole buffer, as it gathers
        return f;
    }
    static constexpr long multiply_adds(Dims in) {
        long sum = 0;
        static_for<n>(
            [&](auto k) { sum += inferred_shapes<list<k>>(input_of(in, k)).multiply_adds; });
        return sum;
    }
    static std::string describe() { return sentence("DenseBlock of ", n); }
    /// f(bound sequence, name) for each list: they begin at ever wider inputs.
    template <class In, class F>
    static void each_part(F&& f) {
        static_for<n>([&](auto k) { f(Bound<k, In>{}, std::to_string(int(k))); });
    }

    template <class B, StaticShape In, class T = typename B::Scalar>
    static void forward(const Context<B>& c, In, const Forward<T>& f) {
        c.backend.copy({c.batch, In::dims}, f.x, f.y);
        static_for<n>([&](auto k) {
            using Way = Bound<k, In>;
            Way::template forward<0, Way::depth>(
                c.part(k),
                memory<k, In>(c,
                              Memory<T>{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr}),
                View<const T>(f.y), f.y.from_channel(Way::Input::dims.channels));
        });
    }
    template <class B, StaticShape In, class T = typename B::Scalar>
    static void backward(const Context<B>& c, In, const Backward<T>& b) {
        constexpr Dims out = output(In::dims);
        const View<T> whole{b.scratch, out.channels};
        c.backend.copy({c.batch, out}, b.dy, whole);
        T* const inner = b.scratch + c.capacity * padded(out.size());
        static_for<n>([&](auto r) {
            constexpr int k = n - 1 - r;
            using Way = Bound<k, In>;
            constexpr Dims in = Way::Input::dims;
            const Memory<T> m = memory<k, In>(
                c, Memory<T>{b.parameters, b.gradients, nullptr, b.saved, b.fixed, inner});
            const View<const T> d = Way::template backward<0, Way::depth>(
                c.part(k), m, b.y, View<const T>(whole.from_channel(in.channels)), {}, true,
                b.y.from_channel(in.channels));
            c.backend.add({c.batch, in}, d, whole);
        });
        c.backend.copy({c.batch, In::dims}, View<const T>(whole), b.dx);
    }

private:
    static constexpr long padded(int n_) { return (long(n_) + 15) / 16 * 16; }
    static constexpr Dims input_of(Dims in, int lists) {
        static_for<n>([&](auto k) {
            if (k < lists)
                in.channels += inferred_shapes<list<k>>(in).output().channels;
        });
        return in;
    }
    template <int K, class In>
    struct Input {
        static constexpr Dims dims = input_of(In::dims, K);
        using type = Shape<dims.channels, dims.height, dims.width>;
    };
    template <int K, class In>
    using Bound = ExecutionPlan<list<K>, typename Input<K, In>::type>;
    static constexpr Footprint before(Dims in, int lists) {
        Footprint f;
        static_for<n>([&](auto k) {
            if (k >= lists)
                return;
            const inferred_shapes<list<k>> m(in);
            const Footprint b = m.footprint();
            f = {f.parameters + b.parameters, f.state + b.state, f.saved + b.saved,
                 f.fixed + b.fixed, std::max(f.scratch, b.scratch)};
            in.channels += m.output().channels;
        });
        return f;
    }
    template <int K, class In, class B, class T>
    static Memory<T> memory(const Context<B>& c, const Memory<T>& m) {
        constexpr Footprint f = before(In::dims, K);
        return m.after(f, c.capacity);
    }
};

}  // namespace collab
