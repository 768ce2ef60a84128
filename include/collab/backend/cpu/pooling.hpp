// SPDX-License-Identifier: Apache-2.0
// pooling: maxima and averages of windows on the CPU.
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <collab/backend/choose.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>

namespace collab::backend {

namespace detail {

/// The inputs [first, last) of an output along one axis.
struct Span {
    int first, last;
    int counted;  ///< how many an average divides by
    int length() const { return last - first; }
};

/// The windows along one axis: of a fixed kernel, or adaptive ones, which share the inputs out
/// among the outputs.
struct Windows {
    int in;
    int out;
    int kernel = 0;
    int stride = 0;
    int pad = 0;  // kernel 0: adaptive
    bool count_padding = false;
    Span operator()(int o) const {
        const int begin = o * stride - pad;
        const int first = kernel > 0 ? std::max(begin, 0) : static_cast<int>(long(o) * in / out);
        const int last = kernel > 0 ? std::min(begin + kernel, in)
                                    : static_cast<int>((long(o + 1) * in + out - 1) / out);
        return {first, last,
                count_padding ? std::min(begin + kernel, in + pad) - begin : last - first};
    }
    /// Each input lies in exactly one window.
    bool tile() const {
        return kernel > 0 ? kernel == stride && pad == 0 && in == out * stride : in % out == 0;
    }
};

struct Windows2 {
    Windows rows, columns;
    explicit Windows2(const Pooling& g)
        : rows{g.in.height,     g.out.height, g.kernel.height,
               g.stride.height, g.pad.height, g.count_padding},
          columns{g.in.width,     g.out.width, g.kernel.width,
                  g.stride.width, g.pad.width, g.count_padding} {}
    Windows2(Dims in, Dims out) : rows{in.height, out.height}, columns{in.width, out.width} {}
    bool tile() const { return rows.tile() && columns.tile(); }
};

/// The larger, or the NaN if there is one.
struct Largest {
    template <class T>
    COLLAB_INLINE static T of(T a, T b) {
        return collab::detail::choose<T>((b > a) | (b != b), b, a);
    }
};
struct Total {
    template <class T>
    COLLAB_INLINE static T of(T a, T b) {
        return a + b;
    }
};

/// y[c] = scale * (tap[0][c] op ... op tap[N-1][c]); a tap may be y.
template <int N, class Op, class T>
void combine_some(long channels, const T* const* tap, T scale, T* y) {
    const T* t[N];
    std::copy(tap, tap + N, t);
    COLLAB_INDEPENDENT
    for (long c = 0; c < channels; ++c) {
        T value = t[0][c];
        static_for<N - 1>([&](auto i)
                              COLLAB_LAMBDA_INLINE { value = Op::of(value, t[i() + 1][c]); });
        y[c] = value * scale;
    }
}

inline constexpr int most_taps = 9;

/// The same for any n in [1, most_taps], in one step for the windows that are common.
template <class Op, class T>
COLLAB_NOINLINE void combine(int n, long channels, const T** tap, T scale, T* y) {
    switch (n) {
    case 1:
        return combine_some<1, Op>(channels, tap, scale, y);
    case 2:
        return combine_some<2, Op>(channels, tap, scale, y);
    case 4:
        return combine_some<4, Op>(channels, tap, scale, y);
    case 9:
        return combine_some<9, Op>(channels, tap, scale, y);
    default: {
        const int some = n > 4 ? 4 : 2;
        combine<Op>(some, channels, tap, T(1), y);
        tap[some - 1] = y;
        return combine<Op>(n - some + 1, channels, tap + some - 1, scale, y);
    }
    }
}

/// The maps of a pooling and its windows.
struct PoolShape {
    int batch;
    Dims in, out;
    Windows2 windows;
    explicit PoolShape(const Pooling& g) : batch(g.batch), in(g.in), out(g.out), windows(g) {}
    /// Adaptive windows.
    PoolShape(int images, Dims from, Dims to)
        : batch(images),
          in(from),
          out(to),
          windows(from, to) {}
};

/// y = one window of an image put together by Op, times `factor`.
template <class Op, class T>
COLLAB_INLINE void pool_window(View<const T> image, const Dims& in, const Span& rows,
                               const Span& columns, T factor, T* y) {
    const T* tap[most_taps];
    int n = 0;
    int left = rows.length() * columns.length();
    for (int h = rows.first; h < rows.last; ++h)
        for (int k = columns.first; k < columns.last; ++k) {
            tap[n++] = image.data + (long(h) * in.width + k) * image.pixel;
            if (--left > 0 && n < most_taps)
                continue;
            combine<Op>(n, in.channels, tap, left > 0 ? T(1) : factor, y);
            tap[0] = y;
            n = 1;
        }
}

/// y = the windows of x put together by Op, times scale(window rows, window columns).
template <class Op, class T, class Scale>
COLLAB_COLD void pool(CpuContext& threads, const PoolShape& shape, const Scale& scale,
                      View<const T> x, View<T> y) {
    const Dims& in = shape.in;
    const Dims& out = shape.out;
    const Partition cut(long(shape.batch) * out.height,
                        grain / std::max(1L, long(in.size()) / out.height));
    threads.run(cut.count, [&](int piece) {
        for (long row = cut.begin(piece); row < cut.end(piece); ++row) {
            const View<const T> image{x.data + row / out.height * in.area() * x.pixel, x.pixel};
            const Span rows = shape.windows.rows(static_cast<int>(row % out.height));
            T* to = y.data + row * out.width * y.pixel;
            for (int w = 0; w < out.width; ++w, to += y.pixel) {
                const Span columns = shape.windows.columns(w);
                pool_window<Op>(image, in, rows, columns, T(scale(rows, columns)), to);
            }
        }
    });
}

/// f(row, column) for each pixel of a window, row by row.
template <class F>
COLLAB_INLINE void over_window(const Span& rows, const Span& columns, const F& f) {
    for (int i = rows.first; i < rows.last; ++i)
        for (int k = columns.first; k < columns.last; ++k)
            f(i, k);
}

/// Writes dx from its windows. window(pixel of y, rows, columns, room) begins a window and returns
/// a function tap(pixel of x, fresh), called for the window's pixels row by row: it writes dx there
/// where `fresh` (a constant) holds and adds to it otherwise. `room` is for one number per channel.
/// Samples go in parallel, the windows of one in order, since they may overlap.
template <class T, class Window>
COLLAB_COLD void spread(CpuContext& threads, const PoolShape& shape, View<T> dx,
                        const Window& window) {
    const Dims& in = shape.in;
    const Dims& out = shape.out;
    const Partition cut(shape.batch, grain / in.size());
    const auto sample = [&](long b, T* room, auto fresh) {
        for (int h = 0; h < out.height; ++h)
            for (int w = 0; w < out.width; ++w) {
                const Span rows = shape.windows.rows(h);
                const Span columns = shape.windows.columns(w);
                auto tap = window((b * out.height + h) * out.width + w, rows, columns, room);
                over_window(rows, columns, [&](int i, int k) COLLAB_LAMBDA_INLINE {
                    tap((b * in.height + i) * in.width + k, fresh);
                });
            }
    };
    threads.run(cut.count, [&](int piece) {
        T* room = threads.scratch<T>(static_cast<std::size_t>(in.channels));
        for (long b = cut.begin(piece); b < cut.end(piece); ++b) {
            if (shape.windows.tile()) {
                sample(b, room, std::true_type{});
                continue;
            }
            T* to = dx.data + b * in.area() * dx.pixel;
            for (int i = 0; i < in.area(); ++i, to += dx.pixel)
                std::fill(to, to + in.channels, T(0));
            sample(b, room, std::false_type{});
        }
    });
}

/// Shares dy out evenly: the backward pass of every average.
template <class T, class Scale>
COLLAB_COLD void spread_evenly(CpuContext& threads, const PoolShape& shape, const Scale& scale,
                               View<const T> dy, View<T> dx) {
    spread(threads, shape, dx, [&](long o, Span rows, Span columns, T*) {
        return [from = dy.data + o * dy.pixel, factor = scale(rows, columns), dx,
                channels = shape.in.channels](long i, auto fresh) {
            T* to = dx.data + i * dx.pixel;
            COLLAB_INDEPENDENT
            for (int c = 0; c < channels; ++c)
                to[c] = fresh() ? from[c] * factor : to[c] + from[c] * factor;
        };
    });
}

/// One over the number of pixels that an average counts.
template <class T>
struct AverageScale {
    T operator()(Span rows, Span columns) const {
        return T(1) / static_cast<T>(rows.counted * columns.counted);
    }
};

}  // namespace detail

/// y = the largest element of each window; NaN if the window has one.
template <class T>
COLLAB_COLD void max_pool(CpuContext& threads, const Pooling& g, View<const T> x, View<T> y) {
    detail::pool<detail::Largest>(
        threads, detail::PoolShape(g), [](detail::Span, detail::Span) { return T(1); }, x, y);
}

/// The first largest element of each window, row by row (the first NaN if there is one), takes the
/// window's gradient.
template <class T>
COLLAB_COLD void max_pool_backward(CpuContext& threads, const Pooling& g, View<const T> x,
                                   View<const T> y, View<const T> dy, View<T> dx) {
    detail::spread(threads, detail::PoolShape(g), dx,
                   [&](long o, detail::Span, detail::Span, T* room) {
                       // What of dy has found no taker yet: dy itself at the first pixel, then what
                       // is left in `room`.
                       return [left = dy.data + o * dy.pixel, top = y.data + o * y.pixel, room, x,
                               dx, channels = g.in.channels](long i, auto fresh) mutable {
                           const T* in = x.data + i * x.pixel;
                           T* to = dx.data + i * dx.pixel;
                           COLLAB_INDEPENDENT
                           for (int c = 0; c < channels; ++c) {
                               const bool taker = (in[c] == top[c]) | (in[c] != in[c]);
                               const T rest = left[c];
                               const T taken = collab::detail::choose<T>(taker, rest, T(0));
                               to[c] = fresh() ? taken : to[c] + taken;
                               room[c] = collab::detail::choose<T>(taker, T(0), rest);
                           }
                           left = room;
                       };
                   });
}

/// y = the average of each window.
template <class T>
COLLAB_COLD void average_pool(CpuContext& threads, const Pooling& g, View<const T> x, View<T> y) {
    detail::pool<detail::Total>(threads, detail::PoolShape(g), detail::AverageScale<T>{}, x, y);
}

template <class T>
COLLAB_COLD void average_pool_backward(CpuContext& threads, const Pooling& g, View<const T> dy,
                                       View<T> dx) {
    detail::spread_evenly(threads, detail::PoolShape(g), detail::AverageScale<T>{}, dy, dx);
}

/// y = averages of windows that share the input out among g.out's pixels; the kernel, stride and
/// padding of g are not used.
template <class T>
COLLAB_COLD void adaptive_average_pool(CpuContext& threads, const Pooling& g, View<const T> x,
                                       View<T> y) {
    detail::pool<detail::Total>(threads, detail::PoolShape(g.batch, g.in, g.out),
                                detail::AverageScale<T>{}, x, y);
}

template <class T>
COLLAB_COLD void adaptive_average_pool_backward(CpuContext& threads, const Pooling& g,
                                                View<const T> dy, View<T> dx) {
    detail::spread_evenly(threads, detail::PoolShape(g.batch, g.in, g.out),
                          detail::AverageScale<T>{}, dy, dx);
}

}  // namespace collab::backend
