// SPDX-License-Identifier: Apache-2.0
// views-inl: pictures mirrored and moved.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <collab/data/transform_params.hpp>
#include <collab/model/views.hpp>

namespace collab {

COLLAB_COMPILED Images viewed(const Images& images, const PictureView& view) {
    check(images);
    Images seen = images;
    const Dims d = images.dims;
    const auto channels = static_cast<std::size_t>(d.channels);
    for (int i = 0; i < images.size(); ++i) {
        std::uint8_t* to =
            seen.pixels.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(d.size());
        for (int y = 0; y < d.height; ++y)
            for (int x = 0; x < d.width; ++x, to += d.channels) {
                const int row = detail::reflected(y - view.down, d.height);
                const int at = detail::reflected(x - view.right, d.width);
                const int column = view.mirrored ? d.width - 1 - at : at;
                std::copy_n(images.image(i) +
                                (static_cast<std::ptrdiff_t>(row) * d.width + column) * d.channels,
                            channels, to);
            }
    }
    return seen;
}
COLLAB_COMPILED std::vector<PictureView> mirror_views() {
    return {{}, {.mirrored = true}};
}

}  // namespace collab
