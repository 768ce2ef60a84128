// SPDX-License-Identifier: Apache-2.0
// taps: which input pixel a tap of a convolution reads, and which outputs read an input pixel.
// Pixels are counted over the whole batch, taps row by row.
#pragma once
#include <collab/backend/cuda/loops.hpp>

namespace collab::backend::device {

/// The input pixel that output pixel p sees at a tap; -1 outside of the map.
COLLAB_HD COLLAB_INLINE std::ptrdiff_t input_of(const Convolution& g, std::ptrdiff_t p, int tap) {
    const int w = int(p % g.out.width) * g.stride.width - g.pad.width + tap % g.kernel.width;
    const int h =
        int(p / g.out.width % g.out.height) * g.stride.height - g.pad.height + tap / g.kernel.width;
    if (h < 0 || h >= g.in.height || w < 0 || w >= g.in.width)
        return -1;
    return (p / g.out.width / g.out.height * g.in.height + h) * g.in.width + w;
}

/// f(output pixel, tap) for each output that sees input pixel p.
template <class F>
COLLAB_HD COLLAB_INLINE void for_outputs_of(const Convolution& g, std::ptrdiff_t p, F f) {
    const int w = int(p % g.in.width);
    const int h = int(p / g.in.width % g.in.height);
    const std::ptrdiff_t sample = p / g.in.width / g.in.height * g.out.height;
    for (int kh = 0; kh < g.kernel.height; ++kh) {
        const int oh = h + g.pad.height - kh;
        if (oh < 0 || oh % g.stride.height != 0 || oh / g.stride.height >= g.out.height)
            continue;
        for (int kw = 0; kw < g.kernel.width; ++kw) {
            const int ow = w + g.pad.width - kw;
            if (ow < 0 || ow % g.stride.width != 0 || ow / g.stride.width >= g.out.width)
                continue;
            f((sample + oh / g.stride.height) * g.out.width + ow / g.stride.width,
              kh * g.kernel.width + kw);
        }
    }
}

}  // namespace collab::backend::device
