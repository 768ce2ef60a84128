// SPDX-License-Identifier: Apache-2.0
// forward_pass: runs the plan of a bound sequence from its first value to its last.
#pragma once
#include <collab/layer/sequence_pass.hpp>

namespace collab::detail {

/// Value To from value From. The result lies in `y` where one is given, else in the sequence's
/// storage or, when nothing computes between, is x itself.
template <class S, int From, int To, class B, class End>
struct ForwardPass : SequencePass<S, From, To, B> {
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

    const View<T> y;
    const End& end;
    Formed<B, T> formed{};

    COLLAB_COLD View<const T> run() {
        [&]<int... K>(std::integer_sequence<int, K...>) {
            (step<From + K>(), ...);
        }(std::make_integer_sequence<int, To - From>{});
        if (!y)
            return this->template value<To>();
        if constexpr (Base::template share_storage<To, From>)
            c.backend.copy(this->template map<To>(), this->template value<To>(), y);
        return y;
    }

private:
    template <int I>
    void step() {
        if constexpr (row<I>.step == PlanStep::convolution)
            convolution<I>();
        else if constexpr (row<I>.step == PlanStep::normalization)
            normalization<I>();
        else if constexpr (row<I>.step == PlanStep::layer)
            layer<I>();
    }
    /// Where value V goes.
    template <int V>
    View<T> target() const {
        if (Base::template share_storage<V, To> && y)
            return Base::template inside<V>(y);
        return this->template own<V>();
    }
    /// Where value V has gone.
    template <int V>
    View<const T> source() const {
        if constexpr (Base::template share_storage<V, To> &&
                      !Base::template share_storage<V, From>) {
            if (y)
                return {y.data, Base::template shifted<S::depth, V>(y.pixel)};
        }
        return this->template value<V>();
    }

    template <int I>
    void layer() {
        constexpr int out = row<I>.result;
        View<const T> in = source<I>();
        if constexpr (row<I>.reads_virtual)
            in = formed.view(Base::template dims<I>);
        View<T> to = target<out>();
        if constexpr (row<I>.result_is_virtual)
            to = formed.next(c, Base::template dims<out>);
        const Forward<T> f{in,
                           to,
                           this->template parameters<I>(),
                           m.state + S::table.state[I],
                           this->template saved<I>(),
                           this->template fixed<I>()};
        if constexpr (row<I>.applies_next)
            LayerAt<I>::forward(this->template context<I>(), ShapeAt<I>{}, f,
                                LayerAt<I + 1>::function());
        else
            LayerAt<I>::forward(this->template context<I>(), ShapeAt<I>{}, f);
    }

    /// What normalization I normalizes with: of the batch `in` in training, the running statistics
    /// in inference.
    template <int I>
    void gather(View<const T> in) {
        const backend::Statistics<T> s = this->template statistics<I>();
        constexpr int channels = Base::template dims<I>.channels;
        if (c.mode == Mode::training)
            c.backend.batch_statistics(this->template map<I>(), in, s);
        else
            c.backend.for_each(std::size_t(channels),
                               RunningStatistics<T>{s.running_mean, s.running_variance, s.saved,
                                                    channels, s.constants.epsilon});
    }
    template <int I>
    void normalization() {
        constexpr int out = row<I>.result;
        const View<const T> in = source<I>();
        if constexpr (row<I>.summed_by_previous) {
            if (c.mode == Mode::inference)
                return;  // done with the convolution
        } else {
            gather<I>(in);
        }
        const auto input = this->template normalized<I>(in, Identity{});
        if constexpr (row<I>.ends)
            c.backend.normalize(this->template map<out>(), end.f, input, end.skip, target<out>());
        else if constexpr (!row<I>.result_is_virtual)
            c.backend.normalize(this->template map<out>(), Base::template activation<I>(), input,
                                View<const T>{}, target<out>());
    }

    template <int I>
    void convolution() {
        if constexpr (row<I>.sums_for_next) {
            if (c.mode == Mode::inference)
                return convolve_and_normalize<I>();
        }
        const View<T> to = target<I + 1>();
        const auto g = LayerAt<I>::geometry(Base::template dims<I>, c.batch);
        const T* const w = this->template parameters<I>();
        const T* const bias = LayerAt<I>::has_bias ? w + g.weights() : nullptr;
        backend::Statistics<T> s;
        if constexpr (row<I>.sums_for_next)
            s = this->template statistics<I + 1>();
        with_input<I>([&](const auto& input) { c.backend.fused_conv2d(g, input, w, bias, to, s); });
    }
    /// Inference: the normalization behind convolution I, its activation and an Ending are applied
    /// to the results while they are in cache. A virtual value is then no longer one: it lies where
    /// training keeps what it is formed from.
    template <int I>
    void convolve_and_normalize() {
        constexpr int bn = I + 1;
        constexpr int out = row<bn>.result;
        const auto g = LayerAt<I>::geometry(Base::template dims<I>, c.batch);
        const T* const w = this->template parameters<I>();
        const T* const bias = LayerAt<I>::has_bias ? w + g.weights() : nullptr;
        gather<bn>(View<const T>{});
        const auto coefficients = this->template normalized<bn>(View<const T>{}, Identity{});
        const View<T> to = row<bn>.result_is_virtual ? target<bn>() : target<out>();
        const auto convolve = [&](View<const T> skip, auto f) {
            const backend::NormalizedSum<T, decltype(f)> sum{coefficients, skip, f};
            with_input<I>([&](const auto& input) {
                c.backend.normalized_conv2d(g, input, w, bias, sum, to);
            });
        };
        if constexpr (row<bn>.ends)
            convolve(end.skip, end.f);
        else
            convolve(View<const T>{}, Base::template activation<bn>());
    }
    /// f(what convolution I reads): value I or, if that is virtual, what it is formed from.
    template <int I, class Use>
    void with_input(const Use& f) {
        if constexpr (row<I>.reads_virtual) {
            constexpr int bn = Base::template normalization_of<I>;
            if (row<bn>.summed_by_previous && c.mode == Mode::inference)
                f(this->template value<bn>());
            else
                f(this->template virtual_value<I>());
        } else {
            f(source<I>());
        }
    }
};

}  // namespace collab::detail
