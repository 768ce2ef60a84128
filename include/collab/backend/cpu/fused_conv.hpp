// SPDX-License-Identifier: Apache-2.0
// fused_conv: convolutions that normalize what they read and sum what they write, and the passes at
// the ends of a chain of them.
#pragma once
#include <type_traits>

#include <collab/backend/cpu/fused_epilogues.hpp>
#include <collab/backend/cpu/operations.hpp>
#include <collab/backend/fusion.hpp>

namespace collab::backend {

/// y = x * w (+ bias): see FusionBackend.
template <class T, class X>
COLLAB_COLD void fused_conv2d(CpuContext& threads, const detail::ConvolutionWithKernels<T>& c,
                              const X& x, const T* w, const T* bias, View<T> y,
                              const Statistics<T>& statistics) {
    auto room = detail::coefficients<T>(threads, detail::widest(c.g));
    detail::Epilogue<T> after(y, c.g.out.channels);
    if (statistics.saved)
        after.run = detail::FusedEpilogues<T>::statistics;
    const int parts =
        detail::fused_sweep(threads, c, detail::load_of(room, x, c.g.in.channels), w, bias, after);
    if (!statistics.saved)
        return;
    detail::add_statistics<T>(after.sums, parts, c.g.out.channels);
    detail::finish_statistics(after.sums, c.g.out.channels,
                              static_cast<double>(c.g.batch) * c.g.out.area(), statistics);
}

/// y = f(normalization + skip) of x * w (+ bias): see FusionBackend.
template <class T, class X, class F>
COLLAB_COLD void normalized_conv2d(CpuContext& threads, const detail::ConvolutionWithKernels<T>& c,
                                   const X& x, const T* w, const T* bias,
                                   const NormalizedSum<T, F>& sum, View<T> y) {
    auto room = detail::coefficients<T>(threads, detail::widest(c.g));
    // for its coefficients
    const detail::InputTransform<T> result = detail::load_of(room, sum.input, c.g.out.channels);
    detail::Epilogue<T> after(y, c.g.out.channels);
    after.more = sum.skip;
    after.activation = detail::Activated<T, F>::of(sum.f);
    after.mean = result.mean;
    after.scale = result.scale;
    after.offset = result.offset;
    after.run = detail::FusedEpilogues<T>::finish;
    detail::fused_sweep(threads, c, detail::load_of(room, x, c.g.in.channels), w, bias, after);
}

/// Adds to dw: see FusionBackend.
template <class T, class X, class D>
COLLAB_COLD void fused_conv2d_weight_gradient(CpuContext& threads,
                                              const detail::ConvolutionWithKernels<T>& c,
                                              const X& x, const D& dy, T* dw) {
    auto room = detail::coefficients<T>(threads, detail::widest(c.g));
    const detail::InputTransform<T> of_x = detail::load_of(room, x, c.g.in.channels);
    const detail::InputTransform<T> of_dy = detail::load_of(room, dy, c.g.out.channels);
    detail::fused_weight_gradient(threads, c, of_x, of_dy, dw);
}

/// Adds to dw, writes dx: see FusionBackend.
template <class T, class X, class D, class Then>
COLLAB_COLD void fused_conv2d_backward(CpuContext& threads,
                                       const detail::ConvolutionWithKernels<T>& c, const X& x,
                                       const D& dy, const T* w, T* dw, View<T> dx,
                                       const Then& then) {
    const int channels = c.g.in.channels;
    auto room = detail::coefficients<T>(threads, detail::widest(c.g));
    const detail::InputTransform<T> of_x = detail::load_of(room, x, channels);
    const detail::InputTransform<T> of_dy = detail::load_of(room, dy, c.g.out.channels);
    detail::Epilogue<T> after(dx, channels);
    const T* saved = nullptr;
    if constexpr (requires { then.value; }) {
        saved = then.saved;
        after.more = then.more;
        after.value = then.value;
        after.other = then.raw;
        after.activation = detail::Activated<T, std::remove_cvref_t<decltype(then.f)>>::of(then.f);
        after.mean = room.copy(channels, saved);
        after.run = detail::FusedEpilogues<T>::output_gate;
    } else if constexpr (requires { then.more; }) {
        after.more = then.more;
        after.run = detail::FusedEpilogues<T>::plus;
    } else if constexpr (requires { then.input; }) {
        saved = then.input.saved;
        const detail::InputTransform<T> input = detail::load_of(room, then.input, channels);
        after.other = input.x;
        after.mean = input.mean;
        after.scale = input.scale;
        after.offset = input.offset;
        after.activation = input.activation;
        after.run = detail::FusedEpilogues<T>::gate;
    }
    [[maybe_unused]] const int parts =
        detail::fused_backward(threads, c, of_x, of_dy, w, dw, after);
    if constexpr (requires { then.sums; }) {
        detail::add_parts(after.sums, parts, channels, detail::sum_rows<T>);
        detail::finish_gate(after.sums, channels, saved, then.dgamma, then.dbeta, then.sums);
    }
}

/// y = f(input + skip): see FusionBackend.
template <class T, class F>
COLLAB_COLD void normalize(CpuContext& threads, const Map& map, F f,
                           const Normalized<T, Identity>& input, View<const T> skip, View<T> y) {
    detail::FusedEpilogues<T>::normalize(threads, map, detail::Activated<T, F>::of(f), input, skip,
                                         y);
}

/// g = dy f'(y) and its sums: see FusionBackend.
template <class T, class F>
COLLAB_COLD void normalized_sums(CpuContext& threads, const Map& map, F f,
                                 const NormalizationBackward<T>& backward, T* sums, View<T> g) {
    detail::FusedEpilogues<T>::sums(threads, map, detail::Activated<T, F>::of(f), backward, sums,
                                    g);
}

}  // namespace collab::backend
