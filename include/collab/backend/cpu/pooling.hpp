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
    /// The outputs [first, last) whose windows lie inside the map, where all have one size.
    Span whole() const {
        const int first = kernel > 0 ? (pad + stride - 1) / stride : 0;
        const int last =
            kernel > 0 && in + pad >= kernel ? std::min(out, (in + pad - kernel) / stride + 1) : 0;
        return {first, std::max(first, last), kernel};
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

/// The first pixels of the taps of a window of n taps, `wide` in a row, rows a map's width apart.
inline constexpr int most_row_taps = 9;
template <class T>
void taps_of(int n, int wide, View<T> map, long pixel, int width, T** tap) {
    for (int i = 0; i < n; ++i)
        tap[i] = map.data + (pixel + long(i / wide) * width + i % wide) * map.pixel;
}

/// f(Index<n>) for the numbers of taps that whole windows, or those cut by the border above or
/// below, usually have; whether n is one.
template <class F>
bool with_taps(int n, const F& f) {
    const auto is = [&](auto taps) { return n == taps && (f(taps), true); };
    return is(Index<4>{}) || is(Index<9>{}) || is(Index<6>{});
}

/// A row of `count` windows of N taps, neighbors `step` apart: on narrow maps a call for each
/// window would cost more than its work.
template <int N, class Op, class T>
COLLAB_NOINLINE void combine_row(long count, long channels, const T* const* tap,
                                 std::ptrdiff_t step, T scale, T* y, std::ptrdiff_t y_step) {
    const T* t[N];
    std::copy(tap, tap + N, t);
    for (long w = 0; w < count; ++w, y += y_step) {
        const std::ptrdiff_t at = w * step;
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) {
            T value = t[0][at + c];
            static_for<N - 1>(
                [&](auto i) COLLAB_LAMBDA_INLINE { value = Op::of(value, t[i() + 1][at + c]); });
            y[c] = value * scale;
        }
    }
}

/// y = the windows of x put together by Op, times scale(window rows, window columns).
template <class Op, class T, class Scale>
COLLAB_COLD void pool(CpuContext& threads, int batch, Dims in, Dims out, const Windows2& windows,
                      const Scale& scale, View<const T> x, View<T> y) {
    const Partition cut(long(batch) * out.height,
                        grain / std::max(1L, long(in.size()) / out.height));
    const Span whole = windows.columns.whole();
    threads.run(cut.count, [&](int piece) {
        for (long row = cut.begin(piece); row < cut.end(piece); ++row) {
            const long image = row / out.height * in.area();
            const Span rows = windows.rows(static_cast<int>(row % out.height));
            T* to = y.data + row * out.width * y.pixel;
            for (int w = 0; w < out.width; ++w, to += y.pixel) {
                const Span columns = windows.columns(w);
                const T factor = scale(rows, columns);
                const T* tap[most_taps];
                int n = rows.length() * columns.length();
                const bool row_of_them =
                    w == whole.first && w < whole.last &&
                    with_taps(
                        n,
                        [&](auto taps) {
                            taps_of(n, columns.length(), x,
                                    image + long(rows.first) * in.width + columns.first, in.width,
                                    tap);
                            combine_row<decltype(taps)::value, Op>(whole.length(), in.channels, tap,
                                                                   windows.columns.stride * x.pixel,
                                                                   factor, to, y.pixel);
                        });
                if (row_of_them) {
                    w = whole.last - 1;
                    to += (whole.length() - 1) * y.pixel;
                    continue;
                }
                n = 0;
                int left = rows.length() * columns.length();
                for (int h = rows.first; h < rows.last; ++h)
                    for (int k = columns.first; k < columns.last; ++k) {
                        tap[n++] = x.data + (image + long(h) * in.width + k) * x.pixel;
                        if (--left > 0 && n < most_taps)
                            continue;
                        combine<Op>(n, in.channels, tap, left > 0 ? T(1) : factor, to);
                        tap[0] = to;
                        n = 1;
                    }
            }
        }
    });
}

/// Writes dx from its windows. window(pixel of y, rows, columns, room) begins a window and returns
/// a function tap(pixel of x, fresh), called for the window's pixels row by row: it writes dx there
/// where `fresh` (a constant) holds and adds to it otherwise. `room` is for one number per channel.
/// Samples go in parallel, the windows of one in order, since they may overlap. row(Index of taps,
/// pixel of y, rows, columns, pixel of x, number of windows, fresh) does the same for neighboring
/// windows of one size at once.
template <class T, class Window, class Row>
COLLAB_COLD void spread(CpuContext& threads, int batch, Dims in, Dims out, const Windows2& windows,
                        View<T> dx, const Window& window, const Row& row) {
    const Partition cut(batch, grain / in.size());
    const Span whole = windows.columns.whole();
    const auto sample = [&](long b, T* room, auto fresh) {
        for (int h = 0; h < out.height; ++h)
            for (int w = 0; w < out.width; ++w) {
                const Span rows = windows.rows(h);
                const Span columns = windows.columns(w);
                const long o = (b * out.height + h) * out.width + w;
                if (w == whole.first && w < whole.last &&
                    with_taps(
                        rows.length() * columns.length(),
                        [&](auto taps) {
                            row(taps, o, rows, columns,
                                (b * in.height + rows.first) * in.width + columns.first,
                                long(whole.length()), fresh);
                        })) {
                    w = whole.last - 1;
                    continue;
                }
                auto tap = window(o, rows, columns, room);
                for (int i = rows.first; i < rows.last; ++i)
                    for (int k = columns.first; k < columns.last; ++k)
                        tap((b * in.height + i) * in.width + k, fresh);
            }
    };
    threads.run(cut.count, [&](int piece) {
        T* room = threads.scratch<T>(static_cast<std::size_t>(in.channels));
        for (long b = cut.begin(piece); b < cut.end(piece); ++b) {
            if (windows.tile()) {
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

/// A row of windows of N taps, each of which gets from[c] times `factor`; `from` is one pixel of y
/// after the other.
template <int N, bool Fresh, class T>
COLLAB_NOINLINE void spread_row(long count, long channels, const T* from, std::ptrdiff_t from_step,
                                T factor, T* const* tap, std::ptrdiff_t step) {
    T* to[N];
    std::copy(tap, tap + N, to);
    for (long w = 0; w < count; ++w, from += from_step) {
        const std::ptrdiff_t at = w * step;
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) {
            const T share = from[c] * factor;
            static_for<N>([&](auto i) COLLAB_LAMBDA_INLINE {
                to[i()][at + c] = Fresh ? share : to[i()][at + c] + share;
            });
        }
    }
}

/// Shares dy out evenly: the backward pass of every average.
template <class T, class Scale>
COLLAB_COLD void spread_evenly(CpuContext& threads, int batch, Dims in, Dims out,
                               const Windows2& windows, const Scale& scale, View<const T> dy,
                               View<T> dx) {
    spread(
        threads, batch, in, out, windows, dx,
        [&](long o, Span rows, Span columns, T*) {
            return [from = dy.data + o * dy.pixel, factor = scale(rows, columns), dx,
                    channels = in.channels](long i, auto fresh) {
                T* to = dx.data + i * dx.pixel;
                COLLAB_INDEPENDENT
                for (int c = 0; c < channels; ++c)
                    to[c] = fresh() ? from[c] * factor : to[c] + from[c] * factor;
            };
        },
        [&](auto taps, long o, Span rows, Span columns, long i, long count, auto fresh) {
            T* to[most_row_taps];
            taps_of(taps, columns.length(), dx, i, in.width, to);
            spread_row<decltype(taps)::value, decltype(fresh)::value>(
                count, in.channels, dy.data + o * dy.pixel, dy.pixel, scale(rows, columns), to,
                windows.columns.stride * dx.pixel);
        });
}

/// A row of windows of N taps: `from`, their gradients, go to the first of their taps that is as
/// large as `top`, or a NaN.
template <int N, bool Fresh, class T>
COLLAB_NOINLINE void give_row(long count, long channels, View<const T> from, View<const T> top,
                              const T* const* tap, std::ptrdiff_t step, T* const* to_tap,
                              std::ptrdiff_t to_step) {
    const T* in[N];
    T* to[N];
    std::copy(tap, tap + N, in);
    std::copy(to_tap, to_tap + N, to);
    for (long w = 0; w < count; ++w) {
        const T* const gradient = from.data + w * from.pixel;
        const T* const largest = top.data + w * top.pixel;
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) {
            T rest = gradient[c];
            const T best = largest[c];
            static_for<N>([&](auto i) COLLAB_LAMBDA_INLINE {
                const T x = in[i()][w * step + c];
                T& target = to[i()][w * to_step + c];
                const bool taker = (x == best) | (x != x);
                const T taken = collab::detail::choose<T>(taker, rest, T(0));
                target = Fresh ? taken : target + taken;
                rest = collab::detail::choose<T>(taker, T(0), rest);
            });
        }
    }
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
        threads, g.batch, g.in, g.out, detail::Windows2(g),
        [](detail::Span, detail::Span) { return T(1); }, x, y);
}

/// The first largest element of each window, row by row (the first NaN if there is one), takes the
/// window's gradient.
template <class T>
COLLAB_COLD void max_pool_backward(CpuContext& threads, const Pooling& g, View<const T> x,
                                   View<const T> y, View<const T> dy, View<T> dx) {
    const detail::Windows2 windows(g);
    detail::spread(
        threads, g.batch, g.in, g.out, windows, dx,
        [&](long o, detail::Span, detail::Span, T* room) {
            // What of dy has found no taker yet: dy itself at the first pixel, then what is left in
            // `room`.
            return [left = dy.data + o * dy.pixel, top = y.data + o * y.pixel, room, x, dx,
                    channels = g.in.channels](long i, auto fresh) mutable {
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
        },
        [&](auto taps, long o, detail::Span, detail::Span columns, long i, long count, auto fresh) {
            const T* in[detail::most_row_taps];
            T* to[detail::most_row_taps];
            detail::taps_of(taps, columns.length(), x, i, g.in.width, in);
            detail::taps_of(taps, columns.length(), dx, i, g.in.width, to);
            detail::give_row<decltype(taps)::value, decltype(fresh)::value, T>(
                count, g.in.channels, {dy.data + o * dy.pixel, dy.pixel},
                {y.data + o * y.pixel, y.pixel}, in, g.stride.width * x.pixel, to,
                g.stride.width * dx.pixel);
        });
}

/// y = the average of each window.
template <class T>
COLLAB_COLD void average_pool(CpuContext& threads, const Pooling& g, View<const T> x, View<T> y) {
    detail::pool<detail::Total>(threads, g.batch, g.in, g.out, detail::Windows2(g),
                                detail::AverageScale<T>{}, x, y);
}

template <class T>
COLLAB_COLD void average_pool_backward(CpuContext& threads, const Pooling& g, View<const T> dy,
                                       View<T> dx) {
    detail::spread_evenly(threads, g.batch, g.in, g.out, detail::Windows2(g),
                          detail::AverageScale<T>{}, dy, dx);
}

/// y = averages of windows that share the input out among g.out's pixels; the kernel, stride and
/// padding of g are not used.
template <class T>
COLLAB_COLD void adaptive_average_pool(CpuContext& threads, const Pooling& g, View<const T> x,
                                       View<T> y) {
    detail::pool<detail::Total>(threads, g.batch, g.in, g.out, detail::Windows2(g.in, g.out),
                                detail::AverageScale<T>{}, x, y);
}

template <class T>
COLLAB_COLD void adaptive_average_pool_backward(CpuContext& threads, const Pooling& g,
                                                View<const T> dy, View<T> dx) {
    detail::spread_evenly(threads, g.batch, g.in, g.out, detail::Windows2(g.in, g.out),
                          detail::AverageScale<T>{}, dy, dx);
}

}  // namespace collab::backend
