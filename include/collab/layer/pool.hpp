// SPDX-License-Identifier: Apache-2.0
// pool: the largest or the mean value of each window of each channel.
#pragma once
#include <algorithm>

#include <collab/layer/conv.hpp>

namespace collab {

namespace detail {
template <int K, class... Options>
struct PoolingLayer : LayerBase {
    static constexpr WindowOptions window = pooling_options<K, Options...>();
    static_assert(window.groups == 1 && !window.bias,
                  "collab: pools have neither groups nor a bias");
    static_assert(window.output_pad == backend::Extent{0, 0},
                  "collab: OutputPad is an option of ConvTranspose2d");
    static_assert(2 * window.pad.height <= window.kernel.height &&
                      2 * window.pad.width <= window.kernel.width,
                  "collab: a pool's padding is at most half its window");

    static constexpr bool accepts(Dims in) {
        return in.height + 2 * window.pad.height >= window.kernel.height &&
               in.width + 2 * window.pad.width >= window.kernel.width;
    }
    static constexpr Dims output(Dims in) {
        return {in.channels,
                extent(in.height, window.kernel.height, window.stride.height, window.pad.height),
                extent(in.width, window.kernel.width, window.stride.width, window.pad.width)};
    }
    static constexpr backend::Pooling geometry(Dims in, int batch) {
        return {batch,
                in,
                output(in),
                window.kernel,
                window.stride,
                window.pad,
                !window.exclude_padding};
    }

protected:
    static constexpr int extent(int in, int kernel, int stride, int pad) {
        const int room = in + 2 * pad - kernel;
        if (!window.ceil_mode)
            return room / stride + 1;
        const int n = (room + stride - 1) / stride + 1;
        // the last window begins inside the map or its left padding
        return (n - 1) * stride >= in + pad ? n - 1 : n;
    }
    static std::string text(const char* name) {
        return sentence(name, "<", K, window_text(window, {0, 0}, window.kernel), ">");
    }
};
}  // namespace detail

/// The largest value of each K x K window; windows tile the map unless `Stride<>` says otherwise.
/// Options: Stride, Pad, Kernel, CeilMode.
template <int K, class... Options>
struct MaxPool : detail::PoolingLayer<K, Options...> {
    using Base = detail::PoolingLayer<K, Options...>;
    static_assert(!Base::window.exclude_padding, "collab: ExcludePadding is an option of AvgPool");
    static constexpr bool keeps_output = true;
    static std::string describe() { return Base::text("MaxPool"); }

    template <PoolingBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.max_pool(Base::geometry(in, c.batch), f.x, f.y);
    }
    template <PoolingBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.max_pool_backward(Base::geometry(in, c.batch), b.x, b.y, b.dy, b.dx);
    }
};

/// The mean of each K x K window, padding counted unless `ExcludePadding` is given. Options as
/// MaxPool.
template <int K, class... Options>
struct AvgPool : detail::PoolingLayer<K, Options...> {
    using Base = detail::PoolingLayer<K, Options...>;
    static std::string describe() { return Base::text("AvgPool"); }

    template <PoolingBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.average_pool(Base::geometry(in, c.batch), f.x, f.y);
    }
    template <PoolingBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.average_pool_backward(Base::geometry(in, c.batch), b.dy, b.dx);
    }
};

/// A map of Height x Width whatever the input's size: output row h is the mean of input rows
/// [floor(h H / Height), ceil((h + 1) H / Height)).
template <int Height, int Width = Height>
struct AdaptiveAvgPool : LayerBase {
    static_assert(Height > 0 && Width > 0, "collab: a pooled map is at least 1 by 1");
    static constexpr Dims output(Dims in) { return {in.channels, Height, Width}; }
    static constexpr backend::Pooling geometry(Dims in, int batch) {
        return {.batch = batch, .in = in, .out = output(in), .kernel = {}, .stride = {}};
    }
    static std::string describe() { return sentence("AdaptiveAvgPool<", Height, ", ", Width, ">"); }

    template <PoolingBackend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        c.backend.adaptive_average_pool(geometry(in, c.batch), f.x, f.y);
    }
    template <PoolingBackend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        c.backend.adaptive_average_pool_backward(geometry(in, c.batch), b.dy, b.dx);
    }
};

/// The mean of each channel.
struct GlobalAvgPool : AdaptiveAvgPool<1> {
    static std::string describe() { return "GlobalAvgPool"; }
};

}  // namespace collab
