// SPDX-License-Identifier: Apache-2.0
// conv: a learned linear map of each window of a feature map.
#pragma once
#include <collab/backend/fusion.hpp>
#include <collab/layer/concepts.hpp>
#include <collab/layer/options.hpp>

namespace collab {

namespace detail {
inline std::string window_text(const WindowOptions& w, backend::Extent usual_pad,
                               backend::Extent usual_stride) {
    std::string s;
    const auto extent = [&](const char* name, backend::Extent e) {
        s += sentence(", ", name, "<", e.height);
        if (e.width != e.height)
            s += sentence(", ", e.width);
        s += ">";
    };
    if (w.kernel.height != w.kernel.width)
        s += sentence(", Kernel<", w.kernel.height, ", ", w.kernel.width, ">");
    if (w.stride != usual_stride)
        extent("Stride", w.stride);
    if (w.pad != usual_pad)
        extent("Pad", w.pad);
    if (w.output_pad != backend::Extent{0, 0})
        extent("OutputPad", w.output_pad);
    if (w.groups != 1)
        s += sentence(", Groups<", w.groups, ">");
    if (w.bias)
        s += ", Bias";
    if (w.ceil_mode)
        s += ", CeilMode";
    if (w.exclude_padding)
        s += ", ExcludePadding";
    return s;
}

/// Whatever is a cross-correlation once its geometry is known. Self supplies `geometry(in, batch)`
/// and `has_bias`.
template <class Self>
struct ConvolutionLayer : LayerBase {
    static constexpr bool optional_input_gradient = true;
    /// Whether a backend that fuses may form the input on the way in and sum the output on the way
    /// out.
    static constexpr bool convolves(Dims in) { return fuses(Self::geometry(in, 1)); }

    static constexpr auto parameters(Dims in) {
        const backend::Convolution g = Self::geometry(in, 1);
        const int fan_in = g.kernel.area() * (g.in.channels / g.groups);
        const Parameter weight{
            "weight",
            Role::weight,
            g.weights(),
            fan_in,
            {g.kernel.height, g.kernel.width, g.in.channels / g.groups, g.out.channels},
            4};
        if constexpr (Self::has_bias)
            return std::array<Parameter, 2>{
                weight, {"bias", Role::bias, g.out.channels, fan_in, {g.out.channels}, 1}};
        else
            return std::array<Parameter, 1>{weight};
    }
    static constexpr Footprint footprint(Dims in) { return listed_footprint<Self>(in); }
    static constexpr long multiply_adds(Dims in) {
        const backend::Convolution g = Self::geometry(in, 1);
        return long(g.out.area()) * g.weights();
    }

    template <ConvolutionBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        const auto g = Self::geometry(in, c.batch);
        c.backend.conv2d(g, f.x, f.parameters,
                         Self::has_bias ? f.parameters + g.weights() : nullptr, f.y);
    }
    template <ConvolutionBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        const auto g = Self::geometry(in, c.batch);
        c.backend.conv2d_weight_gradient(g, b.x, b.dy, b.gradients);
        if constexpr (Self::has_bias)
            c.backend.bias_gradient({c.batch, g.out}, b.dy, b.gradients + g.weights());
        if (b.dx)
            c.backend.conv2d_input_gradient(g, b.dy, b.parameters, nullptr, b.dx);
    }
};
}  // namespace detail

/// `Out` channels, each a learned sum over K x K windows of all input channels (of its group).
/// Keeps height and width unless `Stride<>` or `Pad<>` says otherwise (pad is K / 2); no bias
/// unless `Bias` is given, because batch normalization usually follows. Output extent:
/// floor((extent + 2 pad - kernel) / stride) + 1.
///
///     Conv2d<64, 3>                        // 3x3, same size
///     Conv2d<64, 3, Stride<2>, Bias>       // half the size, with bias
///     Conv2d<64, 0, Kernel<1, 7>>          // one row, seven columns
template <int Out, int K, class... Options>
struct Conv2d : detail::ConvolutionLayer<Conv2d<Out, K, Options...>> {
    static constexpr detail::WindowOptions window = detail::convolution_options<K, Options...>();
    static constexpr bool has_bias = window.bias;
    static_assert(detail::no_pool_options(window) && window.output_pad == backend::Extent{0, 0},
                  "collab: CeilMode and ExcludePadding are options of pools, OutputPad is one of "
                  "ConvTranspose2d");
    static_assert(
        Out > 0 && window.kernel.height > 0 && window.kernel.width > 0,
        "collab: a convolution has at least one output channel and a kernel of at least 1 by 1");

    static constexpr bool accepts(Dims in) {
        return in.channels % window.groups == 0 && Out % window.groups == 0 &&
               in.height + 2 * window.pad.height >= window.kernel.height &&
               in.width + 2 * window.pad.width >= window.kernel.width;
    }
    static constexpr Dims output(Dims in) {
        return {Out,
                (in.height + 2 * window.pad.height - window.kernel.height) / window.stride.height +
                    1,
                (in.width + 2 * window.pad.width - window.kernel.width) / window.stride.width + 1};
    }
    /// Of what kind the convolution is whatever the shapes are.
    static constexpr backend::ConvolutionKind kind{
        .grouped = window.groups != 1, .pointwise = window.kernel == backend::Extent{1, 1}};
    static constexpr backend::ConvolutionOf<kind> geometry(Dims in, int batch) {
        return {{batch, in, output(in), window.kernel, window.stride, window.pad, window.groups}};
    }
    static std::string describe() {
        return sentence("Conv2d<", Out, ", ", K,
                        detail::window_text(
                            window, {window.kernel.height / 2, window.kernel.width / 2}, {1, 1}),
                        ">");
    }
};

/// One K x K filter per channel (a convolution with as many groups as channels); channels stay as
/// they are.
template <int K, class... Options>
struct DepthwiseConv2d : detail::ConvolutionLayer<DepthwiseConv2d<K, Options...>> {
    static constexpr detail::WindowOptions window = detail::convolution_options<K, Options...>();
    static constexpr bool has_bias = window.bias;
    static_assert(detail::no_pool_options(window) && window.output_pad == backend::Extent{0, 0},
                  "collab: CeilMode and ExcludePadding are options of pools, OutputPad is one of "
                  "ConvTranspose2d");
    static_assert(window.groups == 1,
                  "collab: a depthwise convolution has one group per channel by itself");

    static constexpr bool accepts(Dims in) {
        return in.height + 2 * window.pad.height >= window.kernel.height &&
               in.width + 2 * window.pad.width >= window.kernel.width;
    }
    static constexpr Dims output(Dims in) {
        const Dims one = Conv2d<1, K, Options...>::output(in);
        return {in.channels, one.height, one.width};
    }
    static constexpr backend::ConvolutionKind kind{.pointwise =
                                                       window.kernel == backend::Extent{1, 1}};
    static constexpr backend::ConvolutionOf<kind> geometry(Dims in, int batch) {
        return {{batch, in, output(in), window.kernel, window.stride, window.pad, in.channels}};
    }
    static std::string describe() {
        return sentence("DepthwiseConv2d<", K,
                        detail::window_text(
                            window, {window.kernel.height / 2, window.kernel.width / 2}, {1, 1}),
                        ">");
    }
};

}  // namespace collab
