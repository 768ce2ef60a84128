// SPDX-License-Identifier: Apache-2.0
// conv_geometry: a convolution, or its transpose, as plain forward sweeps of a window of taps over
// a source map. Geometry only.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/geometry.hpp>

namespace collab::backend::detail {

/// One axis of a sweep: output m (of `count`) lies at `first + m * every` of the target and meets
/// the source at `m * stride + origin + t` for t in [0, taps); tap t is tap `kernel + t *
/// kernel_step` of the kernel.
struct Axis {
    int taps = 0;
    int origin = 0;
    int stride = 1;
    int first = 0;
    int every = 1;
    int count = 0;
    int kernel = 0;
    int kernel_step = 1;
    int end() const { return (count - 1) * stride + origin + taps; }
};

inline Axis forward_axis(int kernel, int stride, int pad, int out) {
    return {kernel, -pad, stride, 0, 1, out, 0, 1};
}

/// The gradient of the input pixels i = s m + r. They meet output h through kernel tap i + pad - s
/// h, so taps are s apart and h runs backwards: a stride-1 sweep of the flipped taps of one parity,
/// none of them wasted on zeros.
inline Axis gradient_axis(int kernel, int stride, int pad, int in, int r) {
    const int e = (r + pad) % stride;
    const int f = (r + pad) / stride;
    const int taps = e < kernel ? (kernel - e + stride - 1) / stride : 0;
    return {taps,
            f - (taps - 1),
            1,
            r,
            stride,
            in > r ? (in - r + stride - 1) / stride : 0,
            e + stride * (taps - 1),
            -stride};
}

struct Sweep {
    Axis rows, columns;
    int earlier_taps = 0;  ///< taps of the sweeps before it: where its packed weights begin
    bool empty() const { return rows.count == 0 || columns.count == 0; }
    int taps() const { return rows.taps * columns.taps; }
};

/// The part of the source that all sweeps together read, relative to the first row of outputs.
struct Window {
    int top = 0;
    int bottom = 0;
    int left = 0;
    int right = 0;
    int row_stride = 1;
    int most_rows = 0;
    int width() const { return right - left; }
    /// Source rows under `m` rows of outputs.
    int height(int m) const { return (m - 1) * row_stride + bottom - top; }
};

/// y = x * w (one sweep), or its transpose (one sweep per parity of the stride). Channels are those
/// of one group.
struct ConvGeometry {
    Convolution g;
    bool transposed = false;
    Dims source, target;
    int source_channels = 1;
    int target_channels = 1;

    ConvGeometry(const Convolution& convolution, bool transpose)
        : g(convolution),
          transposed(transpose),
          source(transpose ? g.out : g.in),
          target(transpose ? g.in : g.out),
          source_channels(source.channels / g.groups),
          target_channels(target.channels / g.groups) {}

    int taps() const { return g.kernel.area(); }
    int sweeps() const { return transposed ? g.stride.area() : 1; }
    Sweep sweep(int i) const {
        if (!transposed)
            return {forward_axis(g.kernel.height, g.stride.height, g.pad.height, g.out.height),
                    forward_axis(g.kernel.width, g.stride.width, g.pad.width, g.out.width), 0};
        int earlier = 0;
        for (int j = 0; j < i; ++j)
            earlier += parity(j).taps();
        Sweep s = parity(i);
        s.earlier_taps = earlier;
        return s;
    }
    Window window() const {
        Window w;
        bool any = false;
        for (int i = 0; i < sweeps(); ++i) {
            const Sweep s = sweep(i);
            w.most_rows = std::max(w.most_rows, s.rows.count);
            w.row_stride = s.rows.stride;
            if (s.empty() || s.taps() == 0)
                continue;
            const int bottom = s.rows.origin + s.rows.taps;
            w.top = any ? std::min(w.top, s.rows.origin) : s.rows.origin;
            w.bottom = any ? std::max(w.bottom, bottom) : bottom;
            w.left = any ? std::min(w.left, s.columns.origin) : s.columns.origin;
            w.right = any ? std::max(w.right, s.columns.end()) : s.columns.end();
            any = true;
        }
        return w;
    }

private:
    Sweep parity(int i) const {
        return {gradient_axis(g.kernel.height, g.stride.height, g.pad.height, g.in.height,
                              i / g.stride.width),
                gradient_axis(g.kernel.width, g.stride.width, g.pad.width, g.in.width,
                              i % g.stride.width),
                0};
    }
};

/// A 1x1 convolution sees pixels one by one: they become a batch of 1x1 maps, which is also how a
/// dense product is computed.
inline Convolution flattened(Convolution g) {
    if (g.kernel.area() == 1 && g.stride.area() == 1 && g.pad == Extent{0, 0}) {
        g.batch *= g.in.area();
        g.in = {g.in.channels, 1, 1};
        g.out = {g.out.channels, 1, 1};
    }
    return g;
}

inline bool is_depthwise(const Convolution& g) {
    return g.groups > 1 && g.groups == g.in.channels;
}

/// How a batch is cut: groups of whole images, or bands of rows of one image where an image is
/// large. Depends on the geometry only.
struct BatchTiling {
    int batch = 1;
    int rows = 1;
    int groups_of_images = 1;
    int bands = 1;
    int most_images = 1;
    int most_rows = 1;

    /// `image_bytes`: working memory of one image; `row_bytes`: of one more row of outputs;
    /// `outputs`: output pixels of an image that are worth counting; `wanted`: outputs in a unit
    /// for the kernels to be efficient. `budget`: working memory of a unit, by default a part of
    /// the second-level cache.
    BatchTiling(int images, int output_rows, std::size_t image_bytes, std::size_t row_bytes,
                int outputs, int wanted, std::size_t budget = 256 * 1024)
        : batch(images),
          rows(output_rows) {
        if (image_bytes > budget && rows > 1) {
            const std::size_t fixed =
                image_bytes - std::min(image_bytes, row_bytes * std::size_t(rows));
            const std::size_t fit =
                (budget - std::min(budget, fixed)) / std::max<std::size_t>(row_bytes, 1);
            most_rows = std::max(2, int(std::min<std::size_t>(fit, std::size_t(rows))));
            bands = (rows + most_rows - 1) / most_rows;
            most_rows = (rows + bands - 1) / bands;
            groups_of_images = batch;
        } else {
            const int fit = int(std::max<std::size_t>(
                4, std::min<std::size_t>(budget / std::max<std::size_t>(image_bytes, 1), 1 << 20)));
            const int images_per_group =
                std::min(fit, std::max(1, (wanted + outputs - 1) / outputs));
            groups_of_images = std::max(1, batch / images_per_group);
            most_images = (batch + groups_of_images - 1) / groups_of_images;
            most_rows = rows;
        }
    }
    int count() const { return groups_of_images * bands; }
    /// Of unit i: images [image, image + images), rows of outputs [row, row + rows).
    struct Unit {
        int image, images, row, rows;
    };
    Unit operator[](int i) const {
        const int a = i / bands;
        const int b = i % bands;
        const auto begin = [](int n, int parts, int part) {
            return int(static_cast<long long>(n) * part / parts);
        };
        const int image = begin(batch, groups_of_images, a);
        const int row = begin(rows, bands, b);
        return {image, begin(batch, groups_of_images, a + 1) - image, row,
                begin(rows, bands, b + 1) - row};
    }
};

}  // namespace collab::backend::detail
