// SPDX-License-Identifier: Apache-2.0
// conv_transpose: the transpose of a convolution, which turns a small map into a larger one.
#pragma once
#include <collab/layer/conv.hpp>

namespace collab {

/// The linear map that backpropagation through `Conv2d` applies: `Out` channels, output extent
/// (extent - 1) stride - 2 pad + kernel + output_pad. Pad is K / 2 by default; output padding is
/// below the stride (PyTorch's ConvTranspose2d). Weights lie as [kh][kw][Out][in channels]: those
/// of the convolution that it transposes.
///
///     ConvTranspose2d<32, 3, Stride<2>, OutputPad<1>>     // 8x8 -> 16x16
template <int Out, int K, class... Options>
struct ConvTranspose2d : LayerBase {
    static constexpr detail::WindowOptions window = detail::convolution_options<K, Options...>();
    static constexpr bool has_bias = window.bias;
    static constexpr bool optional_input_gradient = true;
    static_assert(detail::no_pool_options(window),
                  "collab: CeilMode and ExcludePadding are options of pools");
    static_assert(
        Out > 0 && window.groups == 1,
        "collab: a transposed convolution has at least one output channel and a single group");
    static_assert((window.output_pad.height < window.stride.height &&
                   window.output_pad.width < window.stride.width) ||
                      window.output_pad == backend::Extent{0, 0},
                  "collab: output padding is smaller than the stride");

    static constexpr bool accepts(Dims in) { return output(in).height > 0 && output(in).width > 0; }
    static constexpr Dims output(Dims in) {
        return {Out,
                (in.height - 1) * window.stride.height - 2 * window.pad.height +
                    window.kernel.height + window.output_pad.height,
                (in.width - 1) * window.stride.width - 2 * window.pad.width + window.kernel.width +
                    window.output_pad.width};
    }
    /// The convolution from our output to our input.
    static constexpr backend::ConvolutionKind kind{
        .grouped = false, .pointwise = window.kernel == backend::Extent{1, 1}};
    static constexpr backend::ConvolutionOf<kind> geometry(Dims in, int batch) {
        return {{batch, output(in), in, window.kernel, window.stride, window.pad, 1}};
    }
    static constexpr auto parameters(Dims in) {
        const backend::Convolution g = geometry(in, 1);
        // how many products reach one output, on average
        const int fan_in = g.kernel.area() * in.channels / window.stride.area();
        const Parameter weight{"weight",
                               Role::weight,
                               g.weights(),
                               fan_in > 0 ? fan_in : 1,
                               {g.kernel.height, g.kernel.width, Out, in.channels},
                               4};
        if constexpr (has_bias)
            return std::array<Parameter, 2>{weight, {"bias", Role::bias, Out, 1, {Out}, 1}};
        else
            return std::array<Parameter, 1>{weight};
    }
    static constexpr Footprint footprint(Dims in) { return listed_footprint<ConvTranspose2d>(in); }
    static constexpr long multiply_adds(Dims in) {
        return long(in.area()) * geometry(in, 1).weights();
    }
    static std::string describe() {
        return sentence("ConvTranspose2d<", Out, ", ", K,
                        detail::window_text(
                            window, {window.kernel.height / 2, window.kernel.width / 2}, {1, 1}),
                        ">");
    }

    template <ConvolutionBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        const auto g = geometry(in, c.batch);
        c.backend.conv2d_input_gradient(g, f.x, f.parameters,
                                        has_bias ? f.parameters + g.weights() : nullptr, f.y);
    }
    template <ConvolutionBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        const auto g = geometry(in, c.batch);
        c.backend.conv2d_weight_gradient(g, b.dy, b.x, b.gradients);
        if constexpr (has_bias)
            c.backend.bias_gradient({c.batch, output(in)}, b.dy, b.gradients + g.weights());
        if (b.dx)
            c.backend.conv2d(g, b.dy, b.parameters, nullptr, b.dx);
    }
};

}  // namespace collab
