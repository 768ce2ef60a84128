// SPDX-License-Identifier: Apache-2.0
// geometry: what a kernel knows of its operands. Plain run-time numbers: no kernel is ever
// instantiated for a layer's shape.
#pragma once
#include <collab/core/shape.hpp>

namespace collab::backend {

/// Rows and columns.
struct Extent {
    int height = 1;
    int width = 1;
    constexpr int area() const { return height * width; }
    constexpr bool operator==(const Extent&) const = default;
};

/// A cross-correlation. `in` and `out` are whole maps, channels included. Output pixel (h, w) sees
/// the input pixels (h * stride.height - pad.height + kh, w * stride.width - pad.width + kw); those
/// outside the map count as zero. Channels are split into `groups` equal parts, input part g
/// feeding output part g; groups == in.channels is depthwise. Weights lie as
/// [kernel.height][kernel.width][in.channels / groups][out.channels], bias as [out.channels].
struct Convolution {
    int batch = 1;
    Dims in, out;
    Extent kernel;
    Extent stride;
    Extent pad{0, 0};
    int groups = 1;
    constexpr int weights() const { return kernel.area() * (in.channels / groups) * out.channels; }
};

/// y[b] = x[b] W + bias for `batch` rows; W lies as [in][out].
struct Product {
    int batch = 1;
    int in = 1;
    int out = 1;
};

/// What may be known of a convolution before its shapes are.
struct ConvolutionKind {
    bool grouped = true;    ///< it may have more than one group
    bool pointwise = true;  ///< its kernel may be 1x1
    friend constexpr bool operator==(const ConvolutionKind&, const ConvolutionKind&) = default;
};
/// A convolution of a known kind. A backend may take it for what it is; the CPU backend compiles no
/// kernels that it does not need.
template <ConvolutionKind Kind>
struct ConvolutionOf : Convolution {};
template <class G>
inline constexpr ConvolutionKind kind_of{};
template <ConvolutionKind Kind>
inline constexpr ConvolutionKind kind_of<ConvolutionOf<Kind>> = Kind;

/// Windows over each channel. Output pixel (h, w) sees input rows [h * stride - pad, h * stride -
/// pad + kernel), clipped to the map; likewise columns. Every window meets the map in at least one
/// pixel. An average divides by the part of the window inside the padded map when `count_padding`,
/// by its pixels inside the map otherwise (PyTorch's count_include_pad).
struct Pooling {
    int batch = 1;
    Dims in, out;
    Extent kernel;
    Extent stride;
    Extent pad{0, 0};
    bool count_padding = true;
};

/// A batch of maps of one shape, treated element by element or channel by channel.
struct Map {
    int batch = 1;
    Dims dims;
    constexpr long pixels() const { return long(batch) * dims.area(); }
    constexpr long size() const { return pixels() * dims.channels; }
};

/// Constants of a batch normalization. Running statistics move by `momentum` towards the batch's
/// mean and unbiased variance.
struct Normalization {
    double epsilon = 1e-5;
    double momentum = 0.1;
};

}  // namespace collab::backend
