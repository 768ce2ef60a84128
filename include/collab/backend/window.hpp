// SPDX-License-Identifier: Apache-2.0
// window: what an output pixel of a pool sees.
#pragma once
#include <algorithm>

#include <collab/backend/geometry.hpp>
#include <collab/core/config.hpp>

namespace collab::detail {

/// The input pixels that one output pixel sees, in one sample: rows [top, bottom), columns [left,
/// right).
struct Window {
    int top, bottom, left, right;
    int counted;  ///< what an average divides by
};

/// A pooling window, clipped to the map.
COLLAB_HD constexpr Window pooling_window(const backend::Pooling& g, int h, int w) {
    const int top = h * g.stride.height - g.pad.height;
    const int left = w * g.stride.width - g.pad.width;
    const int bottom = top + g.kernel.height;
    const int right = left + g.kernel.width;
    Window inside{std::max(top, 0), std::min(bottom, g.in.height), std::max(left, 0),
                  std::min(right, g.in.width), 0};
    if (g.count_padding)  // of a window that sticks out of the padded map, only the part inside
        inside.counted = (std::min(bottom, g.in.height + g.pad.height) - top) *
                         (std::min(right, g.in.width + g.pad.width) - left);
    else
        inside.counted = (inside.bottom - inside.top) * (inside.right - inside.left);
    return inside;
}
/// An adaptive window: from floor(h H / H') to ceil((h + 1) H / H').
COLLAB_HD constexpr Window adaptive_window(const backend::Pooling& g, int h, int w) {
    const auto begin = [](int i, int in, int out) { return i * in / out; };
    const auto end = [](int i, int in, int out) { return ((i + 1) * in + out - 1) / out; };
    const int top = begin(h, g.in.height, g.out.height);
    const int bottom = end(h, g.in.height, g.out.height);
    const int left = begin(w, g.in.width, g.out.width);
    const int right = end(w, g.in.width, g.out.width);
    return {top, bottom, left, right, (bottom - top) * (right - left)};
}

}  // namespace collab::detail
