// SPDX-License-Identifier: Apache-2.0
// sequence: a list of layers bound to an input shape. Running it needs only memory; what runs
// together is decided here.
//
// Layer i turns value i into value i + 1 (layer/measure.hpp). On a backend that fuses, a
// convolution sums its result for the normalization that follows, and a virtual value is formed
// while the next convolution reads it; backward, a convolution reads the gradient of its result
// through that normalization, and gates the gradient of a virtual input. A backend that does not
// fuse runs layer by layer and forms virtual values in memory of the moment: the same meaning, more
// passes.
#pragma once
#include <cmath>
#include <optional>

#include <collab/backend/fusion.hpp>
#include <collab/layer/shape_inference.hpp>

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

    /// The memory of what lies behind something of this footprint; scratch is free for everyone in
    /// turn.
    constexpr Memory after(const Footprint& f, int capacity) const {
        return {parameters + f.parameters,
                gradients ? gradients + f.parameters : nullptr,
                state ? state + f.state : nullptr,
                saved + capacity * f.saved,
                fixed + f.fixed,
                scratch};
    }
};

/// What becomes of the result of a sequence that ends in a normalization, in the pass that writes
/// it: f(result + skip).
template <class T, class F>
struct Ending {
    View<const T> skip;
    F f{};
};
/// Its backward pass: dy is the gradient of f(result + skip), which lies in `y`; g receives that of
/// the sum. `done`: dy is that of the sum already, and its sums have been taken.
template <class T, class F>
struct EndingGradient {
    View<const T> y;
    View<T> g;
    F f{};
    bool done = false;
};
/// The gradient that leaves a sequence is not gated on its way out (backend::OutputGate).
struct Ungated {};

namespace detail {
/// Inference: what a normalization keeps of a batch, from the running statistics.
template <class T>
struct RunningStatistics {
    const T *mean, *variance;
    T* saved;
    int channels;
    double epsilon;
    COLLAB_HD void operator()(std::size_t c) const {
        saved[c] = mean[c];
        saved[std::size_t(channels) + c] = T(1 / std::sqrt(double(variance[c]) + epsilon));
    }
};
/// A virtual value, written after all.
template <class T, class F>
struct FormValue {
    backend::Normalized<T, F> n;
    std::ptrdiff_t channels;
    T* to;
    COLLAB_HD void operator()(std::size_t i) const {
        const std::ptrdiff_t p = std::ptrdiff_t(i) / channels;
        const std::ptrdiff_t c = std::ptrdiff_t(i) % channels;
        to[i] =
            n.f((n.x.data[p * n.x.pixel + c] - n.saved[c]) * n.saved[channels + c] * n.gamma[c] +
                n.beta[c]);
    }
};
}  // namespace detail

/// A list of layers bound to an input shape. `List` may be a type derived from one: symbols and
/// messages then say its name. `ResultElsewhere`: forward is always given y.
template <class List, StaticShape In, bool ResultElsewhere = false>
struct ExecutionPlan {
    using layers = flat_layers<List>;
    using Input = In;
    static constexpr int depth = layers::size;
    static constexpr inferred_shapes<layers> table{In::dims, ResultElsewhere};
    template <int I>
    using LayerAt = typename layers::template at<I>;
    template <int I>
    using ShapeAt = Shape<table.shapes[I].channels, table.shapes[I].height, table.shapes[I].width>;
    /// The place of layer I in the description, which its random numbers follow from.
    template <int I>
    static constexpr int number = [] {
        if constexpr (requires { List::numbers; })
            return List::numbers[std::size_t(I)];
        else
            return I;
    }();
    using Output = ShapeAt<depth>;
    static constexpr Footprint footprint = table.footprint();
    /// The last layer is a normalization without an activation of its own, so that an Ending may be
    /// applied with it.
    static constexpr bool ends_in_normalization = [] {
        if constexpr (depth > 0)
            return normalizes<LayerAt<depth - 1>>;
        else
            return false;
    }();

    /// Value To from value From. The result lies in `y` where one is given, else in this sequence's
    /// storage or, when nothing computes between, is x itself. An Ending asks for a backend that
    /// fuses, for `ends_in_normalization` and for y.
    template <int From, int To, class B, class T = typename B::Scalar,
              class End = Ending<T, Identity>>
    COLLAB_COLD static View<const T> forward(const Context<B>& c, const Memory<T>& m,
                                             View<const T> x, View<T> y = {}, const End& end = {}) {
        static_assert(starts_at<From>,
                      "collab: a range of layers cannot begin at an activation; put a Cut there");
        Formed<B, T> formed;
        static_for<To - From>([&](auto k) {
            constexpr int i = From + k;
            if constexpr (!LayerAt<i>::alias && !applied_by_previous<From, i>) {
                constexpr int out = fuses<To, i> ? i + 2 : i + 1;
                const View<T> to = y && table.home[out] == table.home[To]
                                       ? View<T>{y.data, out == To ? y.pixel : pixel<out>(y)}
                                       : own<out>(c, m);
                const View<const T> in = source<From, To, i>(c, m, x, y);
                if constexpr (FusionBackend<B> && convolves<LayerAt<i>>(table.shapes[i])) {
                    if constexpr (summed_by_previous_in<To, i>) {
                        if (c.mode == Mode::inference)
                            return convolve_and_normalize<From, To, i>(c, m, x, y, in, to, end);
                    }
                    convolve<From, To, i>(c, m, x, in, to);
                } else if constexpr (FusionBackend<B> && normalizes<LayerAt<i>>) {
                    if constexpr (summed_by_previous<From, i>) {
                        if (c.mode == Mode::inference)
                            return;  // done with the convolution
                    }
                    if constexpr (!summed_by_previous<From, i>)
                        gather<i>(c, m, in);
                    if constexpr (out == To && ends_in_normalization && To == depth &&
                                  !fuses<To, i>)
                        on<i>(c).normalize(map<out>(c), end.f, normalized<i>(m, in, Identity{}),
                                           end.skip, to);
                    else if constexpr (!table.is_virtual[out])
                        on<i>(c).normalize(map<out>(c), activation<To, i>(),
                                           normalized<i>(m, in, Identity{}), View<const T>{}, to);
                } else {
                    View<T> target = to;
                    if constexpr (table.is_virtual[out])
                        target = formed.next(c, table.shapes[out]);
                    const Forward<T> f{table.is_virtual[i] ? formed.view(table.shapes[i]) : in,
                                       target,
                                       m.parameters + table.parameters[i],
                                       m.state + table.state[i],
                                       saved<i>(c, m),
                                       m.fixed + table.fixed[i]};
                    const Context<B> here = c.part(number<i>);
                    if constexpr (fuses<To, i>)
                        LayerAt<i>::forward(here, ShapeAt<i>{}, f, LayerAt<i + 1>::function());
                    else
                        LayerAt<i>::forward(here, ShapeAt<i>{}, f);
                }
            }
        });
        if (!y)
            return value<From, To>(c, m, x);
        if constexpr (table.home[To] == table.home[From])
            c.backend.copy({c.batch, table.shapes[To]}, value<From, To>(c, m, x), y);
        return y;
    }

    /// Where forward put value To when it was given x and no place for the result.
    template <int From, int To, class B, class T = typename B::Scalar>
    static View<const T> result(const Context<B>& c, const Memory<T>& m, View<const T> x) {
        return value<From, To>(c, m, x);
    }

    /// The gradient of value From from dy, that of value To; adds to the parameters' gradients. x
    /// is what forward was given and y where it put the result (empty when it was not told).
    /// `wanted`: without it the first layer may skip its input gradient and the result is empty.
    /// The result lies in `dx` where one is given, else in scratch or, when nothing computes
    /// between, is dy. `plus`, where given, is added to the result. An EndingGradient undoes an
    /// Ending. `leaving`: an OutputGate for the result, if `takes_gate`.
    template <int From, int To, class B, class T = typename B::Scalar,
              class End = EndingGradient<T, Identity>, class Out = Ungated>
    COLLAB_COLD static View<const T> backward(const Context<B>& c, const Memory<T>& m,
                                              View<const T> x, View<const T> dy, View<T> dx = {},
                                              bool wanted = true, View<const T> y = {},
                                              View<const T> plus = {}, const End& end = {},
                                              const Out& leaving = {}) {
        T* const buffers[2] = {m.scratch, m.scratch + c.capacity * table.widest};
        View<const T> d = dy;
        Formed<B, T> formed;
        [[maybe_unused]] bool added = false;
        static_for<To - From>([&](auto k) {
            constexpr int i = To - 1 - k;
            using L = LayerAt<i>;
            if constexpr (L::alias) {
                d = {d.data, shifted<i + 1, i>(d.pixel)};
            } else if constexpr (!applied_by_previous<From, i>) {
                constexpr int out = fuses<To, i> ? i + 2 : i + 1;
                const bool ours = d.data == buffers[0] || d.data == buffers[1];
                View<T> to{d.data == buffers[0] ? buffers[1] : buffers[0],
                           table.shapes[i].channels};
                if (L::in_place && ours) {
                    to.data = const_cast<T*>(d.data);
                    to.pixel = d.pixel;
                }
                if constexpr (first_computing<From, i>) {
                    if (dx)
                        to = {dx.data, i == From ? dx.pixel : table.shapes[i].channels};
                    else if (L::optional_input_gradient && !wanted)
                        to = {};
                }
                const View<const T> in = value<From, i>(c, m, x);
                const View<const T> result =
                    y && table.home[out] == table.home[To]
                        ? View<const T>{y.data, out == To ? y.pixel : pixel<out>(y)}
                        : value<From, out>(c, m, x);
                if constexpr (FusionBackend<B> && convolves<L>(table.shapes[i])) {
                    const View<const T> more = first_computing<From, i> ? plus : View<const T>{};
                    const auto then = [&] {
                        if constexpr (first_computing<From, i>)
                            return leaving;
                        else
                            return gate_before<From, i>(c, m, x);
                    }();
                    if constexpr (summed_by_previous_in<To, i>)
                        convolve_back<From, i>(c, m, x, in, gradient<i + 1>(c, m, d, result), to,
                                               more, then, std::true_type{});
                    else
                        convolve_back<From, i>(c, m, x, in, d, to, more, then, std::false_type{});
                    if (more && to)
                        added = true;
                    d = to;
                } else if constexpr (FusionBackend<B> && normalizes<L>) {
                    constexpr int n = table.shapes[i].channels;
                    T* const gradients = m.gradients + table.parameters[i];
                    T* const fixed = m.fixed + table.fixed[i];
                    if constexpr (out == To && ends_in_normalization && To == depth &&
                                  !fuses<To, i>) {
                        if (!end.done)
                            on<i>(c).normalized_sums(map<out>(c), end.f, in, end.y ? end.y : in, d,
                                                     fixed, gradients, gradients + n, fixed + 2 * n,
                                                     end.g);
                        if (end.g)
                            d = end.g;
                    } else if constexpr (!table.is_virtual[out] &&
                                         !gated_by_next<B, From, To, out>) {
                        const auto f = activation<To, i>();
                        if constexpr (std::same_as<std::remove_cvref_t<decltype(f)>, Identity>) {
                            on<i>(c).normalized_sums(map<out>(c), f, in, in, d, fixed, gradients,
                                                     gradients + n, fixed + 2 * n, View<T>{});
                        } else {
                            const View<T> g{ours                   ? const_cast<T*>(d.data)
                                            : d.data == buffers[0] ? buffers[1]
                                                                   : buffers[0],
                                            ours ? d.pixel : std::ptrdiff_t(n)};
                            on<i>(c).normalized_sums(map<out>(c), f, in, result, d, fixed,
                                                     gradients, gradients + n, fixed + 2 * n, g);
                            d = g;
                        }
                    }
                    if constexpr (!summed_by_previous<From, i>) {
                        const bool mine = d.data == buffers[0] || d.data == buffers[1];
                        if (!(first_computing<From, i> && dx))
                            to = {mine ? const_cast<T*>(d.data) : buffers[0],
                                  mine ? d.pixel : std::ptrdiff_t(n)};
                        on<i>(c).normalized_gradient(map<i>(c), gradient<i>(c, m, d, in), to);
                        d = to;
                    }
                } else {
                    if constexpr (table.is_virtual[i])
                        form<i>(c, m, x, formed, std::integral_constant<int, From>{});
                    const Backward<T> b{table.is_virtual[i] ? formed.view(table.shapes[i]) : in,
                                        table.is_virtual[out] ? formed.view(table.shapes[out])
                                                              : result,
                                        d,
                                        to,
                                        m.parameters + table.parameters[i],
                                        m.gradients + table.parameters[i],
                                        saved<i>(c, m),
                                        m.fixed + table.fixed[i],
                                        m.scratch + 2 * c.capacity * table.widest};
                    const Context<B> here = c.part(number<i>);
                    if constexpr (gates<L, ShapeAt<i>>) {
                        const auto then = [&] {
                            if constexpr (!takes_gate_at<B, i> || first_computing<From, i>)
                                return Ungated{};
                            else
                                return gate_before<From, i>(c, m, x);
                        }();
                        L::backward(here, ShapeAt<i>{}, b, activation<To, i>(),
                                    std::bool_constant<gated_by_next<B, From, To, out>>{}, then);
                    } else if constexpr (fuses<To, i>) {
                        L::backward(here, ShapeAt<i>{}, b, LayerAt<i + 1>::function());
                    } else {
                        L::backward(here, ShapeAt<i>{}, b);
                    }
                    d = to;
                }
            }
        });
        View<const T> left = added ? View<const T>{} : plus;
        if (dx && d.data != dx.data) {
            c.backend.copy({c.batch, table.shapes[From]}, d, dx);
            d = dx;
        }
        if (left && d) {  // d is dx or ours, for nothing but a copy leaves it the caller's
            if (d.data == dy.data)
                fail("nothing computes between the values of this range: there is no gradient to "
                     "add to");
            c.backend.add({c.batch, table.shapes[From]}, left,
                          View<T>{const_cast<T*>(d.data), d.pixel});
        }
        return d;
    }

    /// The gate of the last normalization, for the layer behind this sequence: its result lies in
    /// `y` after f.
    template <class B, class T, class F>
    static backend::OutputGate<T, F> ending_gate(const Memory<T>& m, const Context<B>& c,
                                                 View<const T> x, View<const T> y, F f) {
        return gate_of<0, depth - 1>(c, m, x, y, f);
    }
    /// The first layer can gate the gradient that leaves it. One that is made of layers could, but
    /// what is added to its gradient (`plus`) comes too late for the gate.
    template <class B>
    static constexpr bool takes_gate() {
        if constexpr (depth > 0)
            return !gates<LayerAt<0>, ShapeAt<0>> && takes_gate_at<B, 0>;
        else
            return false;
    }

private:
    /// The backend, in a way that depends on I: clang 14 looks for members of the plain one in
    /// branches that are not taken.
    template <int I, class B>
    static B& on(const Context<B>& c) {
        return c.backend;
    }
    /// Layers that pass gates on: L::backward takes, beside the function, whether dy is gated
    /// already, and a gate for dx.
    template <class L, class Shape>
    static constexpr bool gates = requires { L::template offers_gate<Shape>; };
    template <class B, int I>
    static constexpr bool takes_gate_at = [] {
        if constexpr (!FusionBackend<B> || I >= depth)
            return false;
        else if constexpr (gates<LayerAt<I>, ShapeAt<I>>)
            return LayerAt<I>::template takes_gate<B, ShapeAt<I>>;
        else
            return convolves<LayerAt<I>>(table.shapes[I]) && !table.is_virtual[I];
    }();
    /// Value V is what a normalization, or a layer that ends in one, has put out, with or without
    /// an activation: that layer; else -1.
    template <int From, int V>
    static constexpr int gate_source = [] {
        constexpr bool activated = [] {
            if constexpr (V - 2 >= From)
                return FusesActivation<LayerAt<V - 2>> && Activation<LayerAt<V - 1>>;
            else
                return false;
        }();
        constexpr int j = activated ? V - 2 : V - 1;
        if constexpr (j < From || V <= From)
            return -1;
        else if constexpr (normalizes<LayerAt<j>>)
            return j;
        else if constexpr (gates<LayerAt<j>, ShapeAt<j>>)
            return LayerAt<j>::template offers_gate<ShapeAt<j>> ? j : -1;
        else
            return -1;
    }();
    /// The layer at V gates the gradient of value V for the layer before: it can, and that layer
    /// leaves it to others.
    template <class B, int From, int To, int V>
    static constexpr bool gated_by_next = [] {
        if constexpr (V < To)
            return takes_gate_at<B, V> && gate_source<From, V> >= 0;
        else
            return false;
    }();
    template <int From, int J, class B, class T, class F>
    // of normalization J
    static backend::OutputGate<T, F> gate_of(const Context<B>& c, const Memory<T>& m,
                                             View<const T> x, View<const T> result, F f) {
        constexpr int n = table.shapes[J].channels;
        T* const gradients = m.gradients + table.parameters[J];
        T* const fixed = m.fixed + table.fixed[J];
        return {{},        result,        value<From, J>(c, m, x), fixed,
                gradients, gradients + n, fixed + 2 * n,           f};
    }
    /// The gate that the layer at I applies to the gradient of its input.
    template <int From, int I, class B, class T>
    static auto gate_before(const Context<B>& c, const Memory<T>& m, View<const T> x) {
        constexpr int j = gate_source<From, I>;
        if constexpr (table.is_virtual[I] || j < 0) {
            return Ungated{};
        } else if constexpr (normalizes<LayerAt<j>>) {
            return gate_of<From, j>(c, m, x, value<From, I>(c, m, x), activation<I, j>());
        } else {
            const Memory<T> inside{m.parameters + table.parameters[j],
                                   m.gradients + table.parameters[j],
                                   nullptr,
                                   saved<j>(c, m),
                                   m.fixed + table.fixed[j],
                                   nullptr};
            return LayerAt<j>::output_gate(c.part(number<j>), ShapeAt<j>{}, inside,
                                           value<From, j>(c, m, x), value<From, I>(c, m, x),
                                           activation<I, j>());
        }
    }
    /// Memory of the moment for virtual values, on backends that cannot do without. A value is read
    /// by the very next layers that compute, which hold no sequence.
    template <class B, class T>
    struct Formed {
        std::optional<decltype(std::declval<B&>().template allocate<T>(1))> memory;
        T* data = nullptr;
        View<T> next(const Context<B>& c, Dims dims) {
            const std::size_t n = std::size_t(c.batch) * std::size_t(dims.size());
            if constexpr (RoomyBackend<B>) {
                data = c.backend.template room<T>(n);
            } else {
                memory.reset();
                data = memory.emplace(c.backend.template allocate<T>(n)).data();
            }
            return {data, dims.channels};
        }
        View<const T> view(Dims dims) const { return {data, dims.channels}; }
    };
    template <int I, int From, class B, class T>
    static void form(const Context<B>& c, const Memory<T>& m, View<const T> x, Formed<B, T>& formed,
                     std::integral_constant<int, From>) {
        constexpr int bn = table.normalized_by[I];
        constexpr int n = table.shapes[I].size();
        const View<T> to = formed.next(c, table.shapes[I]);
        const auto v = normalized<bn>(m, value<From, bn>(c, m, x), activation<I, bn>());
        c.backend.for_each(std::size_t(c.batch) * n, detail::FormValue<T, decltype(v.f)>{
                                                         v, table.shapes[I].channels, to.data});
    }

    template <int From>
    // an activation in the middle writes over the value before, which here is the caller's
    static constexpr bool starts_at = [] {
        if constexpr (From > 0 && From < depth)
            return LayerAt<From>::alias || table.home[From + 1] != table.home[From];
        else
            return true;
    }();
    template <int To, int I>
    static constexpr bool fuses = [] {  // layer I applies the activation that follows it
        if constexpr (I + 1 < To)
            return FusesActivation<LayerAt<I>> && Activation<LayerAt<I + 1>>;
        else
            return false;
    }();
    template <int From, int I>
    static constexpr bool applied_by_previous = [] {
        if constexpr (I > From)
            return FusesActivation<LayerAt<I - 1>> && Activation<LayerAt<I>>;
        else
            return false;
    }();
    template <int From, int I>
    static constexpr bool first_computing = [] {  // only aliases lie between From and layer I
        return [&]<int... J>(std::integer_sequence<int, J...>) {
            return (LayerAt<From + J>::alias && ... && true);
        }(std::make_integer_sequence<int, I - From>{});
    }();
    template <int From, int I>
    // the convolution right before normalization I has summed its result
    static constexpr bool summed_by_previous = [] {
        if constexpr (I > From)
            return normalizes<LayerAt<I>> && convolves<LayerAt<I - 1>>(table.shapes[I - 1]);
        else
            return false;
    }();
    template <int To, int I>
    static constexpr bool summed_by_previous_in = [] {  // a normalization follows convolution I
        if constexpr (I + 1 < To)
            return normalizes<LayerAt<I + 1>>;
        else
            return false;
    }();
    template <int To, int I>
    static constexpr auto activation() {  // what normalization I applies
        if constexpr (fuses<To, I>)
            return LayerAt<I + 1>::function();
        else
            return Identity{};
    }

    template <int V, class B>
    static backend::Map map(const Context<B>& c) {
        return {c.batch, table.shapes[V]};
    }
    template <int I, class T, class F>
    // by layer I, from its input
    static backend::Normalized<T, F> normalized(const Memory<T>& m, View<const T> x, F f) {
        const T* const p = m.parameters + table.parameters[I];
        return {x, p, p + table.shapes[I].channels, m.fixed + table.fixed[I], f};
    }
    template <int I, class B, class T>
    // through normalization I, of its input x
    static backend::NormalizedGradient<T> gradient(const Context<B>& c, const Memory<T>& m,
                                                   View<const T> g, View<const T> x) {
        const T* const fixed = m.fixed + table.fixed[I];
        return {g,
                x,
                m.parameters + table.parameters[I],
                fixed,
                fixed + 2 * table.shapes[I].channels,
                long(c.batch) * table.shapes[I].area()};
    }
    template <int I, class B, class T>
    static backend::Statistics<T> statistics(const Memory<T>& m) {
        T* const state = m.state + table.state[I];
        return {LayerAt<I>::constants, state, state + table.shapes[I].channels,
                m.fixed + table.fixed[I]};
    }
    /// What normalization I normalizes with: of the batch x in training, as running in inference.
    template <int I, class B, class T>
    static void gather(const Context<B>& c, const Memory<T>& m, View<const T> x) {
        const backend::Statistics<T> s = statistics<I, B, T>(m);
        if (c.mode == Mode::training)
            c.backend.batch_statistics(map<I>(c), x, s);
        else
            c.backend.for_each(std::size_t(table.shapes[I].channels),
                               detail::RunningStatistics<T>{s.running_mean, s.running_variance,
                                                            s.saved, table.shapes[I].channels,
                                                            s.constants.epsilon});
    }
    template <int From, int To, int I, class B, class T>
    static void convolve(const Context<B>& c, const Memory<T>& m, View<const T> x, View<const T> in,
                         View<T> to) {
        using L = LayerAt<I>;
        const auto g = L::geometry(table.shapes[I], c.batch);
        const T* const w = m.parameters + table.parameters[I];
        const T* const bias = L::has_bias ? w + g.weights() : nullptr;
        backend::Statistics<T> s;
        if constexpr (summed_by_previous_in<To, I>)
            s = statistics<I + 1, B, T>(m);
        with_input<From, I>(c, m, x, in, [&](const auto& input) {
            c.backend.fused_conv2d(g, input, w, bias, to, s);
        });
    }
    /// Inference: the normalization behind convolution I, its activation and an Ending are applied
    /// to the results while they are in cache. A virtual value is then no longer one: it lies where
    /// training keeps what it is formed from.
    template <int From, int To, int I, class B, class T, class End>
    static void convolve_and_normalize(const Context<B>& c, const Memory<T>& m, View<const T> x,
                                       View<T> y, View<const T> in, View<T> raw,
                                       [[maybe_unused]] const End& end) {
        using L = LayerAt<I>;
        constexpr int bn = I + 1;
        constexpr int out = fuses<To, bn> ? I + 3 : I + 2;
        const auto g = L::geometry(table.shapes[I], c.batch);
        const T* const w = m.parameters + table.parameters[I];
        const T* const bias = L::has_bias ? w + g.weights() : nullptr;
        gather<bn>(c, m, View<const T>{});
        const auto coefficients = normalized<bn>(m, View<const T>{}, Identity{});
        const View<T> to = table.is_virtual[out] ? raw
                           : y && table.home[out] == table.home[To]
                               ? View<T>{y.data, out == To ? y.pixel : pixel<out>(y)}
                               : own<out>(c, m);
        with_input<From, I>(c, m, x, in, [&](const auto& input) {
            if constexpr (out == To && ends_in_normalization && To == depth && !fuses<To, bn>)
                c.backend.normalized_conv2d(g, input, w, bias, end.f, coefficients, end.skip, to);
            else
                c.backend.normalized_conv2d(g, input, w, bias, activation<To, bn>(), coefficients,
                                            View<const T>{}, to);
        });
    }
    /// f(what convolution I reads): value I or, if that is virtual, what it is formed from.
    template <int From, int I, class B, class T, class Use>
    static void with_input(const Context<B>& c, const Memory<T>& m, View<const T> x,
                           View<const T> in, const Use& f) {
        if constexpr (table.is_virtual[I]) {
            constexpr int bn = table.normalized_by[I];
            const View<const T> raw = value<From, bn>(c, m, x);
            if (summed_by_previous<From, bn> && c.mode == Mode::inference)
                f(raw);
            else
                f(normalized<bn>(m, raw, activation<I, bn>()));
        } else {
            f(in);
        }
    }
    template <int From, int I, class B, class T, class D, class Then, bool Summed>
    static void convolve_back(const Context<B>& c, const Memory<T>& m, View<const T> x,
                              View<const T> in, const D& dy, View<T> to, View<const T> more,
                              [[maybe_unused]] Then then, std::bool_constant<Summed>) {
        using L = LayerAt<I>;
        const auto g = L::geometry(table.shapes[I], c.batch);
        const T* const w = m.parameters + table.parameters[I];
        T* const dw = m.gradients + table.parameters[I];
        // Before a normalization a bias changes nothing: its gradient is zero.
        if constexpr (L::has_bias && !Summed)
            c.backend.bias_gradient(backend::Map{c.batch, g.out}, dy, dw + g.weights());
        if constexpr (table.is_virtual[I]) {
            constexpr int bn = table.normalized_by[I];
            constexpr int n = table.shapes[bn].channels;
            const auto input = normalized<bn>(m, value<From, bn>(c, m, x), activation<I, bn>());
            T* const gradients = m.gradients + table.parameters[bn];
            c.backend.fused_conv2d_backward(
                g, input, dy, w, dw, to,
                backend::Gate<T, decltype(input.f)>{input, gradients, gradients + n,
                                                    m.fixed + table.fixed[bn] + 2 * n});
        } else if constexpr (!std::same_as<Then, Ungated>) {
            then.more = more;
            c.backend.fused_conv2d_backward(g, in, dy, w, dw, to, then);
        } else {
            if (!to)
                c.backend.fused_conv2d_weight_gradient(g, in, dy, dw);
            else if (more)
                c.backend.fused_conv2d_backward(g, in, dy, w, dw, to, backend::Plus<T>{more});
            else
                c.backend.fused_conv2d_backward(g, in, dy, w, dw, to, backend::Leave{});
        }
    }

    template <int V, class T>
    // of value V, which shares the storage of the last one
    static constexpr std::ptrdiff_t pixel(View<T> final_view) {
        return table.shapes[V].channels == table.shapes[depth].channels ? final_view.pixel
                                                                        : table.shapes[V].channels;
    }
    template <int From, int To>
    // an alias keeps the pixel distance unless it changes the shape
    static constexpr std::ptrdiff_t shifted(std::ptrdiff_t pixel) {
        return table.shapes[From].channels == table.shapes[To].channels ? pixel
                                                                        : table.shapes[To].channels;
    }
    template <int V, class B, class T>
    static View<T> own(const Context<B>& c, const Memory<T>& m) {
        return {m.saved + c.capacity * table.values[table.home[V] - 1], table.shapes[V].channels};
    }
    template <int From, int V, class B, class T>
    static View<const T> value(const Context<B>& c, const Memory<T>& m, View<const T> x) {
        if constexpr (table.home[V] == table.home[From])
            return {x.data, shifted<From, V>(x.pixel)};
        else
            return own<V>(c, m);
    }
    template <int From, int To, int V, class B, class T>
    // value V, which went to y if it shares the storage of value To
    static View<const T> source(const Context<B>& c, const Memory<T>& m, View<const T> x,
                                View<T> y) {
        if (y && table.home[V] == table.home[To] && table.home[V] != table.home[From])
            return {y.data, pixel<V>(y)};
        return value<From, V>(c, m, x);
    }
    template <int I, class B, class T>
    static T* saved(const Context<B>& c, const Memory<T>& m) {
        return m.saved + c.capacity * (table.values[depth] + table.saved[I]);
    }
};

}  // namespace collab
