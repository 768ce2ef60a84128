// SPDX-License-Identifier: Apache-2.0
// concepts: what a layer may ask of a backend, one small concept per family of operations.
//
// A backend is a value that owns whatever it needs (threads, handles, workspace). Operations are
// members; they take plain geometry and views, write whole outputs unless the text says "adds", and
// throw collab::Error when the machine fails them. Nothing here promises when an operation has
// finished, only that later operations and downloads see its result. The meaning of every operation
// is what Reference<double> computes; tests/conformance holds every backend to it.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <collab/backend/functor.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/backend/operands.hpp>
#include <collab/core/random.hpp>
#include <collab/memory/view.hpp>

namespace collab {

namespace detail {
struct AnyFunction {  // nvcc refuses lambdas in concepts
    template <class... Is>
    COLLAB_HD void operator()(Is...) const {}
};
}  // namespace detail

/// Memory and the generic loops.
///  - `allocate<U>(n)`: n zeroes; a movable owner with data() and size().
///  - `upload(host, n, to)`, `download(from, n, host)`: copies between the host and memory of the
///  backend; download waits.
///  - `fill(n, value, p)`.
///  - `copy(map, x, y)`: y = x. `add(map, x, y)`: adds x to y.
///  - `for_each(n, f)`: f(i) for i in [0, n), in any order, at once. f must be copyable and, for
///  the GPU, callable there.
///  - `for_rows(n, f)`: the same where each call is long (one sample, one row of an embedding).
///  - `sum(n, p)`: the sum as double, added in an order that depends on n alone.
template <class B, class T = typename B::Scalar>
concept Backend = requires(B b, std::size_t n, const T* in, T* out, T value, backend::Map map,
                           View<const T> x, View<T> y) {
    typename B::Scalar;
    { b.template allocate<T>(n).data() } -> std::same_as<T*>;
    b.upload(in, n, out);
    b.download(in, n, out);
    b.fill(n, value, out);
    b.copy(map, x, y);
    b.add(map, x, y);
    b.for_each(n, detail::AnyFunction{});
    b.for_rows(1, detail::AnyFunction{});
    { b.sum(n, in) } -> std::same_as<double>;
};

/// Convolutions (backend::Convolution). The transposed convolution needs no operation of its own:
/// its forward pass is the input gradient of the convolution that it transposes, and the reverse.
///  - `conv2d(g, x, w, bias, y)`: bias may be null.
///  - `conv2d_input_gradient(g, dy, w, bias, dx)`: bias, one per input channel, may be null; it is
///  for the transposed convolution.
///  - `conv2d_weight_gradient(g, x, dy, dw)`: adds to dw.
///  - `bias_gradient(map, dy, db)`: adds the sum of dy over samples and pixels to db, one per
///  channel.
template <class B, class T = typename B::Scalar>
concept ConvolutionBackend =
    Backend<B> && requires(B b, const backend::Convolution& g, const backend::Map& map,
                           View<const T> x, View<T> y, const T* in, T* out) {
        b.conv2d(g, x, in, in, y);
        b.conv2d_input_gradient(g, x, in, in, y);
        b.conv2d_weight_gradient(g, x, x, out);
        b.bias_gradient(map, x, out);
    };

/// Dense products (backend::Product); a row is one pixel of its view.
///  - `linear(g, x, w, bias, y)`: bias may be null.  - `linear_input_gradient(g, dy, w, dx)`.
///  - `linear_weight_gradient(g, x, dy, dw)`: adds to dw.  - `bias_gradient` as above.
template <class B, class T = typename B::Scalar>
concept ProductBackend =
    Backend<B> && requires(B b, const backend::Product& g, const backend::Map& map, View<const T> x,
                           View<T> y, const T* in, T* out) {
        b.linear(g, x, in, in, y);
        b.linear_input_gradient(g, x, in, y);
        b.linear_weight_gradient(g, x, x, out);
        b.bias_gradient(map, x, out);
    };

/// Element by element.
///  - `activate(map, f, x, y)`: y = f(x); y may be x.
///  - `activate_backward(map, f, from, dy, dx)`: dx = dy * slope_from(f, from): `from` is y or, for
///  an f with SlopeFromInput, x. dx may be dy.
template <class B, class T = typename B::Scalar>
concept ActivationBackend =
    Backend<B> && requires(B b, const backend::Map& map, View<const T> x, View<T> y) {
        b.activate(map, ReluFunction{}, x, y);
        b.activate_backward(map, ReluFunction{}, x, x, y);
    };

/// Batch normalization over samples and pixels, followed by an activation f (Identity when there is
/// none), in one pass.
///  - `batch_norm(map, f, x, affine, statistics, y)`: training. backend::Statistics receives the
///  batch's own; running statistics move as Normalization says.
///  - `batch_norm_inference(map, f, x, affine, statistics, y)`: with backend::PopulationStatistics.
///  - `batch_norm_backward(map, f, backward, gamma, dx)`: of the training form, by a
///  backend::NormalizationBackward; adds to dgamma and dbeta; dx may be dy.
template <class B, class T = typename B::Scalar>
concept NormalizationBackend =
    Backend<B> && requires(B b, const backend::Map& map, const backend::Affine<T>& affine,
                           const backend::Statistics<T>& statistics,
                           const backend::PopulationStatistics<T>& population,
                           const backend::NormalizationBackward<T>& backward, View<const T> x,
                           View<T> y, const T* in) {
        b.batch_norm(map, ReluFunction{}, x, affine, statistics, y);
        b.batch_norm_inference(map, ReluFunction{}, x, affine, population, y);
        b.batch_norm_backward(map, ReluFunction{}, backward, in, y);
    };

/// Windows (backend::Pooling).
///  - `max_pool(g, x, y)`; `max_pool_backward(g, x, y, dy, dx)`: the first largest element of a
///  window, row by row, takes its gradient.
///  - `average_pool(g, x, y)`; `average_pool_backward(g, dy, dx)`.
///  - `adaptive_average_pool(g, x, y)`, `..._backward(g, dy, dx)`: uses only batch, in and out;
///  output row h averages the input rows
///    [floor(h H / H'), ceil((h + 1) H / H')), likewise columns.
template <class B, class T = typename B::Scalar>
concept PoolingBackend =
    Backend<B> && requires(B b, const backend::Pooling& g, View<const T> x, View<T> y) {
        b.max_pool(g, x, y);
        b.max_pool_backward(g, x, x, x, y);
        b.average_pool(g, x, y);
        b.average_pool_backward(g, x, y);
        b.adaptive_average_pool(g, x, y);
        b.adaptive_average_pool_backward(g, x, y);
    };

/// `dropout(map, p, random, x, y)`: element i (counted in NHWC order of `map`, without the view's
/// gaps) becomes 0 where uniform(random.word(i)) < p and is divided by 1 - p elsewhere. Its own
/// backward pass: the same call on the gradient. y may be x.
template <class B, class T = typename B::Scalar>
concept DropoutBackend =
    Backend<B> && requires(B b, const backend::Map& map, double p, Random random, View<const T> x,
                           View<T> y) { b.dropout(map, p, random, x, y); };

/// `pad_shortcut(g, x, y)`: the parameter-free shortcut of residual networks (option A): adds to y
/// every stride-th pixel of x (g.in to g.out by g.stride), its channels placed after (out - in) / 2
/// channels that are left alone. `pad_shortcut_backward(g, dy, dx)`: adds to dx.
template <class B, class T = typename B::Scalar>
concept ShortcutBackend =
    Backend<B> && requires(B b, const backend::Convolution& g, View<const T> x, View<T> y) {
        b.pad_shortcut(g, x, y);
        b.pad_shortcut_backward(g, x, y);
    };

/// Operations that move or compare channels; `map` is that of y, except in maxout_backward, where
/// it is that of dy.
///  - `shuffle_channels(map, groups, x, y)`: channel c * groups + g of y is channel g * (channels /
///  groups) + c of x. Its own backward pass:
///    the same with channels / groups.
///  - `pad_channels(map, channels, x, y)`: y is x, which has `channels` channels, behind
///  (map.dims.channels - channels) / 2 channels of zeros
///    and before the rest of zeros.
///  - `maxout(map, pieces, x, y)`: channel c of y is the largest of channels c, c + channels, ...
///  of x, which has `pieces` times as many; a NaN is
///    largest. `maxout_backward(map, pieces, x, dy, dx)`: the first largest takes the gradient, the
///    others 0.
template <class B, class T = typename B::Scalar>
concept ChannelBackend =
    Backend<B> && requires(B b, const backend::Map& map, int n, View<const T> x, View<T> y) {
        b.shuffle_channels(map, n, x, y);
        b.pad_channels(map, n, x, y);
        b.maxout(map, n, x, y);
        b.maxout_backward(map, n, x, x, y);
    };

/// `softmax_cross_entropy(labeled, scale, dlogits, losses, hits)`, for each row of
/// backend::LabeledLogits: losses[b] = -log softmax(logits_b)[labels[b]]; hits[b] = 1 where the
/// first largest logit is the label's, else 0, which a row with a NaN always has; dlogits_b = scale
/// (softmax(logits_b) - onehot), unless dlogits is null. Rows are one pixel of their view apart.
template <class B, class T = typename B::Scalar>
concept CrossEntropyBackend =
    Backend<B> && requires(B b, const backend::LabeledLogits<T>& labeled, T scale, View<T> y,
                           T* out) { b.softmax_cross_entropy(labeled, scale, y, out, out); };

/// Optional, where `sum` makes the host wait: `sum_into(n, p, to)` leaves the same sum in memory of
/// the backend, and waits for nothing. Where `to` may also point to scalars, sum_to (sum_to.hpp)
/// uses it.
template <class B, class T = typename B::Scalar>
concept DeferringBackend =
    Backend<B> && requires(B b, std::size_t n, const T* p, double* to) { b.sum_into(n, p, to); };

/// Optional, where taking memory costs, or a recorded step must find it again: `room<U>(n)`, room
/// for n elements with anything in it. It is the same with each call, unless a larger one is asked
/// for, and belongs to whoever asked last.
template <class B, class T = typename B::Scalar>
concept RoomyBackend = Backend<B> && requires(B b, std::size_t n) {
    { b.template room<T>(n) } -> std::same_as<T*>;
};

/// Optional. `keeps_pictures`: memory of the backend is not the host's, and training sets should
/// lie there.
template <class B>
concept PictureBackend = Backend<B> && requires { requires B::keeps_pictures; };

/// Optional. `record(signature, f)`: f(), which asks for operations. Where the signature is that of
/// the call before, the operations are the same on the same operands, and a backend may do again
/// what it did then without asking; unless f waited for one of them, by `sum` or `download`, and
/// may have decided by it.
template <class B>
concept RecordingBackend = Backend<B> && requires(B b, std::vector<std::uint64_t> signature) {
    b.record(signature, detail::AnyFunction{});
};

}  // namespace collab
