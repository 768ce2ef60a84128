// SPDX-License-Identifier: Apache-2.0
// backward_pass: runs the plan of a bound sequence from its last value back to its first.
#pragma once
#include <concepts>
#include <type_traits>

#include <collab/core/error.hpp>
#include <collab/layer/sequence_pass.hpp>

namespace collab::detail {

/// The gradient of value From from `d`, which begins as that of value To; adds to the gradients of
/// parameters. The members are described at ExecutionPlan::backward.
template <class S, int From, int To, class B, class End, class Out>
struct BackwardPass : SequencePass<S, From, To, B> {
    using Base = SequencePass<S, From, To, B>;
    using Base::c;
    using Base::m;
    using Base::x;
    using typename Base::T;
    template <int I>
    using LayerAt = typename S::template LayerAt<I>;
    template <int I>
    using ShapeAt = typename S::template ShapeAt<I>;
    template <int I>
    static constexpr PlanRow row = Base::template row<I>;

    const View<const T> dy;
    const View<T> dx;
    const bool wanted;
    const View<const T> y;
    const View<const T> plus;
    const End& end;
    const Out& leaving;
    T* const buffers[2] = {m.scratch, m.scratch + c.capacity* S::table.widest};
    View<const T> d = dy;
    Formed<B, T> formed{};
    bool added = false;  ///< `plus` is in the gradient already

    COLLAB_COLD View<const T> run() {
        [&]<int... K>(std::integer_sequence<int, K...>) {
            (step<To - 1 - K>(), ...);
        }(std::make_integer_sequence<int, To - From>{});
        const View<const T> left = added ? View<const T>{} : plus;
        const backend::Map map = this->template map<From>();
        if (dx && d.data != dx.data) {
            c.backend.copy(map, d, dx);
            d = dx;
        }
        if (left && d) {  // d is dx or ours, for nothing but a copy leaves it the caller's
            if (d.data == dy.data)
                fail("nothing computes between the values of this range: there is no gradient to "
                     "add to");
            c.backend.add(map, left, View<T>{const_cast<T*>(d.data), d.pixel});
        }
        return d;
    }

private:
    template <int I>
    void step() {
        if constexpr (LayerAt<I>::alias)
            d = {d.data, Base::template shifted<I + 1, I>(d.pixel)};
        else if constexpr (row<I>.step == PlanStep::convolution)
            convolution<I>();
        else if constexpr (row<I>.step == PlanStep::normalization)
            normalization<I>();
        else if constexpr (row<I>.step == PlanStep::layer)
            layer<I>();
    }
    /// Nobody else reads d.
    bool ours() const { return d.data == buffers[0] || d.data == buffers[1]; }
    T* other_buffer() const { return d.data == buffers[0] ? buffers[1] : buffers[0]; }
    /// Where the gradient of layer I's input goes; nowhere if nobody wants it.
    template <int I>
    View<T> target() const {
        constexpr int channels = Base::template dims<I>.channels;
        if constexpr (row<I>.begins) {
            if (dx)
                return {dx.data, I == From ? dx.pixel : channels};
            if (LayerAt<I>::optional_input_gradient && !wanted)
                return {};
        }
        if (LayerAt<I>::in_place && ours())
            return {const_cast<T*>(d.data), d.pixel};
        return {other_buffer(), channels};
    }
    /// Where forward put value V.
    template <int V>
    View<const T> result() const {
        if (Base::template share_storage<V, To> && y)
            return Base::template inside<V>(y);
        return this->template value<V>();
    }

    template <int I>
    void layer() {
        using L = LayerAt<I>;
        constexpr int out = row<I>.result;
        const View<T> to = target<I>();
        View<const T> in = this->template value<I>();
        View<const T> of = result<out>();
        if constexpr (row<I>.reads_virtual) {
            this->template form<I>(formed);
            in = formed.view(Base::template dims<I>);
        }
        if constexpr (row<I>.result_is_virtual)
            of = formed.view(Base::template dims<out>);
        const Backward<T> b{in,
                            of,
                            d,
                            to,
                            this->template parameters<I>(),
                            this->template gradients<I>(),
                            this->template saved<I>(),
                            this->template fixed<I>(),
                            m.scratch + 2 * c.capacity * S::table.widest};
        const Context<B> here = this->template context<I>();
        if constexpr (row<I>.gates_for >= 0 || row<I>.gated_by_next)
            L::backward(here, ShapeAt<I>{}, b, Base::template activation<I>(),
                        std::bool_constant<row<I>.gated_by_next>{}, gate_before<I>());
        else if constexpr (row<I>.applies_next)
            L::backward(here, ShapeAt<I>{}, b, LayerAt<I + 1>::function());
        else
            L::backward(here, ShapeAt<I>{}, b);
        d = to;
    }

    /// The gradient of the input of normalization I, from d, that of its result.
    template <int I>
    backend::NormalizedGradient<T> through_normalization(View<const T> input) const {
        const T* const fixed = this->template fixed<I>();
        constexpr Dims shape = Base::template dims<I>;
        return {d,
                input,
                this->template parameters<I>(),
                fixed,
                fixed + 2 * shape.channels,
                long(c.batch) * shape.area()};
    }
    template <int I>
    void normalization() {
        const View<const T> in = this->template value<I>();
        if constexpr (row<I>.ends) {
            if (!end.done)
                sum<I>(end.f, in, end.y ? end.y : in, end.g);
            if (end.g)
                d = end.g;
        } else if constexpr (!row<I>.result_is_virtual && !row<I>.gated_by_next) {
            sum_through_activation<I>(in);
        }
        // else the convolution that reads the result has taken the sums
        if constexpr (!row<I>.summed_by_previous) {
            constexpr int channels = Base::template dims<I>.channels;
            View<T> to{buffers[0], channels};
            if (row<I>.begins && dx)
                to = {dx.data, I == From ? dx.pixel : channels};
            else if (ours())
                to = {const_cast<T*>(d.data), d.pixel};
            c.backend.normalized_gradient(this->template map<I>(), through_normalization<I>(in),
                                          to);
            d = to;
        }
        // else the convolution before reads d through the normalization
    }
    /// The sums of normalization I over the gradient of its result, which goes to `g` where f is
    /// not the identity.
    template <int I, class F>
    void sum(F f, View<const T> in, View<const T> of, View<T> g) {
        constexpr int channels = Base::template dims<I>.channels;
        T* const fixed = this->template fixed<I>();
        T* const gradients = this->template gradients<I>();
        constexpr int at = row<I>.result;  // nvcc parses no member of a variable template here
        c.backend.normalized_sums(this->template map<at>(), f,
                                  {in, of, d, fixed, gradients, gradients + channels},
                                  fixed + 2 * channels, g);
    }
    template <int I>
    void sum_through_activation(View<const T> in) {
        constexpr auto f = Base::template activation<I>();
        if constexpr (std::same_as<std::remove_cvref_t<decltype(f)>, Identity>) {
            sum<I>(f, in, in, View<T>{});
        } else {
            const View<T> g = ours() ? View<T>{const_cast<T*>(d.data), d.pixel}
                                     : View<T>{other_buffer(), Base::template dims<I>.channels};
            sum<I>(f, in, result<row<I>.result>(), g);
            d = g;
        }
    }

    /// The gate that the layer at I applies to the gradient of its input.
    template <int I>
    auto gate_before() const {
        constexpr int j = row<I>.gates_for;
        if constexpr (j < 0) {
            return Ungated{};
        } else if constexpr (row<j>.step == PlanStep::normalization) {
            return this->template gate_of<j>(this->template value<I>(),
                                             Base::template activation<j>());
        } else {
            const Memory<T> at{
                this->template parameters<j>(), this->template gradients<j>(), nullptr,
                this->template saved<j>(),      this->template fixed<j>(),     nullptr};
            return LayerAt<j>::output_gate(this->template context<j>(), ShapeAt<j>{}, at,
                                           this->template value<j>(), this->template value<I>(),
                                           Base::template activation<j>());
        }
    }
    template <int I>
    void convolution() {
        const View<T> to = target<I>();
        if constexpr (row<I>.sums_for_next)
            convolve_back<I>(through_normalization<I + 1>(result<I + 1>()), to);
        else
            convolve_back<I>(d, to);
        d = to;
    }
    template <int I, class D>
    void convolve_back(const D& of_result, View<T> to) {
        using L = LayerAt<I>;
        const auto g = L::geometry(Base::template dims<I>, c.batch);
        const T* const w = this->template parameters<I>();
        T* const dw = this->template gradients<I>();
        // Before a normalization a bias changes nothing: its gradient is zero.
        if constexpr (L::has_bias && !row<I>.sums_for_next)
            c.backend.bias_gradient(this->template map<I + 1>(), of_result, dw + g.weights());
        if constexpr (row<I>.reads_virtual) {
            constexpr int bn = Base::template normalization_of<I>;
            constexpr int channels = Base::template dims<bn>.channels;
            const auto input = this->template virtual_value<I>();
            T* const gradients = this->template gradients<bn>();
            c.backend.fused_conv2d_backward(
                g, input, of_result, w, dw, to,
                backend::Gate<T, decltype(input.f)>{input, gradients, gradients + channels,
                                                    this->template fixed<bn>() + 2 * channels});
        } else if constexpr (row<I>.begins) {
            leave<I>(g, of_result, w, dw, to);
        } else {
            const View<const T> in = this->template value<I>();
            if constexpr (row<I>.gates_for >= 0)
                c.backend.fused_conv2d_backward(g, in, of_result, w, dw, to, gate_before<I>());
            else
                c.backend.fused_conv2d_backward(g, in, of_result, w, dw, to, backend::Leave{});
        }
    }
    /// The first convolution: its gradient leaves the range, if anybody wants it.
    template <int I, class G, class D>
    void leave(const G& g, const D& of_result, const T* w, T* dw, View<T> to) {
        const View<const T> in = this->template value<I>();
        if constexpr (!std::same_as<Out, Ungated>) {
            auto gate = leaving;
            gate.more = plus;
            c.backend.fused_conv2d_backward(g, in, of_result, w, dw, to, gate);
        } else if (!to) {
            c.backend.fused_conv2d_weight_gradient(g, in, of_result, dw);
        } else if (plus) {
            c.backend.fused_conv2d_backward(g, in, of_result, w, dw, to, backend::Plus<T>{plus});
        } else {
            c.backend.fused_conv2d_backward(g, in, of_result, w, dw, to, backend::Leave{});
        }
        added = bool(plus) && bool(to);
    }
};

}  // namespace collab::detail
