// SPDX-License-Identifier: Apache-2.0
// residual: a list of layers whose result is added to its input.
#pragma once
#include <algorithm>

#include <collab/layer/execution_plan.hpp>

namespace collab {

/// The parameter-free shortcut (option A of He et al. 2016): every stride-th pixel, new channels
/// filled with zeros.
struct PadShortcut {};

/// y = body(x) + shortcut(x). The shortcut is x itself when empty, PadShortcut, or a list of layers
/// (a 1x1 convolution and a batch normalization: option B). Both sides must give the same shape. An
/// activation that follows is applied to the sum in the same pass.
///
///     Residual<Layers<Conv2d<16, 3>, BatchNorm, Relu, Conv2d<16, 3>, BatchNorm>>, Relu
template <class Body, class Shortcut = Layers<>>
struct Residual : LayerBase {
    static constexpr bool pads = std::same_as<Shortcut, PadShortcut>;
    using body_layers = flat_layers<Body>;
    using shortcut_layers = flat_layers<std::conditional_t<pads, Layers<>, Shortcut>>;
    using parts = Pack<body_layers, shortcut_layers>;
    static_assert(body_layers::size > 0, "collab: a residual block has a body");
    static constexpr bool identity = !pads && shortcut_layers::size == 0;
    static constexpr bool fuses_activation = true;
    template <class B>
    static constexpr bool runs_on = !pads || ShortcutBackend<B>;

    static constexpr bool accepts(Dims in) {
        const inferred_shapes<body_layers> body(in);
        const inferred_shapes<shortcut_layers> shortcut(in);
        if (!body.fits() || !shortcut.fits())
            return false;
        const Dims out = body.output();
        if (!pads)
            return out == shortcut.output();
        return out.channels >= in.channels && in.height % out.height == 0 &&
               in.width % out.width == 0;
    }
    static constexpr Dims output(Dims in) { return inferred_shapes<body_layers>(in).output(); }
    static constexpr Footprint footprint(Dims in) {
        const Footprint b = inferred_shapes<body_layers>(in, true).footprint();
        const Footprint s = inferred_shapes<shortcut_layers>(in).footprint();
        return {b.parameters + s.parameters, b.state + s.state, b.saved + s.saved,
                b.fixed + s.fixed, std::max(b.scratch, s.scratch) + padded(output(in))};
    }
    static constexpr long multiply_adds(Dims in) {
        return inferred_shapes<body_layers>(in).multiply_adds +
               inferred_shapes<shortcut_layers>(in).multiply_adds;
    }
    static std::string describe() {
        return identity ? "Residual" : pads ? "Residual, PadShortcut" : "Residual, projected";
    }
    static const char* part_name(int i) { return i == 0 ? "body" : "shortcut"; }

    template <class B, StaticShape In, class T = typename B::Scalar, class F = Identity>
    static void forward(const Context<B>& c, In, const Forward<T>& f, F function = {}) {
        using Inside = ExecutionPlan<Body, In, true>;
        using Way = ExecutionPlan<shortcut_layers, In>;
        const backend::Map out{c.batch, Inside::Output::dims};
        const Memory<T> body{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr};
        if constexpr (FusionBackend<B> && offers_gate<In> && !pads) {
            View<const T> skip = f.x;
            if constexpr (!identity)
                skip = Way::template forward<0, Way::depth>(
                    c.part(1), body.after(Inside::footprint, c.capacity), f.x);
            Inside::template forward<0, Inside::depth>(c.part(0), body, f.x, f.y,
                                                       Ending<T, F>{skip, function});
        } else {
            if constexpr (body_keeps_output)
                c.backend.copy(
                    out, Inside::template forward<0, Inside::depth>(c.part(0), body, f.x), f.y);
            else
                Inside::template forward<0, Inside::depth>(c.part(0), body, f.x, f.y);
            if constexpr (identity)
                c.backend.add(out, f.x, f.y);
            else if constexpr (pads)
                c.backend.pad_shortcut(padding<In>(c.batch), f.x, f.y);
            else
                c.backend.add(out,
                              Way::template forward<0, Way::depth>(
                                  c.part(1), body.after(Inside::footprint, c.capacity), f.x),
                              f.y);
            if constexpr (!std::same_as<F, Identity>)
                c.backend.activate(out, function, View<const T>(f.y), f.y);
        }
    }
    /// The sum is that of a normalization: the layer behind may gate the gradient for it.
    /// `takes_gate`: so may this one for the layer before.
    template <class In>
    static constexpr bool offers_gate =
        ExecutionPlan<Body, In, true>::template plan<>.ends_in_normalization;
    template <class In>
    static constexpr bool takes_gate =
        identity && ExecutionPlan<Body, In, true>::template plan<>.takes_gate;
    template <class B, StaticShape In, class T, class F>
    static backend::OutputGate<T, F> output_gate(const Context<B>& c, In, const Memory<T>& m,
                                                 View<const T> x, View<const T> y, F function) {
        return ExecutionPlan<Body, In, true>::ending_gate(m, c.part(0), x, y, function);
    }
    /// `Gated`: dy is the gradient of the sum already, and the normalization at the end of the body
    /// has its sums.
    template <class B, StaticShape In, class T = typename B::Scalar, class F = Identity,
              bool Gated = false, class Then = Ungated>
    static void backward(const Context<B>& c, In, const Backward<T>& b, F function = {},
                         std::bool_constant<Gated> = {}, const Then& then = {}) {
        using Inside = ExecutionPlan<Body, In, true>;
        using Way = ExecutionPlan<shortcut_layers, In>;
        constexpr bool activated = !std::same_as<F, Identity> && !Gated;
        constexpr Dims out = Inside::Output::dims;
        const Memory<T> body{b.parameters, b.gradients, nullptr,
                             b.saved,      b.fixed,     b.scratch + c.capacity * padded(out)};
        View<const T> g = b.dy;  // the gradient of the sum, which both ways see
        const View<T> own{b.scratch, out.channels};
        if constexpr (FusionBackend<B> && offers_gate<In>) {
            EndingGradient<T, F> end{{}, {}, function, Gated};
            if constexpr (activated) {
                end.y = b.y;
                end.g = own;
                g = own;
            }
            Inside::template backward<0, Inside::depth>(c.part(0), body, b.x, b.dy, b.dx, true, {},
                                                        identity ? g : View<const T>{}, end, then);
        } else {
            if constexpr (activated) {
                c.backend.activate_backward({c.batch, out}, function, b.y, b.dy, own);
                g = own;
            }
            // The result of a normalization has been written over and is not needed, but something
            // has to stand for it.
            const View<const T> result = offers_gate<In> ? b.y : View<const T>{};
            Inside::template backward<0, Inside::depth>(c.part(0), body, b.x, g, b.dx, true, result,
                                                        identity ? g : View<const T>{},
                                                        EndingGradient<T, Identity>{}, then);
        }
        if constexpr (pads)
            c.backend.pad_shortcut_backward(padding<In>(c.batch), g, b.dx);
        else if constexpr (!identity)
            c.backend.add({c.batch, In::dims},
                          Way::template backward<0, Way::depth>(
                              c.part(1), body.after(Inside::footprint, c.capacity), b.x, g),
                          b.dx);
    }

private:
    static constexpr long padded(Dims d) { return (long(d.size()) + 15) / 16 * 16; }
    // The sum would overwrite what the body's last layer needs to go backward.
    static constexpr bool body_keeps_output = [] {
        bool keeps = false;
        static_for<body_layers::size>([&](auto i) {
            using L = typename body_layers::template at<i>;
            if (!L::alias)
                keeps = L::keeps_output;
        });
        return keeps;
    }();

    template <class In>
    static constexpr backend::Convolution padding(int batch) {
        const Dims out = output(In::dims);
        return {batch,
                In::dims,
                out,
                {1, 1},
                {In::dims.height / out.height, In::dims.width / out.width},
                {0, 0},
                1};
    }
};

}  // namespace collab
