// SPDX-License-Identifier: Apache-2.0
// options: words that follow a layer's main numbers, in any order: `Conv2d<64, 3, Stride<2>,
// Bias>`.
#pragma once
#include <concepts>

#include <collab/backend/geometry.hpp>

namespace collab {

/// Rows and columns that a window moves by.
template <int Height, int Width = Height>
struct Stride {
    static_assert(Height > 0 && Width > 0, "collab: a stride is at least 1");
    static constexpr backend::Extent stride{Height, Width};
};
/// Rows and columns of zeros on each side.
template <int Height, int Width = Height>
struct Pad {
    static_assert(Height >= 0 && Width >= 0, "collab: padding is not negative");
    static constexpr backend::Extent pad{Height, Width};
};
/// A window that is not square: `Conv2d<64, 0, Kernel<1, 7>>`.
template <int Height, int Width>
struct Kernel {
    static_assert(Height > 0 && Width > 0, "collab: a kernel is at least 1 by 1");
    static constexpr backend::Extent kernel{Height, Width};
};
/// Channels in so many separate parts.
template <int N>
struct Groups {
    static_assert(N > 0, "collab: there is at least one group");
    static constexpr int groups = N;
};
/// A learned constant added to each output channel.
struct Bias {
    static constexpr bool bias = true;
};
/// Rows and columns added to the output of a transposed convolution, at the end.
template <int Height, int Width = Height>
struct OutputPad {
    static_assert(Height >= 0 && Width >= 0, "collab: output padding is not negative");
    static constexpr backend::Extent output_pad{Height, Width};
};
/// The last window may hang over the edge, so that no pixel is left out.
struct CeilMode {
    static constexpr bool ceil_mode = true;
};
/// Averages divide by the pixels inside the map only.
struct ExcludePadding {
    static constexpr bool exclude_padding = true;
};

namespace detail {
template <class O>
concept HasStride = requires { O::stride; };
template <class O>
concept HasPad = requires { O::pad; };
template <class O>
concept HasKernel = requires { O::kernel; };
template <class O>
concept HasGroups = requires { O::groups; };
template <class O>
concept HasBias = requires { O::bias; };
template <class O>
concept HasOutputPad = requires { O::output_pad; };
template <class O>
concept HasCeilMode = requires { O::ceil_mode; };
template <class O>
concept HasExcludePadding = requires { O::exclude_padding; };

/// A window's numbers, from the defaults and whatever options are given.
struct WindowOptions {
    backend::Extent kernel{};
    backend::Extent stride{};
    backend::Extent pad{0, 0};
    backend::Extent output_pad{0, 0};
    int groups = 1;
    bool bias = false;
    bool ceil_mode = false;
    bool exclude_padding = false;
};

template <class O>
constexpr void set(WindowOptions& w) {
    if constexpr (HasStride<O>)
        w.stride = O::stride;
    else if constexpr (HasPad<O>)
        w.pad = O::pad;
    else if constexpr (HasGroups<O>)
        w.groups = O::groups;
    else if constexpr (HasBias<O>)
        w.bias = true;
    else if constexpr (HasOutputPad<O>)
        w.output_pad = O::output_pad;
    else if constexpr (HasCeilMode<O>)
        w.ceil_mode = true;
    else if constexpr (HasExcludePadding<O>)
        w.exclude_padding = true;
    else {
        // a word of its own: compilers would explain the concept, at length
        constexpr bool known = HasKernel<O>;
        static_assert(known, "collab: this is not an option of a layer with a window");
    }
}

template <class... Options>
constexpr backend::Extent kernel_of(int square) {
    backend::Extent k{square, square};
    (
        [&] {
            if constexpr (HasKernel<Options>)
                k = Options::kernel;
        }(),
        ...);
    return k;
}

constexpr bool no_pool_options(const WindowOptions& w) {
    return !w.ceil_mode && !w.exclude_padding;
}

/// Convolutions keep the size by default (pad = kernel / 2, stride 1).
template <int K, class... Options>
constexpr WindowOptions convolution_options() {
    WindowOptions w{.kernel = kernel_of<Options...>(K)};
    w.pad = {w.kernel.height / 2, w.kernel.width / 2};
    (set<Options>(w), ...);
    return w;
}
/// Pools tile the map by default (stride = kernel, no padding).
template <int K, class... Options>
constexpr WindowOptions pooling_options() {
    WindowOptions w{.kernel = kernel_of<Options...>(K)};
    w.stride = w.kernel;
    w.pad = {0, 0};
    (set<Options>(w), ...);
    return w;
}
}  // namespace detail

}  // namespace collab
