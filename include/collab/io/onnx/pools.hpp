// SPDX-License-Identifier: Apache-2.0
// pools: how pools are written as ONNX.
//
// The library and PyTorch drop a last window that would begin behind the map (CeilMode); ONNX does
// not, and programs that run ONNX differ in what they make of `ceil_mode`. So the file has none: it
// pads the end of the map by as much as the last window needs, which says the same to all of them.
#pragma once
#include <algorithm>
#include <vector>

#include <collab/backend/window.hpp>
#include <collab/io/onnx/layers.hpp>
#include <collab/layer/pool.hpp>

namespace collab {

namespace detail {
/// What the last of `windows` needs behind a map of `extent`, where the first begins `before` it.
constexpr int padding_behind(int extent, int windows, int kernel, int stride, int before) {
    return std::max(0, (windows - 1) * stride + kernel - before - extent);
}
/// A window's attributes where `pad` stands before the map and what is needed behind it.
inline OnnxWriter::Attributes pool_window(const WindowOptions& w, Dims in, Dims out,
                                          backend::Extent pad) {
    const int below =
        padding_behind(in.height, out.height, w.kernel.height, w.stride.height, pad.height);
    const int right =
        padding_behind(in.width, out.width, w.kernel.width, w.stride.width, pad.width);
    return {{"kernel_shape", {w.kernel.height, w.kernel.width}},
            {"strides", {w.stride.height, w.stride.width}},
            {"pads", {pad.height, pad.width, below, right}}};
}
}  // namespace detail

template <int K, class... Os>
struct OnnxLayer<MaxPool<K, Os...>> {
    using L = MaxPool<K, Os...>;
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        return out.node("MaxPool", out.map(x, in),
                        detail::pool_window(L::window, in, L::output(in), L::window.pad));
    }
};
/// Averages over padding are written as such, for not every program that runs ONNX looks at
/// count_include_pad; those that make one of both nodes need it. What hangs over the padding does
/// not count: means of whole windows are scaled there.
template <int K, class... Os>
struct OnnxLayer<AvgPool<K, Os...>> {
    using L = AvgPool<K, Os...>;
    static constexpr detail::WindowOptions window = L::window;

    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        const Dims result = L::output(in);
        const OnnxValue map = out.map(x, in);
        if (window.exclude_padding || window.pad == backend::Extent{0, 0})
            return out.node("AveragePool", map,
                            detail::pool_window(window, in, result, window.pad));
        const int h = window.pad.height;
        const int w = window.pad.width;
        const int below = detail::padding_behind(in.height + h, result.height, window.kernel.height,
                                                 window.stride.height, h);
        const int right = detail::padding_behind(in.width + w, result.width, window.kernel.width,
                                                 window.stride.width, w);
        const OnnxValue padded = out.node(
            "Pad", map, {{"mode", "constant"}, {"pads", {0, 0, h, w, 0, 0, h + below, w + right}}});
        const OnnxValue mean =
            out.node("AveragePool", padded,
                     {{"kernel_shape", {window.kernel.height, window.kernel.width}},
                      {"strides", {window.stride.height, window.stride.width}},
                      {"count_include_pad", 1}});
        return below == 0 && right == 0 ? mean : scaled(out, mean, in);
    }

private:
    static OnnxValue scaled(OnnxWriter& out, const OnnxValue& mean, Dims in) {
        const backend::Pooling g = L::geometry(in, 1);
        std::vector<float> scale;
        for (int h = 0; h < g.out.height; ++h)
            for (int w = 0; w < g.out.width; ++w)
                scale.push_back(float(g.kernel.area()) /
                                float(detail::pooling_window(g, h, w).counted));
        OnnxGraph& graph = out.graph();
        const std::string factor =
            graph.constant(graph.fresh("scale"), {1, 1, g.out.height, g.out.width}, scale);
        return {graph.node("Mul", {mean.name, factor}), false};
    }
};

/// Windows of one size are a pool. Others are a product with the shares that each input pixel has
/// in each output pixel.
template <int H, int W>
struct OnnxLayer<AdaptiveAvgPool<H, W>> {
    static OnnxValue write(OnnxWriter& out, Dims in, const OnnxValue& x) {
        if (in.height == H && in.width == W)
            return x;
        const OnnxValue map = out.map(x, in);
        if (H == 1 && W == 1)
            return out.node("GlobalAveragePool", map);
        if (in.height % H == 0 && in.width % W == 0)
            return out.node("AveragePool", map,
                            {{"kernel_shape", {in.height / H, in.width / W}},
                             {"strides", {in.height / H, in.width / W}}});
        OnnxGraph& g = out.graph();
        const std::string rows = out.reshaped(map.name, {-1, in.area()});
        const std::string pooled = g.node(
            "Gemm",
            {rows, g.constant(g.fresh("shares"), {in.area(), H * W}, shares(in)),
             g.constant(g.fresh("no_bias"), {H * W}, std::vector<float>(std::size_t(H * W)))});
        return {out.reshaped(pooled, {-1, in.channels, H, W}), false};
    }

private:
    static std::vector<float> shares(Dims in) {
        const backend::Pooling g{
            .batch = 1, .in = in, .out = {in.channels, H, W}, .kernel = {}, .stride = {}};
        std::vector<float> to(std::size_t(in.area()) * std::size_t(H * W));
        for (int pixel = 0; pixel < H * W; ++pixel) {
            const detail::Window seen = detail::adaptive_window(g, pixel / W, pixel % W);
            for (int h = seen.top; h < seen.bottom; ++h)
                for (int w = seen.left; w < seen.right; ++w)
                    to[std::size_t(pixel * in.area() + h * in.width + w)] = 1 / float(seen.counted);
        }
        return to;
    }
};
template <>
struct OnnxLayer<GlobalAvgPool> : OnnxLayer<AdaptiveAvgPool<1>> {};

}  // namespace collab
