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
    /// Inputs between the beginnings of two windows that no border cuts.
    int step() const { return kernel > 0 ? stride : in / out; }
    /// How many windows from output o on are alike: all that no border cuts, if o is the first of
    /// them; 1 otherwise.
    int alike(int o) const {
        int first = 0;
        int last = in % out == 0 ? out : 0;
        if (kernel > 0) {
            first = (pad + stride - 1) / stride;
            last = in + pad < kernel ? 0 : std::min(out, (in + pad - kernel) / stride + 1);
        }
        return o == first && o < last ? last - first : 1;
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

/// Windows of one size beside each other: on maps of few channels a call for each window would cost
/// more than its work.
struct WindowRow {
    Span rows, columns;  ///< of the first window
    int width;           ///< of the map
    int step;            ///< pixels between the windows
    int count;
    long channels;
    int taps() const { return rows.length() * columns.length(); }
    /// The first pixels of the taps of the first window, in a map that begins at `map`.
    template <class T>
    void list(View<T> map, T** tap) const {
        for (int i = rows.first; i < rows.last; ++i)
            for (int k = columns.first; k < columns.last; ++k)
                *tap++ = map.data + (long(i) * width + k) * map.pixel;
    }
};

/// The taps of a window for which there is code for a row of them: 2 x 2 where windows lie side by
/// side, 3 x 3 where they overlap. Others, and those that the border cuts, go one by one.
template <bool Apart>
inline constexpr int usual_taps = Apart ? 4 : 9;

/// y = a row of windows of N taps put together by Op, times `factor`.
template <int N, class Op, class T>
COLLAB_NOINLINE void combine_row(const WindowRow& row, View<const T> image, T factor, View<T> y) {
    const T* t[N];
    row.list(image, t);
    const std::ptrdiff_t step = row.step * image.pixel;
    const long channels = row.channels;
    T* to = y.data;
    for (long w = 0; w < row.count; ++w, to += y.pixel) {
        const std::ptrdiff_t at = w * step;
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) {
            T value = t[0][at + c];
            static_for<N - 1>(
                [&](auto i) COLLAB_LAMBDA_INLINE { value = Op::of(value, t[i() + 1][at + c]); });
            to[c] = value * factor;
        }
    }
}

/// The same for a row of usual windows; whether it is one.
template <bool Apart, class Op, class T>
bool combine_usual(const WindowRow& row, View<const T> image, T factor, View<T> y) {
    constexpr int taps = usual_taps<Apart>;
    if (row.count <= 1 || row.taps() != taps)
        return false;
    combine_row<taps, Op>(row, image, factor, y);
    return true;
}

/// y = the windows of x put together by Op, times scale(window rows, window columns).
template <class Op, class T, class Scale>
COLLAB_COLD void pool(CpuContext& threads, const PoolShape& shape, const Scale& scale,
                      View<const T> x, View<T> y) {
    const Dims& in = shape.in;
    const Dims& out = shape.out;
    const Windows2& windows = shape.windows;
    const Partition cut(long(shape.batch) * out.height,
                        grain / std::max(1L, long(in.size()) / out.height));
    threads.run(cut.count, [&](int piece) {
        for (long line = cut.begin(piece); line < cut.end(piece); ++line) {
            const View<const T> image{x.data + line / out.height * in.area() * x.pixel, x.pixel};
            const Span rows = windows.rows(static_cast<int>(line % out.height));
            for (int w = 0; w < out.width;) {
                const Span columns = windows.columns(w);
                const WindowRow row{
                    rows,       columns, in.width, windows.columns.step(), windows.columns.alike(w),
                    in.channels};
                const View<T> to{y.data + (line * out.width + w) * y.pixel, y.pixel};
                const T factor = T(scale(rows, columns));
                const bool done = combine_usual<true, Op>(row, image, factor, to) ||
                                  combine_usual<false, Op>(row, image, factor, to);
                if (!done)
                    pool_window<Op>(image, in, rows, columns, factor, to.data);
                w += done ? row.count : 1;
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

/// Writes dx from its windows. way.window(pixel of y, rows, columns, room) begins a window and
/// returns a function tap(pixel of x, fresh), called for the window's pixels row by row: it writes
/// dx there where `fresh` (a constant) holds and adds to it otherwise. `room` is for one number per
/// channel. way.row(pixel of y, row, image, fresh) does the same for a row of usual windows of the
/// image that begins at a pixel of x. Samples go in parallel, the windows of one in order, since
/// they may overlap.
template <class T, class Way>
COLLAB_COLD void spread(CpuContext& threads, const PoolShape& shape, View<T> dx, const Way& way) {
    const Dims& in = shape.in;
    const Dims& out = shape.out;
    const Windows& columns = shape.windows.columns;
    const auto line = [&](long b, int h, T* room, auto fresh) {
        const long first = (b * out.height + h) * out.width;
        for (int w = 0; w < out.width;) {
            const WindowRow row{shape.windows.rows(h), columns(w),       in.width,
                                columns.step(),        columns.alike(w), in.channels};
            if (row.count > 1 && row.taps() == usual_taps<fresh()>) {
                way.row(first + w, row, b * in.area(), fresh);
                w += row.count;
                continue;
            }
            auto tap = way.window(first + w, row.rows, row.columns, room);
            over_window(row.rows, row.columns, [&](int i, int k) COLLAB_LAMBDA_INLINE {
                tap(b * in.area() + long(i) * in.width + k, fresh);
            });
            ++w;
        }
    };
    const Partition cut(shape.batch, grain / in.size());
    threads.run(cut.count, [&](int piece) {
        T* room = threads.scratch<T>(static_cast<std::size_t>(in.channels));
        for (long b = cut.begin(piece); b < cut.end(piece); ++b) {
            if (shape.windows.tile()) {
                for (int h = 0; h < out.height; ++h)
                    line(b, h, room, std::true_type{});
                continue;
            }
            T* to = dx.data + b * in.area() * dx.pixel;
            for (int i = 0; i < in.area(); ++i, to += dx.pixel)
                std::fill(to, to + in.channels, T(0));
            for (int h = 0; h < out.height; ++h)
                line(b, h, room, std::false_type{});
        }
    });
}

/// A row of usual windows, each tap of which gets from[c] times `factor`; `from` is one pixel of dy
/// after the other.
template <bool Fresh, class T>
COLLAB_NOINLINE void spread_row(const WindowRow& row, View<const T> from, T factor, View<T> image) {
    constexpr int taps = usual_taps<Fresh>;
    T* to[taps];
    row.list(image, to);
    const std::ptrdiff_t step = row.step * image.pixel;
    const long channels = row.channels;
    const T* share_of = from.data;
    for (long w = 0; w < row.count; ++w, share_of += from.pixel) {
        const std::ptrdiff_t at = w * step;
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) {
            const T share = share_of[c] * factor;
            static_for<taps>([&](auto i) COLLAB_LAMBDA_INLINE {
                to[i()][at + c] = Fresh ? share : to[i()][at + c] + share;
            });
        }
    }
}

/// Shares dy out evenly: the backward pass of every average.
template <class T, class Scale>
struct SpreadEvenly {
    const Scale& scale;
    View<const T> dy;
    View<T> dx;
    int channels;

    auto window(long o, Span rows, Span columns, T*) const {
        return [from = dy.data + o * dy.pixel, factor = scale(rows, columns), to_map = dx,
                n = channels](long i, auto fresh) {
            T* to = to_map.data + i * to_map.pixel;
            COLLAB_INDEPENDENT
            for (int c = 0; c < n; ++c)
                to[c] = fresh() ? from[c] * factor : to[c] + from[c] * factor;
        };
    }
    template <bool Fresh>
    void row(long o, const WindowRow& r, long image, std::bool_constant<Fresh>) const {
        spread_row<Fresh, T>(r, {dy.data + o * dy.pixel, dy.pixel}, scale(r.rows, r.columns),
                             {dx.data + image * dx.pixel, dx.pixel});
    }
};
template <class T, class Scale>
COLLAB_COLD void spread_evenly(CpuContext& threads, const PoolShape& shape, const Scale& scale,
                               View<const T> dy, View<T> dx) {
    spread(threads, shape, dx, SpreadEvenly<T, Scale>{scale, dy, dx, shape.in.channels});
}

/// What of `left` an element takes that is the largest, or a NaN; it leaves the rest.
template <class T>
COLLAB_INLINE T take_if_largest(T x, T largest, T& left) {
    const bool taker = (x == largest) | (x != x);
    const T taken = collab::detail::choose<T>(taker, left, T(0));
    left = collab::detail::choose<T>(taker, T(0), left);
    return taken;
}

/// The maps of a maximum's backward pass.
template <class T>
struct LargestMaps {
    View<const T> x, y, dy;
    View<T> dx;
};
/// A row of usual windows: the gradient of each goes to the first of its taps that is as large as
/// y, or a NaN. The maps begin where the row does, those of x and dx where its image does.
template <bool Fresh, class T>
COLLAB_NOINLINE void give_row(const WindowRow& row, const LargestMaps<T>& m) {
    constexpr int taps = usual_taps<Fresh>;
    const T* in[taps];
    T* to[taps];
    row.list(m.x, in);
    row.list(m.dx, to);
    const std::ptrdiff_t step = row.step * m.x.pixel;
    const std::ptrdiff_t to_step = row.step * m.dx.pixel;
    const long channels = row.channels;
    for (long w = 0; w < row.count; ++w) {
        const T* const gradient = m.dy.data + w * m.dy.pixel;
        const T* const largest = m.y.data + w * m.y.pixel;
        COLLAB_INDEPENDENT
        for (long c = 0; c < channels; ++c) {
            T left = gradient[c];
            const T most = largest[c];
            static_for<taps>([&](auto i) COLLAB_LAMBDA_INLINE {
                const T taken = take_if_largest(in[i()][w * step + c], most, left);
                T& target = to[i()][w * to_step + c];
                target = Fresh ? taken : target + taken;
            });
        }
    }
}

/// Gives dy to the largest elements: see max_pool_backward.
template <class T>
struct GiveToLargest {
    LargestMaps<T> m;
    int channels;

    /// What of dy has found no taker yet is dy itself at the first pixel, then what is left in
    /// `room`.
    auto window(long o, Span, Span, T* room) const {
        return [left = m.dy.data + o * m.dy.pixel, top = m.y.data + o * m.y.pixel, room, x = m.x,
                dx = m.dx, n = channels](long i, auto fresh) mutable {
            const T* in = x.data + i * x.pixel;
            T* to = dx.data + i * dx.pixel;
            COLLAB_INDEPENDENT
            for (int c = 0; c < n; ++c) {
                T rest = left[c];
                const T taken = take_if_largest(in[c], top[c], rest);
                to[c] = fresh() ? taken : to[c] + taken;
                room[c] = rest;
            }
            left = room;
        };
    }
    template <bool Fresh>
    void row(long o, const WindowRow& r, long image, std::bool_constant<Fresh>) const {
        const LargestMaps<T> there{{m.x.data + image * m.x.pixel, m.x.pixel},
                                   {m.y.data + o * m.y.pixel, m.y.pixel},
                                   {m.dy.data + o * m.dy.pixel, m.dy.pixel},
                                   {m.dx.data + image * m.dx.pixel, m.dx.pixel}};
        give_row<Fresh, T>(r, there);
    }
};

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
                   detail::GiveToLargest<T>{{x, y, dy, dx}, g.in.channels});
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
