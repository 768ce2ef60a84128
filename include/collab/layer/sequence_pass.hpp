// SPDX-License-Identifier: Apache-2.0
// sequence_pass: what both passes through a bound sequence share: where its values and weights lie.
#pragma once
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include <collab/backend/fusion.hpp>
#include <collab/layer/pass.hpp>
#include <collab/layer/plan.hpp>

namespace collab::detail {

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
/// Memory of the moment for virtual values, on backends that cannot do without. A value is read by
/// the very next layers that compute, which hold no sequence.
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

/// Layers From to To of the bound sequence S on one batch. Values that share the storage of the
/// first one lie in x, the others in the sequence's own, unless the caller has a place for the last
/// one.
template <class S, int From, int To, class B>
struct SequencePass {
    using T = typename B::Scalar;
    template <int I>
    using LayerAt = typename S::template LayerAt<I>;
    template <int I>
    using ShapeAt = typename S::template ShapeAt<I>;
    template <int I>
    static constexpr PlanRow row = S::template plan<From, To, FusionBackend<B>>.rows[I];

    const Context<B>& c;
    const Memory<T>& m;
    const View<const T> x;

    template <int V>
    static constexpr Dims dims = S::table.shapes[V];
    template <int V, int W>
    static constexpr bool share_storage = S::table.home[V] == S::table.home[W];
    /// An alias keeps the pixel distance unless it changes the shape.
    template <int V, int W>
    static constexpr std::ptrdiff_t shifted(std::ptrdiff_t pixel) {
        return dims<V>.channels == dims<W>.channels ? pixel : dims<W>.channels;
    }
    template <int V>
    View<T> own() const {
        return {m.saved + c.capacity * S::table.values[S::table.home[V] - 1], dims<V>.channels};
    }
    template <int V>
    View<const T> value() const {
        if constexpr (share_storage<V, From>)
            return {x.data, shifted<From, V>(x.pixel)};
        else
            return own<V>();
    }
    /// Value V in `y`, the place of value To, whose storage it shares.
    template <int V, class U>
    static View<U> inside(View<U> y) {
        return {y.data, V == To ? y.pixel : shifted<S::depth, V>(y.pixel)};
    }

    template <int I>
    T* saved() const {
        return m.saved + c.capacity * (S::table.values[S::depth] + S::table.saved[I]);
    }
    template <int I>
    const T* parameters() const {
        return m.parameters + S::table.parameters[I];
    }
    template <int I>
    T* gradients() const {
        return m.gradients + S::table.parameters[I];
    }
    template <int I>
    T* fixed() const {
        return m.fixed + S::table.fixed[I];
    }
    template <int V>
    backend::Map map() const {
        return {c.batch, dims<V>};
    }
    template <int I>
    Context<B> context() const {
        return c.part(S::template number<I>);
    }

    /// What layer I applies to its result.
    template <int I>
    static constexpr auto activation() {
        if constexpr (row<I>.applies_next)
            return LayerAt<I + 1>::function();
        else
            return Identity{};
    }
    /// Normalization I of `input`.
    template <int I, class F>
    backend::Normalized<T, F> normalized(View<const T> input, F f) const {
        const T* const p = parameters<I>();
        return {input, p, p + dims<I>.channels, fixed<I>(), f};
    }
    /// The normalization that makes value V, which is virtual.
    template <int V>
    static constexpr int normalization_of = S::table.normalized_by[V];
    /// What value V, which is virtual, is formed from.
    template <int V>
    auto virtual_value() const {
        constexpr int bn = normalization_of<V>;
        return normalized<bn>(value<bn>(), activation<bn>());
    }
    template <int V>
    void form(Formed<B, T>& formed) const {
        const auto from = virtual_value<V>();
        const View<T> to = formed.next(c, dims<V>);
        c.backend.for_each(std::size_t(c.batch) * dims<V>.size(),
                           FormValue<T, decltype(from.f)>{from, dims<V>.channels, to.data});
    }
    template <int I>
    backend::Statistics<T> statistics() const {
        T* const state = m.state + S::table.state[I];
        return {LayerAt<I>::constants, state, state + dims<I>.channels, fixed<I>()};
    }
    /// The gate of layer I, a normalization; `result` is its result, or that of a sum with it,
    /// after f.
    template <int I, class F>
    backend::OutputGate<T, F> gate_of(View<const T> result, F f) const {
        constexpr int n = dims<I>.channels;
        T* const g = gradients<I>();
        return {{}, result, value<I>(), fixed<I>(), g, g + n, fixed<I>() + 2 * n, f};
    }
};

}  // namespace collab::detail
