// SPDX-License-Identifier: Apache-2.0
// depthwise_3x3: depthwise convolutions of 3x3 kernels with a padding of one, stride 1 or 2: each
// pixel is loaded once per row of outputs.
//
// Such a layer does nine multiplications per number, so memory decides: a kernel fetches what the
// next rows will write. Kernels walk along rows of whole pixels with one register of channels and
// read the map where it lies; the padding is never stored. Where the channels are no multiple of
// the register, the last register begins earlier and shares channels with the one before, which
// come out the same twice.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <collab/backend/cpu/conv_geometry.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/epilogue.hpp>
#include <collab/backend/cpu/input_transform.hpp>
#include <collab/backend/cpu/prefetch.hpp>
#include <collab/backend/cpu/vector.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend::detail {

/// Whether the kernels of this file apply: the rest is for depthwise_sweeps.
template <class T>
bool is_depthwise_3x3(const Convolution& g) {
    const int s = g.stride.height;
    return g.kernel == Extent{3, 3} && g.pad == Extent{1, 1} && g.stride.width == s &&
           (s == 1 || s == 2) && g.in.channels == g.out.channels && g.in.channels >= lanes<T> &&
           g.out.height == (g.in.height - 1) / s + 1 && g.out.width == (g.in.width - 1) / s + 1;
}

/// Registers of channels: register i begins at channel begin(i).
template <class T>
struct ChannelRegisters {
    int channels, count;
    explicit ChannelRegisters(int c) : channels(c), count(ceil_div(c, lanes<T>)) {}
    int begin(int i) const { return std::min(i * lanes<T>, channels - lanes<T>); }
};

/// One row of a map as a kernel walks along it: pixels `step` apart. A row of the padding is one
/// pixel of zeros with a step of zero.
template <class T>
struct Line {
    const T* at;
    std::ptrdiff_t step;
};

/// The rows [first, end) of one image; all other rows are padding.
template <class T>
struct Lines {
    const T* data;
    std::ptrdiff_t pixel;
    int first, end, width;
    Line<T> operator()(int h, int c) const {
        alignas(64) static constexpr T zeros[lanes<T>] = {};
        if (h < first || h >= end)
            return {zeros, 0};
        return {data + std::ptrdiff_t(h - first) * width * pixel + c, pixel};
    }
};

/// How a map is cut for these kernels: rows of one image whose source stays in the second-level
/// cache. Depends on the geometry only.
struct RowUnits {
    int batch, rows, each, bands;
    /// `row_bytes`: of the source, per row; a unit has whole steps of `step` rows.
    RowUnits(int images, int all, std::size_t row_bytes, int step)
        : batch(images),
          rows(all),
          each(std::clamp(int((std::size_t(128) << 10) / row_bytes) / step * step, step,
                          round_up(all, step))),
          bands(ceil_div(all, each)) {}
    int count() const { return batch * bands; }
    int image(int u) const { return u / bands; }
    int first(int u) const { return u % bands * each; }
    int last(int u) const { return std::min(rows, first(u) + each); }
};

/// Elements of memory that source_lines may need for `rows` rows.
template <class T>
std::size_t lines_room(const InputTransform<T>& x, const Dims& map, int rows) {
    return x.plain() ? 0
                     : whole_lines<T>(std::size_t(std::min(rows, map.height)) *
                                      std::size_t(map.width) * std::size_t(map.channels));
}
/// Source rows [top, bottom) of an image as the kernels read them: where they lie, or formed into
/// `room`.
template <class T>
Lines<T> source_lines(const InputTransform<T>& x, const Dims& map, int image, int top, int bottom,
                      T* room) {
    top = std::clamp(top, 0, map.height);
    bottom = std::clamp(bottom, top, map.height);
    const std::ptrdiff_t first =
        std::ptrdiff_t(image) * map.area() + std::ptrdiff_t(top) * map.width;
    if (x.plain())
        return {x.x.data + first * x.x.pixel, x.x.pixel, top, bottom, map.width};
    load_pixels(x, first, 0, map.channels, long(bottom - top) * map.width, room, map.channels);
    return {room, map.channels, top, bottom, map.width};
}

/// Where nine taps of one register of channels lie, `step` apart; negative for those of a gradient,
/// which are flipped.
template <class T>
struct Taps {
    const T* first;
    std::ptrdiff_t step;
    const T* bias;  ///< may be null
};

/// The same in registers.
template <class T>
struct LoadedTaps {
    Vector<T> at[3][3], bias;
    COLLAB_INLINE explicit LoadedTaps(const Taps<T>& t) {
        inline_loop<3>([&](int k) COLLAB_LAMBDA_INLINE {
            inline_loop<3>([&](int q) COLLAB_LAMBDA_INLINE {
                at[k][q] = load(t.first + (k * 3 + q) * t.step);
            });
        });
        if (t.bias)
            bias = load(t.bias);
        else
            bias = Vector<T>{};
    }
};

/// R neighboring rows of `width` outputs of stride 1 from R + 2 rows of the source. Each loaded
/// pixel goes into three outputs of each row.
template <class T, int R>
COLLAB_NOINLINE void depthwise_lines(const Taps<T>& t, const Lines<T>& x, int h, int c, int width,
                                     T* y, std::ptrdiff_t y_pixel) {
    const std::ptrdiff_t y_row = width * y_pixel;
    Line<T> line[R + 2];
    for (int k = 0; k < R + 2; ++k)
        line[k] = x(h - 1 + k, c);
    const LoadedTaps<T> w(t);
    Vector<T> before[R], here[R];  // the sums of outputs p - 1 and p; those of p + 1 begin at p
    inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE {
        before[r] = Vector<T>{};
        here[r] = w.bias;
    });
    const auto column = [&](auto first) COLLAB_LAMBDA_INLINE {
        Vector<T> v[R + 2], after[R];
        inline_loop<R + 2>([&](int k) COLLAB_LAMBDA_INLINE {
            v[k] = load(line[k].at);
            line[k].at += line[k].step;
        });
        inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE {
            after[r] = w.bias;
            inline_loop<3>([&](int k) COLLAB_LAMBDA_INLINE {
                if constexpr (!first())
                    add_product(before[r], v[r + k], w.at[k][2]);
                add_product(here[r], v[r + k], w.at[k][1]);
                add_product(after[r], v[r + k], w.at[k][0]);
            });
            if constexpr (!first()) {
                store(y + r * y_row, before[r]);
                fetch_to_write(y + (R + r) * y_row);
            }
            before[r] = here[r];
            here[r] = after[r];
        });
        if constexpr (!first())
            y += y_pixel;
    };
    column(Index<1>{});
    for (int p = 1; p < width; ++p)
        column(Index<0>{});
    inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE { store(y + r * y_row, before[r]); });
}

/// The same of stride 2, from 2 R + 1 rows. Output n meets columns 2n - 1, 2n and 2n + 1.
template <class T, int R>
COLLAB_NOINLINE void depthwise_lines_2(const Taps<T>& t, const Lines<T>& x, int h, int c, int width,
                                       T* y, std::ptrdiff_t y_pixel) {
    const std::ptrdiff_t y_row = width * y_pixel;
    constexpr int rows = 2 * R + 1;
    Line<T> line[rows];
    for (int k = 0; k < rows; ++k)
        line[k] = x(2 * h - 1 + k, c);
    const LoadedTaps<T> w(t);
    Vector<T> sum[R];
    inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE { sum[r] = w.bias; });
    const auto even = [&]() COLLAB_LAMBDA_INLINE {
        Vector<T> v[rows];
        inline_loop<rows>([&](int k) COLLAB_LAMBDA_INLINE {
            v[k] = load(line[k].at);
            line[k].at += line[k].step;
        });
        inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE {
            inline_loop<3>(
                [&](int k) COLLAB_LAMBDA_INLINE { add_product(sum[r], v[2 * r + k], w.at[k][1]); });
        });
    };
    const int pairs = x.width / 2;
    for (int n = 0; n < pairs; ++n, y += y_pixel) {
        even();
        Vector<T> v[rows], after[R];
        inline_loop<rows>([&](int k) COLLAB_LAMBDA_INLINE {
            v[k] = load(line[k].at);
            line[k].at += line[k].step;
        });
        inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE {
            after[r] = w.bias;
            inline_loop<3>([&](int k) COLLAB_LAMBDA_INLINE {
                add_product(sum[r], v[2 * r + k], w.at[k][2]);
                add_product(after[r], v[2 * r + k], w.at[k][0]);
            });
            store(y + r * y_row, sum[r]);
            fetch_to_write(y + (R + r) * y_row);
            sum[r] = after[r];
        });
    }
    if (pairs == width)
        return;
    even();
    inline_loop<R>([&](int r) COLLAB_LAMBDA_INLINE { store(y + r * y_row, sum[r]); });
}

/// Rows 2m and 2m + 1 (if `both`) of the gradient of the input of stride 2, from rows m and m + 1
/// of dy: 2x2 numbers from 2x2. `t` is not flipped.
template <class T>
COLLAB_NOINLINE void depthwise_gradient_lines_2(const Taps<T>& t, const Lines<T>& dy, int m, int c,
                                                int width, bool both, T* y,
                                                std::ptrdiff_t y_pixel) {
    const std::ptrdiff_t y_row = both ? width * y_pixel : 0;
    Line<T> up = dy(m, c);
    Line<T> down = dy(m + 1, c);
    const LoadedTaps<T> w(t);
    const auto next = [](Line<T>& l) COLLAB_LAMBDA_INLINE {
        const Vector<T> v = load(l.at);
        l.at += l.step;
        return v;
    };
    Vector<T> a = next(up);
    Vector<T> b = next(down);
    for (int n = 0; n < dy.width; ++n, y += 2 * y_pixel) {
        const bool last = n + 1 == dy.width;
        Vector<T> a1 = {};
        Vector<T> b1 = {};
        if (!last) {
            a1 = next(up);
            b1 = next(down);
        }
        Vector<T> y00 = w.bias;
        Vector<T> y01 = w.bias;
        Vector<T> y10 = w.bias;
        Vector<T> y11 = w.bias;
        add_product(y00, a, w.at[1][1]);
        add_product(y01, a1, w.at[1][0]);
        add_product(y01, a, w.at[1][2]);
        add_product(y10, b, w.at[0][1]);
        add_product(y10, a, w.at[2][1]);
        add_product(y11, b1, w.at[0][0]);
        add_product(y11, b, w.at[0][2]);
        add_product(y11, a1, w.at[2][0]);
        add_product(y11, a, w.at[2][2]);
        const bool right = !last || width % 2 == 0;
        if (both) {
            store(y + y_row, y10);
            fetch_to_write(y + 3 * y_row);
            fetch_to_write(y + 3 * y_row + y_pixel);
            if (right)
                store(y + y_row + y_pixel, y11);
        }
        store(y, y00);
        fetch_to_write(y + 2 * y_row);
        fetch_to_write(y + 2 * y_row + y_pixel);
        if (right)
            store(y + y_pixel, y01);
        a = a1;
        b = b1;
    }
}

/// Rows of the loop over outputs: how many at once, and how many rows of the source and of the
/// target belong to one.
struct DepthwiseSteps {
    int step, ratio, every;
    DepthwiseSteps(const Convolution& g, bool transposed)
        : step(transposed && g.stride.height == 2 ? 1 : 2),
          ratio(transposed ? 1 : g.stride.height),
          every(transposed && g.stride.height == 2 ? 2 : 1) {}
};

/// Rows [first, last) of the loop over outputs of one image.
template <class T>
void depthwise_unit(const Convolution& g, bool transposed, const ChannelRegisters<T>& registers,
                    const Lines<T>& lines, const T* w, const T* bias, int image, int first,
                    int last, View<T> y) {
    const Dims target = transposed ? g.in : g.out;
    const DepthwiseSteps steps(g, transposed);
    const int stride = g.stride.height;
    const int channels = registers.channels;
    const bool flipped = transposed && stride == 1;
    for (int h = first; h < last; h += steps.step) {
        T* const out = y.data + (std::ptrdiff_t(image) * target.area() +
                                 std::ptrdiff_t(h) * steps.every * target.width) *
                                    y.pixel;
        for (int i = 0; i < registers.count; ++i) {
            const int c = registers.begin(i);
            const Taps<T> taps{w + c + (flipped ? 8 * std::ptrdiff_t(channels) : 0),
                               flipped ? -channels : channels, bias ? bias + c : nullptr};
            if (steps.step == 1)
                depthwise_gradient_lines_2(taps, lines, h, c, target.width,
                                           2 * h + 1 < target.height, out + c, y.pixel);
            else if (stride == 1 && h + 2 <= last)
                depthwise_lines<T, 2>(taps, lines, h, c, target.width, out + c, y.pixel);
            else if (stride == 1)
                depthwise_lines<T, 1>(taps, lines, h, c, target.width, out + c, y.pixel);
            else if (h + 2 <= last)
                depthwise_lines_2<T, 2>(taps, lines, h, c, target.width, out + c, y.pixel);
            else
                depthwise_lines_2<T, 1>(taps, lines, h, c, target.width, out + c, y.pixel);
        }
    }
}

/// y = x * w, or with `transposed` the gradient of the input from that of the output. Returns the
/// number of parts that have sums in `after`.
template <class T>
COLLAB_COLD int depthwise_3x3(CpuContext& threads, const Convolution& g, bool transposed,
                              const InputTransform<T>& x, const T* w, const T* bias,
                              Epilogue<T>& after) {
    const Dims source = transposed ? g.out : g.in;
    const Dims target = transposed ? g.in : g.out;
    const DepthwiseSteps steps(g, transposed);
    const int channels = target.channels;
    const int ratio = steps.ratio;
    const ChannelRegisters<T> registers(channels);
    const RowUnits units(g.batch, steps.every == 2 ? source.height : target.height,
                         sizeof(T) * std::size_t(source.width) * std::size_t(channels) *
                             std::size_t(ratio),
                         steps.step);
    const int parts = std::min(units.count(), 64);
    if (after.run)
        after.zero_sums(threads, parts);
    const std::size_t room = lines_room(x, source, (units.each - 1) * ratio + 3);
    threads.run(parts, [&](int part) {
        T* const formed = threads.scratch<T>(room);
        for (int u = part_begin(units.count(), parts, part);
             u < part_begin(units.count(), parts, part + 1); ++u) {
            const int image = units.image(u);
            const int first = units.first(u);
            const int last = units.last(u);
            const Lines<T> lines =
                source_lines(x, source, image, first * ratio - 1, (last - 1) * ratio + 2, formed);
            depthwise_unit(g, transposed, registers, lines, w, bias, image, first, last, after.y);
            if (!after.run)
                continue;
            const int top = first * steps.every;
            const int bottom = std::min(last * steps.every, target.height);
            after.run(after, part, (long(image) * target.height + top) * target.width,
                      long(bottom - top) * target.width, 0, channels);
        }
    });
    return parts;
}

/// Adds to sums[tap][L] what rows [first, last) of dy contribute to one register of channels,
/// `sum_step` between taps.
template <class T, int Stride>
COLLAB_NOINLINE void depthwise_3x3_sums(const Lines<T>& x, const Lines<T>& dy, int first, int last,
                                        int c, T* sums, std::ptrdiff_t sum_step) {
    Vector<T> acc[3][3];
    const auto each = [&](auto f) COLLAB_LAMBDA_INLINE {
        inline_loop<3>([&](int k) COLLAB_LAMBDA_INLINE {
            inline_loop<3>([&](int q) COLLAB_LAMBDA_INLINE { f(k, q); });
        });
    };
    each([&](auto k, auto q)
             COLLAB_LAMBDA_INLINE { acc[k][q] = load(sums + (k * 3 + q) * sum_step); });
    for (int h = first; h < last; ++h) {
        const Line<T> d = dy(h, c);
        const T* pd = d.at;
        Line<T> line[3];
        for (int k = 0; k < 3; ++k)
            line[k] = x(h * Stride - 1 + k, c);
        const std::ptrdiff_t s0 = line[0].step;
        const std::ptrdiff_t s1 = line[1].step;
        const std::ptrdiff_t s2 = line[2].step;
        const T* p0 = line[0].at;
        const T* p1 = line[1].at;
        const T* p2 = line[2].at;  // column Stride * w
        const auto output = [&](auto from, auto to) COLLAB_LAMBDA_INLINE {
            const Vector<T> v = load(pd);
            inline_for<3>([&](auto q) COLLAB_LAMBDA_INLINE {
                if constexpr (q() >= from() && q() < to()) {
                    add_product(acc[0][q], load(p0 + (q - 1) * s0), v);
                    add_product(acc[1][q], load(p1 + (q - 1) * s1), v);
                    add_product(acc[2][q], load(p2 + (q - 1) * s2), v);
                }
            });
            pd += d.step;
            p0 += Stride * s0;
            p1 += Stride * s1;
            p2 += Stride * s2;
        };
        // the last output meets the source with its last tap
        const bool right = (dy.width - 1) * Stride + 1 < x.width;
        if (dy.width == 1) {
            if (right)
                output(Index<1>{}, Index<3>{});
            else
                output(Index<1>{}, Index<2>{});
            continue;
        }
        output(Index<1>{}, Index<3>{});
        for (int w = 1; w + 1 < dy.width; ++w)
            output(Index<0>{}, Index<3>{});
        if (right)
            output(Index<0>{}, Index<3>{});
        else
            output(Index<0>{}, Index<2>{});
    }
    each([&](auto k, auto q)
             COLLAB_LAMBDA_INLINE { store(sums + (k * 3 + q) * sum_step, acc[k][q]); });
}

/// The sums of one part of the batch, [tap][register], and how the rows of outputs are cut for
/// them.
template <class T>
struct DepthwiseSums3x3 {
    const Convolution& g;
    ChannelRegisters<T> registers;
    std::size_t row_bytes;
    /// few rows at a time, so that those that the next register of channels reads are still in the
    /// cache
    int band;
    std::ptrdiff_t step;
    explicit DepthwiseSums3x3(const Convolution& geometry)
        : g(geometry),
          registers(g.out.channels),
          row_bytes(sizeof(T) * std::size_t(g.in.width) * std::size_t(g.out.channels) *
                    std::size_t(g.stride.height)),
          band(std::clamp(int(16384 / row_bytes), 1, g.out.height)),
          step(std::ptrdiff_t(registers.count) * lanes<T>) {}
    std::size_t size() const { return std::size_t(9 * step); }
    /// Adds rows [first, end) of outputs.
    void add(const Lines<T>& x, const Lines<T>& dy, int first, int end, T* sums) const {
        for (int last; first < end; first = last) {
            last = std::min(first + band, end);
            for (int i = 0; i < registers.count; ++i) {
                if (g.stride.height == 1)
                    depthwise_3x3_sums<T, 1>(x, dy, first, last, registers.begin(i),
                                             sums + i * lanes<T>, step);
                else
                    depthwise_3x3_sums<T, 2>(x, dy, first, last, registers.begin(i),
                                             sums + i * lanes<T>, step);
            }
        }
    }
    /// Adds the sums of all parts to dw.
    void finish(const T* partial, int parts, T* dw) const {
        constexpr int L = lanes<T>;
        for (int part = 0; part < parts; ++part)
            for (int tap = 0; tap < 9; ++tap)
                // of channels in two registers, the second has what the first has
                for (int i = 0; i < registers.count; ++i) {
                    const T* from =
                        partial + std::size_t(part) * size() + std::size_t(tap * step + i * L);
                    for (int c = i * L; c < std::min((i + 1) * L, registers.channels); ++c)
                        dw[std::ptrdiff_t(tap) * registers.channels + c] +=
                            from[c - registers.begin(i)];
                }
    }
};

/// Adds to dw.
template <class T>
COLLAB_COLD void depthwise_3x3_weight_gradient(CpuContext& threads, const Convolution& g,
                                               const InputTransform<T>& x,
                                               const InputTransform<T>& dy, T* dw) {
    const DepthwiseSums3x3<T> all(g);
    const int stride = g.stride.height;
    const RowUnits units(g.batch, g.out.height, all.row_bytes, all.band);
    const int parts = std::min(units.count(), 16);
    T* const partial = threads.shared<T>(std::size_t(parts) * all.size());
    const std::size_t x_room = lines_room(x, g.in, (units.each - 1) * stride + 3);
    const std::size_t dy_room = lines_room(dy, g.out, units.each);
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
            all.add(source, source_lines(dy, g.out, image, first, last, formed + x_room), first,
                    last, sums);
        }
    });
    all.finish(partial, parts, dw);
}

}  // namespace collab::backend::detail
