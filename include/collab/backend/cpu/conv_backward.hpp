// SPDX-License-Identifier: Apache-2.0
// conv_backward: both gradients of a 3x3 convolution of stride 1 in one sweep over the batch: what
// they read is read, and formed, once.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/conv_weight_gradient.hpp>
#include <collab/backend/cpu/convolution.hpp>

namespace collab::backend::detail {

/// The tiles of the weight gradient, if both gradients go by Winograd's tiles over maps of one
/// size; none otherwise.
template <class T>
WinogradParts backward_in_one_sweep(const CpuContext& threads, const Convolution& g) {
    if (g.groups != 1 || g.in.height != g.out.height || g.in.width != g.out.width ||
        winograd_edge<T>(ConvGeometry(g, true), threads.winograd()) == 0)
        return {};
    return winograd_parts<T>(ConvGeometry(g, false), threads.winograd());
}

/// Adds to dw and writes after.y. Returns the number of parts that have sums in `after`.
template <class T>
COLLAB_COLD int dense_backward(CpuContext& threads, const Convolution& g, WinogradParts winograd,
                               const InputTransform<T>& x, const InputTransform<T>& dy, const T* w,
                               T* dw, Epilogue<T>& after) {
    const ConvGeometry back(g, true);
    const int edge = winograd.edge;
    const int back_edge = winograd_edge<T>(back, threads.winograd());
    const int in = g.in.channels;
    const int out = g.out.channels;
    const int height = g.in.height;
    const int width = g.in.width;
    const Blocks<T> blocks(in);
    const Window window = back.window();  // that of x is the same
    const std::ptrdiff_t x_row = std::ptrdiff_t(window.width()) * in;
    const std::ptrdiff_t dy_row = std::ptrdiff_t(window.width()) * out;
    const BatchTiling units(g.batch, height,
                            sizeof(T) * std::size_t(window.height(height)) *
                                std::size_t(x_row + dy_row),
                            sizeof(T) * std::size_t(x_row + dy_row), g.out.area(),
                            winograd_outputs(std::max(winograd.edge, back_edge)));
    const std::ptrdiff_t x_image = window.height(units.most_rows) * x_row;
    const std::ptrdiff_t dy_image = window.height(units.most_rows) * dy_row;
    const int parts = std::min(winograd.parts, units.count());
    const std::size_t packed_size = whole_lines<T>(winograd_weights_size<T>(back_edge, out, in));
    const std::size_t sums_size = winograd_sums_size<T>(edge, in, out);
    T* const packed = threads.shared<T>(packed_size + std::size_t(parts) * sums_size);
    T* const sums = packed + packed_size;
    threads.run(blocks.count(), [&](int b) {
        winograd_weights(back_edge, back, w, 0, b, packed + winograd_block<T>(back_edge, out, b));
    });
    if (after.run)
        after.zero_sums(threads, parts);

    const std::size_t x_size = whole_lines<T>(std::size_t(units.most_images * x_image + lanes<T>));
    const std::size_t dy_size =
        whole_lines<T>(std::size_t(units.most_images * dy_image + lanes<T>));
    const std::size_t tile_size = std::max(
        winograd_gradient_scratch<T>(edge, in, out, winograd_tiles_in(units, width, edge)),
        winograd_scratch<T>(back_edge, out, in, winograd_tiles_in(units, width, back_edge)));
    threads.run(parts, [&](int part) {
        T* const x_copy = threads.scratch<T>(x_size + dy_size + tile_size);
        T* const dy_copy = x_copy + x_size;
        T* const tiles = dy_copy + dy_size;
        const int first_unit = part_begin(units.count(), parts, part);
        const int last_unit = part_begin(units.count(), parts, part + 1);
        Prefetcher ahead, later;
        for (int u = first_unit; u < last_unit; ++u) {
            const BatchTiling::Unit unit = units[u];
            ahead.clear();
            later.clear();
            // of the next part, too: a thread takes parts in their order
            if (u + 1 < units.count()) {
                const BatchTiling::Unit next = units[u + 1];
                const long first = (long(next.image) * height + next.row) * width;
                const long count = long(next.images) * next.rows * width;
                ahead.add(dy.x, first, count);
                ahead.add(dy.raw, first, count);
                fetch_beside(later, x, after, first, count);
            }
            for (int i = 0; i < unit.images; ++i) {
                const WindowPlace place{
                    height,      width,         unit.row + window.top, window.height(unit.rows),
                    window.left, window.width()};
                load_window(x, unit.image + i, 0, in, place, x_copy + i * x_image, x_row);
                load_window(dy, unit.image + i, 0, out, place, dy_copy + i * dy_image, dy_row);
            }
            std::fill_n(x_copy + unit.images * x_image, lanes<T>, T(0));
            std::fill_n(dy_copy + unit.images * dy_image, lanes<T>, T(0));
            winograd_weight_gradient(WinogradGradientJob<T>{
                {x_copy, in, x_row, x_image, unit.images, unit.rows, width, in, edge},
                out,
                dy_copy - window.top * dy_row - window.left * out,
                out,
                dy_row,
                dy_image,
                sums + std::size_t(part) * sums_size,
                u == first_unit,
                tiles,
                &ahead});
            const std::ptrdiff_t y_row = width * after.y.pixel;
            const std::ptrdiff_t y_image = height * y_row;
            winograd_tiles(WinogradJob<T>{
                {dy_copy, out, dy_row, dy_image, unit.images, unit.rows, width, out, back_edge},
                in,
                packed,
                nullptr,
                after.y.data + unit.image * y_image + unit.row * y_row,
                after.y.pixel,
                y_row,
                y_image,
                tiles,
                &later});
            if (after.run)
                after.run(after, part, (long(unit.image) * height + unit.row) * width,
                          long(unit.images) * unit.rows * width, 0, in);
        }
    });
    const int jobs = std::min(in, 16);
    threads.run(jobs, [&](int job) {
        winograd_weight_gradient_finish(
            edge, WinogradSums<T>{sums, parts, sums_size, in, out}, part_begin(in, jobs, job),
            part_begin(in, jobs, job + 1),
            WeightPlace<T>{dw, std::ptrdiff_t(in) * out, std::ptrdiff_t(out)});
    });
    return parts;
}

}  // namespace collab::backend::detail
