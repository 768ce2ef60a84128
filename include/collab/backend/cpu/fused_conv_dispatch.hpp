// SPDX-License-Identifier: Apache-2.0
// fused_conv_dispatch: the fused operations that no activation is part of, and which kernels
// compute a convolution that forms what it reads and treats what it writes.
#pragma once
#include <algorithm>

#include <collab/backend/cpu/conv_backward.hpp>
#include <collab/backend/cpu/convolution.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/fused_epilogues.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/kernel_table.hpp>
#include <collab/backend/cpu/pointwise.hpp>

namespace collab::backend::detail {

template <class T>
COLLAB_COLD int fused_sweep(CpuContext& threads, const ConvolutionWithKernels<T>& c,
                            const InputTransform<T>& x, const T* w, const T* bias,
                            Epilogue<T>& after) {
    const Convolution flat = flattened(c.g);
    if (is_depthwise(flat))
        return c.families.depthwise_3x3(threads, flat, false, x, w, bias, after);
    return sweep_of(threads, c.families, ConvGeometry(flat, false), x, w, bias, after);
}

template <class T>
COLLAB_COLD void fused_weight_gradient(CpuContext& threads, const ConvolutionWithKernels<T>& c,
                                       const InputTransform<T>& x, const InputTransform<T>& dy,
                                       T* dw) {
    const Convolution flat = flattened(c.g);
    if (is_depthwise(flat))
        c.families.depthwise_3x3_weight_gradient(threads, flat, x, dy, dw);
    else
        weight_gradient_of(threads, c.families, flat, x, dy, dw);
}

template <class T>
COLLAB_COLD int fused_backward(CpuContext& threads, const ConvolutionWithKernels<T>& c,
                               const InputTransform<T>& x, const InputTransform<T>& dy, const T* w,
                               T* dw, Epilogue<T>& after) {
    const Convolution flat = flattened(c.g);
    if (is_depthwise(flat))
        return c.families.depthwise_3x3_backward(threads, flat, x, dy, w, dw, after);
    if (const WinogradParts winograd = backward_in_one_sweep<T>(threads, flat); winograd.edge > 0)
        return DenseBackward<T>(threads, flat, winograd, x, dy, after).run(threads, w, dw);
    if (by_matrix_unit(threads, c.families, flat) && unit_backward_in_one_sweep(flat))
        return c.families.unit_backward(threads, flat, x, dy, w, dw, after);
    if (c.families.pointwise_backward && pointwise_in_one_sweep<T>(flat))
        return c.families.pointwise_backward(threads, flat, x, dy, w, dw, after);
    weight_gradient_of(threads, c.families, flat, x, dy, dw);
    return sweep_of(threads, c.families, ConvGeometry(flat, true), dy, w,
                    static_cast<const T*>(nullptr), after);
}

}  // namespace collab::backend::detail

namespace collab::backend {

/// Mean and inverse stddev of each channel over the batch; running statistics move.
template <class T>
COLLAB_COLD void batch_statistics(CpuContext& threads, const Map& map, View<const T> x,
                                  const Statistics<T>& statistics) {
    const int channels = map.dims.channels;
    detail::Epilogue<T> after({const_cast<T*>(x.data), x.pixel}, channels);  // only read
    after.sums = detail::zero_sums(threads, channels, detail::sum_rows<T>);
    const int parts =
        detail::in_pieces(threads, map, detail::most_sums, [&](int piece, long first, long count) {
            for (const long end = first + count; first < end;
                 first += 4096)  // sums in T stay short
                detail::statistics_after(after, piece, first, std::min(4096L, end - first), 0,
                                         channels);
        });
    detail::add_statistics<T>(after.sums, parts, channels);
    detail::finish_statistics(after.sums, channels, static_cast<double>(map.pixels()), statistics);
}

/// dx from a NormalizedGradient: see FusionBackend; dx may be its g.
template <class T>
COLLAB_COLD void normalized_gradient(CpuContext& threads, const Map& map,
                                     const NormalizedGradient<T>& gradient, View<T> dx) {
    const int channels = map.dims.channels;
    auto room = detail::coefficients<T>(threads, channels);
    const detail::InputTransform<T> load = detail::load_of(room, gradient, channels);
    detail::in_pieces(threads, map, 4096, [&](int, long first, long count) {
        load.run(load, first, count, 0, channels, dx.data + first * dx.pixel, dx.pixel);
    });
}

}  // namespace collab::backend
