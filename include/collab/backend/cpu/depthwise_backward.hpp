// SPDX-License-Identifier: Apache-2.0
// depthwise_backward: both gradients of a depthwise 3x3 convolution in one sweep: what they read is
// read, and formed, once.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/depthwise_3x3.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>

namespace collab::backend::detail {

/// Adds to dw and writes after.y, for convolutions that is_depthwise_3x3 admits. Returns the number
/// of parts that have sums in `after`.
template <class T>
COLLAB_COLD int depthwise_3x3_backward(CpuContext& threads, const Convolution& g,
                                       const InputTransform<T>& x, const InputTransform<T>& dy,
                                       const T* w, T* dw, Epilogue<T>& after) {
    const DepthwiseSums3x3<T> all(g);
    const DepthwiseSteps steps(g, true);
    // rows of dy that the first row of dx meets beside its own
    const int stride = g.stride.height;
    const int above = stride == 1 ? 1 : 0;
    const RowUnits units(g.batch, g.out.height, all.row_bytes, steps.step);
    const int parts = std::min(units.count(), 32);
    T* const partial = threads.shared<T>(std::size_t(parts) * all.size());
    if (after.run)
        after.zero_sums(threads, parts);
    const std::size_t x_room = lines_room(x, g.in, (units.each - 1) * stride + 3);
    const std::size_t dy_room = lines_room(dy, g.out, units.each + 2);
    threads.run(parts, [&](int part) {
        T* const formed = threads.scratch<T>(x_room + dy_room);
        T* const sums = partial + std::size_t(part) * all.size();
        std::fill_n(sums, all.size(), T(0));
        for (int u = part_begin(units.count(), parts, part);
             u < part_begin(units.count(), parts, part + 1); ++u) {
            const int image = units.image(u);
            const int first = units.first(u);
            const int last = units.last(u);
            const Lines<T> source =
                source_lines(x, g.in, image, first * stride - 1, (last - 1) * stride + 2, formed);
            const Lines<T> gradient =
                source_lines(dy, g.out, image, first - above, last + 1, formed + x_room);
            all.add(source, gradient, first, last, sums);
            depthwise_unit(g, true, all.registers, gradient, w, static_cast<const T*>(nullptr),
                           image, first, last, after.y);
            if (!after.run)
                continue;
            const int top = first * steps.every;
            const int bottom = std::min(last * steps.every, g.in.height);
            after.run(after, part, (long(image) * g.in.height + top) * g.in.width,
                      long(bottom - top) * g.in.width, 0, g.in.channels);
        }
    });
    all.finish(partial, parts, dw);
    return parts;
}

}  // namespace collab::backend::detail
