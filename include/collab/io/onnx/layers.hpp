// SPDX-License-Identifier: Apache-2.0
// layers: how the layers that have no layers inside are written as ONNX. Pools: io/onnx/pools.hpp.
#pragma once
#include <string>
#include <vector>

#include <collab/io/onnx/writer.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/parameter_layer.hpp>

namespace collab {

namespace detail {
/// Writes nothing: the result is the input.
struct OnnxNothing {
    static OnnxValue write(OnnxWriter&, Dims, const OnnxValue& x) { return x; }
};
inline OnnxWriter::Attributes onnx_window(const WindowOptions& w) {
    return {{"kernel_shape", {w.kernel.height, w.kernel.width}},
            {"strides", {w.stride.height, w.stride.width}},
            {"pads", {w.pad.height, w.pad.width, w.pad.height, w.pad.width}}};
}
/// A convolution of either direction; weights are met before the bias.
inline OnnxValue onnx_convolution(OnnxWriter& out, const char* op, Dims in, const OnnxValue& x,
                                  const OnnxWriter::Attributes& attributes, bool bias) {
    std::vector<std::string> inputs{out.map(x, in).name, out.parameter()};
    if (bias)
        inputs.push_back(out.parameter());
    return {out.graph().node(op, inputs, attributes), false};
}
/// `to` channels, those of a map of `from` in the middle.
inline OnnxValue onnx_padded(OnnxWriter& out, const OnnxValue& map, int from, int to) {
    if (from == to)
        return map;
    const int before = (to - from) / 2;
    return out.node(
        "Pad", map,
        {{"mode", "constant"}, {"pads", {0, before, 0, 0, 0, to - from - before, 0, 0}}});
}
}  // namespace detail

template <class Name>
struct OnnxLayer<Cut<Name>> : detail::OnnxNothing {};
template <int P, int Q>
struct OnnxLayer<Dropout<P, Q>> : detail::OnnxNothing {};
template <>
struct OnnxLayer<Flatten> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) { return out.flat(x, in); }
};

template <>
struct OnnxLayer<Relu> {
    static OnnxValue write(OnnxWriter& out, Dims, const OnnxValue& x) {
        return out.node("Relu", x);
    }
};
template <>
struct OnnxLayer<Relu6> {
    static OnnxValue write(OnnxWriter& out, Dims, const OnnxValue& x) {
        return out.node("Clip", x, {{"min", 0.0f}, {"max", 6.0f}});
    }
};
template <>
struct OnnxLayer<Elu> {
    static OnnxValue write(OnnxWriter& out, Dims, const OnnxValue& x) {
        return out.node("Elu", x, {{"alpha", 1.0f}});
    }
};
template <>
struct OnnxLayer<Sigmoid> {
    static OnnxValue write(OnnxWriter& out, Dims, const OnnxValue& x) {
        return out.node("Sigmoid", x);
    }
};
template <int P, int Q>
struct OnnxLayer<LeakyRelu<P, Q>> {
    static OnnxValue write(OnnxWriter& out, Dims, const OnnxValue& x) {
        const auto slope = float(LeakyRelu<P, Q>::function().negative_slope);
        return out.node("LeakyRelu", x, {{"alpha", slope}});
    }
};

template <class L>
    requires normalizes<L>
struct OnnxLayer<L> {
    static OnnxValue write(OnnxWriter& out, Dims, const OnnxValue& x) {
        std::vector<std::string> inputs{x.name, out.parameter()};
        inputs.push_back(out.parameter());
        inputs.push_back(out.state());
        inputs.push_back(out.state());
        return {out.graph().node("BatchNormalization", inputs,
                                 {{"epsilon", float(L::constants.epsilon)}}),
                x.flat};
    }
};

template <int Out, class... Os>
struct OnnxLayer<Linear<Out, Os...>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        OnnxGraph& g = out.graph();
        std::vector<std::string> inputs{out.flat(x, in).name, out.parameter()};
        if (Linear<Out, Os...>::has_bias)
            inputs.push_back(out.parameter());
        else
            inputs.push_back(
                g.constant(g.fresh("no_bias"), {Out}, std::vector<float>(std::size_t(Out))));
        return {g.node("Gemm", inputs, {{"transB", 1}}), true};
    }
};
/// The numbers for each sample: a product with zeros, to which they are added.
template <int N>
struct OnnxLayer<ParameterLayer<N>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        OnnxGraph& g = out.graph();
        const int size = N * in.size();
        const std::string none =
            g.constant(g.fresh("zeros"), {N, in.size()}, std::vector<float>(std::size_t(size)));
        return {g.node("Gemm", {out.flat(x, in).name, none, out.parameter()}, {{"transB", 1}}),
                true};
    }
};

template <int Out, int K, class... Os>
struct OnnxLayer<Conv2d<Out, K, Os...>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        constexpr detail::WindowOptions w = Conv2d<Out, K, Os...>::window;
        OnnxWriter::Attributes a = detail::onnx_window(w);
        a.emplace_back("group", w.groups);
        return detail::onnx_convolution(out, "Conv", in, x, a, w.bias);
    }
};
template <int K, class... Os>
struct OnnxLayer<DepthwiseConv2d<K, Os...>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        constexpr detail::WindowOptions w = DepthwiseConv2d<K, Os...>::window;
        OnnxWriter::Attributes a = detail::onnx_window(w);
        a.emplace_back("group", in.channels);
        return detail::onnx_convolution(out, "Conv", in, x, a, w.bias);
    }
};
template <int Out, int K, class... Os>
struct OnnxLayer<ConvTranspose2d<Out, K, Os...>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        constexpr detail::WindowOptions w = ConvTranspose2d<Out, K, Os...>::window;
        OnnxWriter::Attributes a = detail::onnx_window(w);
        a.emplace_back("output_padding", std::vector<int>{w.output_pad.height, w.output_pad.width});
        return detail::onnx_convolution(out, "ConvTranspose", in, x, a, w.bias);
    }
};

template <int Pieces>
struct OnnxLayer<Maxout<Pieces>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        if (Pieces == 1)
            return x;
        const auto pieces = OnnxWriter::names(out.split(x, in, Pieces));
        return {out.graph().node("Max", pieces), x.flat};
    }
};
template <int Groups>
struct OnnxLayer<ChannelShuffle<Groups>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        const OnnxValue map = out.map(x, in);
        const std::string apart =
            out.reshaped(map.name, {0, Groups, in.channels / Groups, in.height, in.width});
        const std::string turned =
            out.graph().node("Transpose", {apart}, {{"perm", {0, 2, 1, 3, 4}}});
        return {out.reshaped(turned, {0, in.channels, in.height, in.width}), false};
    }
};
template <int Channels>
struct OnnxLayer<PadChannels<Channels>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        return detail::onnx_padded(out, out.map(x, in), in.channels, Channels);
    }
};

}  // namespace collab
