// SPDX-License-Identifier: Apache-2.0
// resize: a part of a picture made larger or smaller, and the random part that networks for
// photographs are trained on.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>

namespace collab::detail {

/// A rectangle of a picture, in pixels; its edges need not be whole numbers.
struct PictureWindow {
    double top = 0;
    double left = 0;
    double height = 0;
    double width = 0;
};

/// For each of `out` places along one side of a window: which pixels it is made of, and with which
/// weights.
struct Taps {
    std::vector<int> first, count;
    std::vector<float> weights;  ///< `most` for each place
    int most = 0;

    /// Triangles whose width is that of an output pixel, or of an input pixel where that is wider:
    /// linear interpolation when enlarging, an average without gaps when making smaller.
    void set(double from, double extent, int size, int out);
};

/// Memory that a thread uses again for each of its pictures.
struct ResizeScratch {
    Taps horizontal, vertical;
    std::vector<float> rows;
};

/// The window of a picture as `height` x `width` pixels, rounded to bytes. First along the rows,
/// then along the columns.
void resize(const std::uint8_t* picture, Dims dims, const PictureWindow& window, int height,
            int width, std::uint8_t* out, ResizeScratch& scratch);

/// A random part of a picture: of `min_area` to all of its area and with sides of 3 : 4 to 4 : 3,
/// both drawn evenly (the ratio on a logarithmic scale), at an even place; after ten that do not
/// fit, the largest central one that does (Szegedy et al., Going Deeper with Convolutions, CVPR
/// 2015, section 6).
PictureWindow random_window(Dims dims, double min_area, Random random);

/// The central square that remains of a picture whose shorter side was scaled to `scaled` pixels
/// and from which `side` were cut.
PictureWindow central_window(Dims dims, int side, int scaled);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/data/resize-inl.hpp>
#endif
