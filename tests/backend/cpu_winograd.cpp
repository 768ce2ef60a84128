// SPDX-License-Identifier: Apache-2.0
// cpu_winograd: the Winograd kernels, called as the convolutions call them, against plain loops in
// double.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/winograd.hpp>
#include <collab/backend/cpu/winograd_gradient.hpp>
#include <collab/core/random.hpp>

using namespace collab;
using namespace collab::backend;
using namespace collab::backend::detail;

namespace {

constexpr double canary = 12345;

struct Case {
    int batch, in, out, height, width, groups, pad;
    std::string name() const {
        return std::to_string(batch) + " images " + std::to_string(height) + "x" +
               std::to_string(width) + ", " + std::to_string(in) + " -> " + std::to_string(out) +
               ", groups " + std::to_string(groups) + ", padding " + std::to_string(pad);
    }
    Convolution convolution() const {
        Convolution g;
        g.batch = batch;
        g.in = {in, height, width};
        g.out = {out, height + 2 * pad - 2, width + 2 * pad - 2};
        g.kernel = {3, 3};
        g.stride = {1, 1};
        g.pad = {pad, pad};
        g.groups = groups;
        return g;
    }
};

const Case cases[] = {
    {3, 1, 1, 1, 1, 1, 1},    {2, 3, 10, 5, 7, 1, 1},    {4, 12, 17, 6, 4, 1, 1},
    {1, 17, 12, 9, 3, 1, 1},  {2, 96, 3, 3, 5, 1, 1},    {3, 16, 96, 8, 8, 1, 1},
    {13, 32, 32, 4, 4, 1, 1}, {2, 16, 16, 13, 32, 1, 1}, {2, 48, 36, 7, 7, 2, 1},
    {5, 20, 64, 2, 1, 1, 1},  {2, 24, 40, 6, 5, 1, 0},   {1, 10, 12, 1, 9, 1, 1},
    {1, 16, 33, 3, 3, 1, 0},  {1, 8, 8, 5, 5, 1, 2},     {1, 160, 144, 7, 6, 1, 1},
    {2, 18, 6, 28, 9, 3, 1},
};

// Pixels with a gap behind their channels, in which nobody may write.
template <class T>
struct Field {
    int pixels;
    int channels;
    int gap = 3;
    std::vector<T> data;
    Field(int n, int c, std::uint64_t seed)
        : pixels(n),
          channels(c),
          data(std::size_t(n) * std::size_t(c + 3), T(canary)) {
        const Random random{seed};
        for (int p = 0; p < n; ++p)
            for (int k = 0; k < c; ++k)
                at(p, k) = uniform<T>(random.word(std::uint64_t(p) * std::uint64_t(c) +
                                                  std::uint64_t(k))) -
                           T(0.5);
    }
    T& at(int p, int k) {
        return data[std::size_t(p) * std::size_t(channels + gap) + std::size_t(k)];
    }
    double get(int p, int k) const {
        return double(data[std::size_t(p) * std::size_t(channels + gap) + std::size_t(k)]);
    }
    bool gaps_untouched() const {
        for (int p = 0; p < pixels; ++p)
            for (int k = channels; k < channels + gap; ++k)
                if (get(p, k) != canary)
                    return false;
        return true;
    }
};

// f(output pixel, output channel, input pixel, input channel, index of the weight) for every
// product of the convolution.
template <class F>
void for_each_product(const Convolution& g, F&& f) {
    const int in = g.in.channels / g.groups;
    const int out = g.out.channels / g.groups;
    const auto multiply = [&](int q, int p, int t) {  // pixels of the result and of the input
        for (int i = 0; i < in; ++i)
            for (int o = 0; o < g.out.channels; ++o)
                f(q, o, p, o / out * in + i, (t * in + i) * g.out.channels + o);
    };
    const auto window = [&](int b, int h, int w) {
        for (int t = 0; t < 9; ++t) {
            const int y = h - g.pad.height + t / 3;
            const int x = w - g.pad.width + t % 3;
            if (y >= 0 && y < g.in.height && x >= 0 && x < g.in.width)
                multiply((b * g.out.height + h) * g.out.width + w,
                         (b * g.in.height + y) * g.in.width + x, t);
        }
    };
    for (int b = 0; b < g.batch; ++b)
        for (int h = 0; h < g.out.height; ++h)
            for (int w = 0; w < g.out.width; ++w)
                window(b, h, w);
}

template <class T>
double relative(const std::vector<double>& expected, const std::vector<double>& found) {
    double difference = 0;
    double size = 1e-30;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        difference += (expected[i] - found[i]) * (expected[i] - found[i]);
        size += expected[i] * expected[i];
    }
    return std::isfinite(difference) ? std::sqrt(difference / size)
                                     : std::numeric_limits<double>::infinity();
}
template <class T>
std::vector<double> values(const Field<T>& f) {
    std::vector<double> v;
    for (int p = 0; p < f.pixels; ++p)
        for (int k = 0; k < f.channels; ++k)
            v.push_back(f.get(p, k));
    return v;
}
template <class T>
constexpr double bound = std::is_same_v<T, float> ? 1e-5 : 1e-13;

// Zero-padded windows of all images of one group, and enough behind the last pixel to be read.
template <class T>
struct Windows {
    int channels;
    std::ptrdiff_t row, image;
    Workspace memory;
    T* data;
    Windows(const ConvGeometry& d, const Field<T>& x, int group) : channels(d.source_channels) {
        const Window w = d.window();
        const int rows = w.height(d.target.height);
        row = std::ptrdiff_t(w.width()) * channels;
        image = rows * row;
        data = memory.get<T>(std::size_t(d.g.batch * image + lanes<T>));
        for (int i = 0; i < d.g.batch; ++i)
            copy_window(
                View<const T>{x.data.data() +
                                  std::ptrdiff_t(i) * d.source.area() * (x.channels + x.gap) +
                                  group * channels,
                              x.channels + x.gap},
                channels, {d.source.height, d.source.width, w.top, rows, w.left, w.width()},
                data + i * image, row);
        // may be read, must not matter
        std::fill_n(data + d.g.batch * image, lanes<T>, std::numeric_limits<T>::quiet_NaN());
    }
    WinogradSource<T> source(const ConvGeometry& d, int edge) const {
        return {data,           channels, row, image, d.g.batch, d.target.height,
                d.target.width, channels, edge};
    }
};

template <class T>
void check_sweep(const Case& c, int edge, bool transposed) {
    INFO(c.name() << ", tiles of " << edge << (transposed ? ", input gradient" : ", forward"));
    const Convolution g = c.convolution();
    const ConvGeometry d(g, transposed);
    const int sources = d.source_channels;
    const int targets = d.target_channels;
    Field<T> x(g.batch * d.source.area(), d.source.channels, 1);
    Field<T> y(g.batch * d.target.area(), d.target.channels, 2);
    Field<T> w(1, g.weights(), 3);
    Field<T> bias(1, d.target.channels, 4);

    std::vector<double> expected(std::size_t(y.pixels * y.channels));
    for (int p = 0; p < y.pixels; ++p)
        for (int k = 0; k < y.channels; ++k)
            expected[std::size_t(p * y.channels + k)] = bias.get(0, k);
    for_each_product(g, [&](int out, int o, int in, int i, int weight) {
        if (transposed)
            expected[std::size_t(in * y.channels + i)] += x.get(out, o) * w.get(0, weight);
        else
            expected[std::size_t(out * y.channels + o)] += x.get(in, i) * w.get(0, weight);
    });

    const Blocks<T> blocks(targets);
    Workspace weights, scratch;
    T* const u = weights.get<T>(winograd_weights_size<T>(edge, sources, targets));
    for (int group = 0; group < g.groups; ++group) {
        for (int b = 0; b < blocks.count(); ++b)
            winograd_weights(edge, d, w.data.data(), group, b,
                             u + winograd_block<T>(edge, sources, b));
        std::vector<T> padded(std::size_t(blocks.padded()), T(0));
        for (int k = 0; k < targets; ++k)
            padded[std::size_t(k)] = bias.at(0, group * targets + k);
        const Windows<T> windows(d, x, group);
        const WinogradSource<T> s = windows.source(d, edge);
        const std::ptrdiff_t pixel = y.channels + y.gap;
        WinogradJob<T> job{s,
                           targets,
                           u,
                           padded.data(),
                           y.data.data() + group * targets,
                           pixel,
                           d.target.width * pixel,
                           d.target.area() * pixel,
                           scratch.get<T>(winograd_scratch<T>(edge, sources, targets, s.tiles()))};
        Prefetcher ahead;
        ahead.add(View<const T>{x.data.data(), 1}, 0, long(x.data.size()));
        job.ahead = &ahead;
        winograd_tiles(job);
    }
    CHECK(relative<T>(expected, values(y)) < bound<T>);
    CHECK(y.gaps_untouched());
}

template <class T>
void check_gradient(const Case& c, int edge) {
    INFO(c.name() << ", tiles of " << edge << ", weight gradient");
    const Convolution g = c.convolution();
    const ConvGeometry d(g, false);
    const int in = d.source_channels;
    const int out = d.target_channels;
    const Field<T> x(g.batch * g.in.area(), g.in.channels, 5);
    const Field<T> dy(g.batch * g.out.area(), g.out.channels, 6);
    Field<T> dw(9 * in, g.out.channels, 7);

    std::vector<double> expected = values(dw);  // the gradient is added
    for_each_product(g, [&](int o_pixel, int o, int i_pixel, int i, int weight) {
        expected[std::size_t(weight)] += x.get(i_pixel, i) * dy.get(o_pixel, o);
    });

    const int parts = std::min(2, g.batch);
    const std::size_t size = winograd_sums_size<T>(edge, in, out);
    Workspace sums, scratch;
    T* const du = sums.get<T>(size * std::size_t(parts));
    // `first` must set all that is used
    std::fill_n(du, size * std::size_t(parts), std::numeric_limits<T>::quiet_NaN());
    for (int group = 0; group < g.groups; ++group) {
        const Windows<T> windows(d, x, group);
        // each part sees several calls where there are enough images
        for (int i = 0; i < g.batch; ++i) {
            WinogradSource<T> s = windows.source(d, edge);
            s.x += i * s.image;
            s.images = 1;
            if (i == g.batch - 2 && i >= parts)
                s.images = 2;
            const std::ptrdiff_t pixel = dy.channels + dy.gap;
            winograd_weight_gradient(WinogradGradientJob<T>{
                s, out, dy.data.data() + i * g.out.area() * pixel + group * out, pixel,
                g.out.width * pixel, g.out.area() * pixel, du + std::size_t(i % parts) * size,
                i < parts, scratch.get<T>(winograd_gradient_scratch<T>(edge, in, out, s.tiles()))});
            i += s.images - 1;
        }
        const std::ptrdiff_t row = dw.channels + dw.gap;
        const int middle = in / 2;
        for (const auto& [from, to] : {std::pair{0, middle}, std::pair{middle, in}})
            winograd_weight_gradient_finish(
                edge, WinogradSums<T>{du, parts, size, in, out}, from, to,
                WeightPlace<T>{dw.data.data() + group * out, in * row, row});
    }
    CHECK(relative<T>(expected, values(dw)) < bound<T>);
    CHECK(dw.gaps_untouched());
}

}  // namespace

TEST_CASE_TEMPLATE("Winograd sweeps compute convolutions", T, float, double) {
    for (const Case& c : cases)
        for (const int edge : {2, 4})
            check_sweep<T>(c, edge, false);
}

TEST_CASE_TEMPLATE("Winograd sweeps compute input gradients", T, float, double) {
    for (const Case& c : cases)
        for (const int edge : {2, 4})
            check_sweep<T>(c, edge, true);
}

TEST_CASE_TEMPLATE("Winograd sums are weight gradients", T, float, double) {
    for (const Case& c : cases)
        for (const int edge : {2, 4})
            check_gradient<T>(c, edge);
}
