// SPDX-License-Identifier: Apache-2.0
// sequence: a list of layers bound to an input shape. Every size and offset is a constant; running it needs only memory.
//
// Values are numbered 0 (the input) to depth (the output); layer i turns value i into value i + 1. A value lives in storage of
// its own, or in that of the value before where the layer between is an alias or an activation that may run in place.
#pragma once
#include <algorithm>
#include <array>

#include <collab/layer/concepts.hpp>
#include <collab/layer/sequential.hpp>

namespace collab {

/// Memory of a bound sequence. Buffers that count per sample were laid out for `capacity` samples.
template <class T>
struct Memory {
    const T* parameters = nullptr;
    T* gradients = nullptr;
    T* state = nullptr;
    T* saved = nullptr;
    T* fixed = nullptr;
    T* scratch = nullptr;

    /// The memory of what lies behind something of this footprint; scratch is free for everyone in turn.
    constexpr Memory after(const Footprint& f, int capacity) const {
        return {parameters + f.parameters, gradients ? gradients + f.parameters : nullptr, state ? state + f.state : nullptr,
                saved + capacity * f.saved, fixed + f.fixed, scratch};
    }
};

namespace detail {
/// What a list of layers makes of a shape; `misfit` is the first layer that does not accept what it gets, or depth.
template <class... Ls>
struct Measure {
    static constexpr int depth = sizeof...(Ls);
    std::array<Dims, depth + 1> shapes{};
    std::array<int, depth + 1> parameters{}, state{}, home{};
    std::array<long, depth + 1> values{}, saved{}, fixed{};   // offsets; values and saved per sample
    long widest = 0, inner_scratch = 0, multiply_adds = 0;
    int misfit = depth;

    constexpr explicit Measure(Dims in) {
        shapes.fill(in);
        [[maybe_unused]] bool spare = false;   // may the next layer overwrite this value?
        [[maybe_unused]] int i = 0;
        (add<Ls>(i, spare), ...);
    }
    constexpr bool fits() const { return misfit == depth; }
    constexpr Dims output() const { return shapes[depth]; }
    /// Storage of all values and of what layers save, then scratch for two gradients and the inside of layers.
    constexpr Footprint footprint() const {
        return {parameters[depth], state[depth], values[depth] + saved[depth], fixed[depth], 2 * widest + inner_scratch};
    }

private:
    template <class L>
    constexpr void add(int& i, bool& spare) {
        const int n = i++;
        if (misfit < depth) return;
        const Dims in = shapes[n];
        if (!L::accepts(in)) {
            misfit = n;
            return;
        }
        const Dims out = shapes[n + 1] = L::output(in);
        const Footprint f = L::footprint(in);
        parameters[n + 1] = parameters[n] + f.parameters;
        state[n + 1] = state[n] + f.state;
        saved[n + 1] = saved[n] + f.saved;
        fixed[n + 1] = fixed[n] + f.fixed;
        const bool shares = L::alias || (L::in_place && spare);
        home[n + 1] = shares ? home[n] : n + 1;
        values[n + 1] = values[n] + (shares ? 0 : (long(out.size()) + 15) / 16 * 16);
        inner_scratch = std::max(inner_scratch, f.scratch);
        widest = std::max({widest, (long(in.size()) + 15) / 16 * 16, (long(out.size()) + 15) / 16 * 16});
        multiply_adds += L::multiply_adds(in);
        spare = !L::alias && !L::keeps_output;
    }
};
template <class P>
struct MeasureOf;
template <class... Ls>
struct MeasureOf<Pack<Ls...>> { using type = Measure<Ls...>; };
}  // namespace detail

/// The measure of a list of layers.
template <class P>
using measure_of = typename detail::MeasureOf<P>::type;

/// A list of layers bound to an input shape. `List` may be a type derived from one: symbols and messages then say its name.
template <class List, StaticShape In>
struct Sequence {
    using layers = flat_layers<List>;
    using Input = In;
    static constexpr int depth = layers::size;
    static constexpr measure_of<layers> table{In::dims};
    template <int I>
    using LayerAt = typename layers::template at<I>;
    template <int I>
    using ShapeAt = Shape<table.shapes[I].channels, table.shapes[I].height, table.shapes[I].width>;
    using Output = ShapeAt<depth>;
    static constexpr Footprint footprint = table.footprint();

    /// Value To from value From. The result lies in `y` where one is given, else in this sequence's storage or, when nothing
    /// computes between, is x itself.
    template <int From, int To, class B, class T = typename B::Scalar>
    static View<const T> forward(const Context<B>& c, const Memory<T>& m, View<const T> x, View<T> y = {}) {
        static_assert(starts_at<From>, "collab: a range of layers cannot begin at an activation; put a Cut there");
        unroll<To - From>([&](auto k) {
            constexpr int i = From + k;
            if constexpr (!LayerAt<i>::alias && !applied_by_previous<From, i>) {
                constexpr int out = fuses<To, i> ? i + 2 : i + 1;
                const View<T> to = y && table.home[out] == table.home[To] ? View<T>{y.data, out == To ? y.pixel : pixel<out>(y)} : own<out>(c, m);
                const Forward<T> f{source<From, To, i>(c, m, x, y), to, m.parameters + table.parameters[i], m.state + table.state[i],
                                   saved<i>(c, m), m.fixed + table.fixed[i]};
                const Context<B> here = c.part(i);
                if constexpr (fuses<To, i>) LayerAt<i>::forward(here, ShapeAt<i>{}, f, LayerAt<i + 1>::function());
                else LayerAt<i>::forward(here, ShapeAt<i>{}, f);
            }
        });
        if (!y) return value<From, To>(c, m, x);
        if constexpr (table.home[To] == table.home[From]) c.backend.copy({c.batch, table.shapes[To]}, value<From, To>(c, m, x), y);
        return y;
    }

    /// Where forward put value To when it was given x and no place for the result.
    template <int From, int To, class B, class T = typename B::Scalar>
    static View<const T> result(const Context<B>& c, const Memory<T>& m, View<const T> x) { return value<From, To>(c, m, x); }

    /// The gradient of value From from dy, that of value To; adds to the parameters' gradients. x is what forward was given and
    /// y where it put the result (empty when it was not told). `wanted`: without it the first layer may skip its input gradient
    /// and the result is empty. The result lies in `dx` where one is given, else in scratch or, when nothing computes between, is dy.
    template <int From, int To, class B, class T = typename B::Scalar>
    static View<const T> backward(const Context<B>& c, const Memory<T>& m, View<const T> x, View<const T> dy, View<T> dx = {}, bool wanted = true, View<const T> y = {}) {
        T* const buffers[2] = {m.scratch, m.scratch + c.capacity * table.widest};
        View<const T> d = dy;
        unroll<To - From>([&](auto k) {
            constexpr int i = To - 1 - k;
            using L = LayerAt<i>;
            if constexpr (L::alias) {
                d = {d.data, shifted<i + 1, i>(d.pixel)};
            } else if constexpr (!applied_by_previous<From, i>) {
                constexpr int out = fuses<To, i> ? i + 2 : i + 1;
                const bool ours = d.data == buffers[0] || d.data == buffers[1];
                View<T> to{d.data == buffers[0] ? buffers[1] : buffers[0], table.shapes[i].channels};
                if (L::in_place && ours) to.data = const_cast<T*>(d.data), to.pixel = d.pixel;
                if constexpr (first_computing<From, i>) {
                    if (dx) to = {dx.data, i == From ? dx.pixel : table.shapes[i].channels};
                    else if (L::optional_input_gradient && !wanted) to = {};
                }
                const View<const T> result = y && table.home[out] == table.home[To] ? View<const T>{y.data, out == To ? y.pixel : pixel<out>(y)} : value<From, out>(c, m, x);
                const Backward<T> b{value<From, i>(c, m, x), result, d, to, m.parameters + table.parameters[i], m.gradients + table.parameters[i],
                                    saved<i>(c, m), m.fixed + table.fixed[i], m.scratch + 2 * c.capacity * table.widest};
                const Context<B> here = c.part(i);
                if constexpr (fuses<To, i>) LayerAt<i>::backward(here, ShapeAt<i>{}, b, LayerAt<i + 1>::function());
                else L::backward(here, ShapeAt<i>{}, b);
                d = to;
            }
        });
        if (dx && d.data != dx.data) {
            c.backend.copy({c.batch, table.shapes[From]}, d, dx);
            return dx;
        }
        return d;
    }

private:
    template <int From>
    static constexpr bool starts_at = [] {   // an activation in the middle writes over the value before, which here is the caller's
        if constexpr (From > 0 && From < depth) return LayerAt<From>::alias || table.home[From + 1] != table.home[From];
        else return true;
    }();
    template <int To, int I>
    static constexpr bool fuses = [] {   // layer I applies the activation that follows it
        if constexpr (I + 1 < To) return FusesActivation<LayerAt<I>> && Activation<LayerAt<I + 1>>;
        else return false;
    }();
    template <int From, int I>
    static constexpr bool applied_by_previous = [] {
        if constexpr (I > From) return FusesActivation<LayerAt<I - 1>> && Activation<LayerAt<I>>;
        else return false;
    }();
    template <int From, int I>
    static constexpr bool first_computing = [] {   // only aliases lie between From and layer I
        return [&]<int... J>(std::integer_sequence<int, J...>) { return (LayerAt<From + J>::alias && ... && true); }(std::make_integer_sequence<int, I - From>{});
    }();
    template <int V, class T>
    static constexpr std::ptrdiff_t pixel(View<T> final_view) {   // of value V, which shares the storage of the last one
        return table.shapes[V].channels == table.shapes[depth].channels ? final_view.pixel : table.shapes[V].channels;
    }
    template <int From, int To>
    static constexpr std::ptrdiff_t shifted(std::ptrdiff_t pixel) {   // an alias keeps the pixel distance unless it changes the shape
        return table.shapes[From].channels == table.shapes[To].channels ? pixel : table.shapes[To].channels;
    }
    template <int V, class B, class T>
    static View<T> own(const Context<B>& c, const Memory<T>& m) {
        return {m.saved + c.capacity * table.values[table.home[V] - 1], table.shapes[V].channels};
    }
    template <int From, int V, class B, class T>
    static View<const T> value(const Context<B>& c, const Memory<T>& m, View<const T> x) {
        if constexpr (table.home[V] == table.home[From]) return {x.data, shifted<From, V>(x.pixel)};
        else return own<V>(c, m);
    }
    template <int From, int To, int V, class B, class T>
    static View<const T> source(const Context<B>& c, const Memory<T>& m, View<const T> x, View<T> y) {   // value V, which went to y if it shares the storage of value To
        if (y && table.home[V] == table.home[To] && table.home[V] != table.home[From]) return {y.data, pixel<V>(y)};
        return value<From, V>(c, m, x);
    }
    template <int I, class B, class T>
    static T* saved(const Context<B>& c, const Memory<T>& m) { return m.saved + c.capacity * (table.values[depth] + table.saved[I]); }
};

}  // namespace collab
