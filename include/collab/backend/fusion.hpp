// SPDX-License-Identifier: Apache-2.0
// fusion: maps that are never written. A convolution reads them through the normalization that
// makes them, forward and backward.
//
// Storing only what convolutions put out, and forming everything else while it is read, saves more
// than half of the passes over memory. A backend that offers these operations gets them from the
// plan (layer/sequence.hpp); one without runs layer by layer.
#pragma once
#include <concepts>

#include <collab/backend/functor.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/backend/operands.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

/// The map f(gamma (x - mean) inverse + beta). `saved`: the mean of each channel, then its inverse
/// stddev.
template <class T, class F>
struct Normalized {
    View<const T> x;
    const T *gamma, *beta, *saved;
    F f{};
};

/// The gradient with respect to x of a batch normalization, from g, the gradient with respect to
/// its result, and the sums over the batch of g (one per channel) and then of g times the
/// normalized x. `pixels`: of the whole batch.
template <class T>
struct NormalizedGradient {
    View<const T> g, x;
    const T *gamma, *saved, *sums;
    long pixels;
};

/// f(input + skip), where `input` is a Normalized without an f of its own and, where a
/// convolution's result is normalized, without a map. `skip` may be empty.
template <class T, class F>
struct NormalizedSum {
    Normalized<T, Identity> input;
    View<const T> skip;
    F f{};
};

// What happens to an input gradient before it leaves the cache.

/// Nothing.
struct Leave {};
/// `more` is added.
template <class T>
struct Plus {
    View<const T> more;
};
/// It becomes the gradient with respect to the result of the normalization in `input`: times the
/// slope of its activation. The sums of a NormalizedGradient are left in `sums` and added to dbeta
/// and dgamma.
template <class T, class F>
struct Gate {
    Normalized<T, F> input;
    T *dgamma, *dbeta, *sums;
};

/// `more`, where given, is added, and then it is gated as by Gate, of a map that memory holds:
/// `value` = f(a normalization of `raw` [+ anything]).
template <class T, class F>
struct OutputGate {
    View<const T> more, value, raw;
    const T* saved;
    T *dgamma, *dbeta, *sums;
    F f{};
};

}  // namespace collab::backend

namespace collab {

/// Which convolutions the fused operations take: all dense ones, and depthwise ones of 3x3 with a
/// padding of 1, one filter per channel and at least 16 channels.
constexpr bool fuses(const backend::Convolution& g) {
    const bool depthwise = g.groups > 1 && g.groups == g.in.channels;
    return !depthwise || (g.kernel == backend::Extent{3, 3} && g.pad == backend::Extent{1, 1} &&
                          g.stride.height == g.stride.width && g.stride.height <= 2 &&
                          g.in.channels == g.out.channels && g.in.channels >= 16 &&
                          g.out.height == (g.in.height - 1) / g.stride.height + 1 &&
                          g.out.width == (g.in.width - 1) / g.stride.width + 1);
}

/// Fused operations, beside those of ConvolutionBackend and NormalizationBackend, for the
/// convolutions that `fuses` admits. An operand x may be a View or a Normalized, dy a View or a
/// NormalizedGradient.
///  - `fused_conv2d(g, x, w, bias, y, statistics)`: bias may be null; no statistics are taken where
///  `saved` is null.
///  - `fused_conv2d_weight_gradient(g, x, dy, dw)`: adds to dw.
///  - `fused_conv2d_backward(g, x, dy, w, dw, dx, then)`: adds to dw; then is Leave, Plus, Gate or
///  OutputGate and says what becomes of dx.
///  - `normalized_conv2d(g, x, w, bias, sum, y)`: inference; y = the NormalizedSum of what conv2d
///  would give.
///  - `batch_statistics(map, x, statistics)`: of a map that no convolution has put out.
///  - `normalize(map, f, input, skip, y)`: y = f(input + skip), where input is a Normalized without
///  an f of its own; skip may be empty and may be y.
///  - `normalized_sums(map, f, backward, sums, g)`: the first half of the backward pass of y =
///  f(normalized x [+ skip]), by a NormalizationBackward:
///    g = dy f'(y), its sums to `sums` and added to dbeta and dgamma. g may be dy; it is not
///    written where it is empty, which says that f is the identity.
///  - `normalized_gradient(map, gradient, dx)`: the second half: dx from a NormalizedGradient.
template <class B, class T = typename B::Scalar>
concept FusionBackend = requires(
    B b, const backend::Convolution& g, const backend::Map& map, const backend::Statistics<T>& s,
    View<const T> x, View<T> y, const T* in, T* out, const backend::Normalized<T, ReluFunction>& n,
    const backend::Normalized<T, Identity>& plain, const backend::NormalizedGradient<T>& d,
    const backend::NormalizationBackward<T>& backward) {
    b.fused_conv2d(g, n, in, in, y, s);
    b.fused_conv2d(g, x, in, in, y, s);
    b.fused_conv2d_weight_gradient(g, n, d, out);
    b.fused_conv2d_backward(g, n, d, in, out, y, backend::Gate<T, ReluFunction>{n, out, out, out});
    b.normalized_conv2d(g, x, in, in, backend::NormalizedSum<T, ReluFunction>{plain, x}, y);
    b.batch_statistics(map, x, s);
    b.normalize(map, ReluFunction{}, plain, x, y);
    b.normalized_sums(map, ReluFunction{}, backward, out, y);
    b.normalized_gradient(map, d, y);
};

}  // namespace collab
