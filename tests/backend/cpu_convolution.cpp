// SPDX-License-Identifier: Apache-2.0
// cpu_convolution: every convolution and product of the CPU backend against plain loops in double,
// and the same bits on 1 and 2 threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <collab/backend/cpu/operations_impl.hpp>
#include <collab/core/random.hpp>

using namespace collab;
using backend::Convolution;
using backend::CpuContext;
using backend::Extent;
using backend::Product;

namespace {

constexpr double canary = 12345;

// A map whose pixels lie `gap` elements further apart than they need; the gaps hold a number that
// no kernel may read or write.
template <class T>
struct Field {
    int pixels, channels, gap;
    std::vector<T> data;
    Field(int n, int c, int g, std::uint64_t seed)
        : pixels(n),
          channels(c),
          gap(g),
          data(std::size_t(n) * std::size_t(c + g), T(canary)) {
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
    View<T> view() { return {data.data(), channels + gap}; }
    bool gaps_untouched() const {
        for (int p = 0; p < pixels; ++p)
            for (int k = channels; k < channels + gap; ++k)
                if (get(p, k) != canary)
                    return false;
        return true;
    }
};

template <class T>
std::vector<T> numbers(int n, std::uint64_t seed) {
    return Field<T>(1, n, 0, seed).data;
}

// The largest difference over the largest magnitude.
template <class T>
double error(const std::vector<double>& expected, const Field<T>& found) {
    double worst = 0;
    double largest = 1e-30;
    for (int p = 0; p < found.pixels; ++p)
        for (int k = 0; k < found.channels; ++k) {
            const double e =
                expected[std::size_t(p) * std::size_t(found.channels) + std::size_t(k)];
            const double difference = std::abs(e - found.get(p, k));
            largest = std::max(largest, std::abs(e));
            worst = std::isnan(difference) ? std::numeric_limits<double>::infinity()
                                           : std::max(worst, difference);
        }
    return worst / largest;
}
template <class T>
double error(const std::vector<double>& expected, const std::vector<T>& found) {
    Field<T> f(1, int(found.size()), 0, 0);
    f.data = found;
    return error(expected, f);
}

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;

// f(input pixel, output pixel, place in the kernel) for every pixel that a window sees.
template <class F>
void each_tap(const Convolution& g, F f) {
    const auto window = [&](int b, int h, int w) {
        for (int t = 0; t < g.kernel.area(); ++t) {
            const int ih = h * g.stride.height - g.pad.height + t / g.kernel.width;
            const int iw = w * g.stride.width - g.pad.width + t % g.kernel.width;
            if (ih >= 0 && iw >= 0 && ih < g.in.height && iw < g.in.width)
                f((b * g.in.height + ih) * g.in.width + iw,
                  (b * g.out.height + h) * g.out.width + w, t);
        }
    };
    for (int b = 0; b < g.batch; ++b)
        for (int h = 0; h < g.out.height; ++h)
            for (int w = 0; w < g.out.width; ++w)
                window(b, h, w);
}

// f(input pixel, input channel, output pixel, output channel, weight) for every product of the
// convolution.
template <class F>
void each_product(const Convolution& g, F f) {
    const int in = g.in.channels / g.groups;
    const int out = g.out.channels / g.groups;
    each_tap(g, [&](int p, int q, int t) {
        for (int i = 0; i < in; ++i)
            for (int o = 0; o < g.out.channels; ++o)
                f(p, o / out * in + i, q, o, (t * in + i) * g.out.channels + o);
    });
}

// What a failure names.
std::string text(const Convolution& g) {
    const auto map = [](const Dims& d) {
        return sentence(d.channels, " channels of ", d.height, "x", d.width);
    };
    const auto extent = [](const Extent& e) { return sentence(e.height, "x", e.width); };
    return sentence(g.batch, " samples, ", map(g.in), " to ", map(g.out), ", kernel ",
                    extent(g.kernel), ", stride ", extent(g.stride), ", pad ", extent(g.pad), ", ",
                    g.groups, " groups");
}

// Runs f with one and two threads on copies of `result`, expects the same bits, and leaves the
// result of one.
template <class R, class F>
void on_threads(R& result, F f) {
    R other = result;
    CpuContext one(1);
    CpuContext two(2);
    f(one, result);
    f(two, other);
    if constexpr (requires { result.data.data(); })
        CHECK(std::memcmp(result.data.data(), other.data.data(),
                          result.data.size() * sizeof(result.data[0])) == 0);
    else
        CHECK(std::memcmp(result.data(), other.data(), result.size() * sizeof(result[0])) == 0);
}

template <class T>
COLLAB_NOINLINE void check(const Convolution& g, int x_gap = 0, int y_gap = 0,
                           bool with_bias = true) {
    CAPTURE(text(g));
    CAPTURE(x_gap);
    CAPTURE(y_gap);
    CAPTURE(sizeof(T));
    Field<T> x(g.batch * g.in.area(), g.in.channels, x_gap, 1);
    Field<T> dy(g.batch * g.out.area(), g.out.channels, y_gap, 2);
    Field<T> y(dy.pixels, dy.channels, y_gap, 3);
    Field<T> dx(x.pixels, x.channels, x_gap, 4);
    const std::vector<T> w = numbers<T>(g.weights(), 5);
    const std::vector<T> out_bias = numbers<T>(g.out.channels, 6);
    const std::vector<T> in_bias = numbers<T>(g.in.channels, 7);
    std::vector<T> dw = numbers<T>(g.weights(), 8);

    std::vector<double> y_expected(std::size_t(y.pixels * y.channels));
    std::vector<double> dx_expected(std::size_t(dx.pixels * dx.channels));
    std::vector<double> dw_expected(dw.begin(), dw.end());
    for (std::size_t i = 0; i < y_expected.size(); ++i)
        y_expected[i] = with_bias ? double(out_bias[i % std::size_t(y.channels)]) : 0;
    for (std::size_t i = 0; i < dx_expected.size(); ++i)
        dx_expected[i] = with_bias ? double(in_bias[i % std::size_t(dx.channels)]) : 0;
    each_product(g, [&](int p, int i, int q, int o, int k) {
        const double weight = double(w[std::size_t(k)]);
        const double gradient = dy.get(q, o);
        const double value = x.get(p, i);
        y_expected[std::size_t(q * y.channels + o)] += value * weight;
        dx_expected[std::size_t(p * dx.channels + i)] += gradient * weight;
        dw_expected[std::size_t(k)] += value * gradient;
    });

    on_threads(y, [&](CpuContext& t, Field<T>& r) {
        backend::conv2d<T>(t, g, x.view(), w.data(), with_bias ? out_bias.data() : nullptr,
                           r.view());
    });
    CHECK(error(y_expected, y) < tolerance<T>);
    CHECK(y.gaps_untouched());
    on_threads(dx, [&](CpuContext& t, Field<T>& r) {
        backend::conv2d_input_gradient<T>(t, g, dy.view(), w.data(),
                                          with_bias ? in_bias.data() : nullptr, r.view());
    });
    CHECK(error(dx_expected, dx) < tolerance<T>);
    CHECK(dx.gaps_untouched());
    on_threads(dw, [&](CpuContext& t, std::vector<T>& r) {
        backend::conv2d_weight_gradient<T>(t, g, x.view(), dy.view(), r.data());
    });
    CHECK(error(dw_expected, dw) < tolerance<T>);
}

Convolution square(int batch, int size, int in, int out, int kernel, int stride = 1, int pad = -1,
                   int groups = 1) {
    if (pad < 0)
        pad = kernel / 2;
    const int o = (size + 2 * pad - kernel) / stride + 1;
    return {batch, {in, size, size}, {out, o, o}, {kernel, kernel}, {stride, stride}, {pad, pad},
            groups};
}

}  // namespace

TEST_CASE_TEMPLATE("convolutions of every channel count agree with plain loops", T, float, double) {
    for (int channels : {1, 3, 5, 10, 12, 17, 33, 96}) {
        check<T>(square(3, 5, channels, 16, 3));
        check<T>(square(3, 5, 16, channels, 3), 1, 2);
        check<T>(square(17, 4, channels, channels, 1), 3, 0);
    }
}

TEST_CASE_TEMPLATE("convolutions of every kernel, stride and padding agree with plain loops", T,
                   float, double) {
    for (int kernel : {1, 3, 5, 7})
        for (int stride : {1, 2, 3})
            for (int pad : {0, 1, 2, 3})
                for (int size : {std::max(4, kernel - 2 * pad), 8})
                    check<T>(square(3, size, 3, 5, kernel, stride, pad), pad, stride, pad % 2 == 0);
    check<T>(square(1, 8, 4, 6, 2, 2, 0));
    check<T>(square(3, 9, 4, 6, 2, 4, 0));  // windows that leave pixels out
    check<T>(square(3, 11, 3, 20, 3, 2, 0), 1, 1);
}

TEST_CASE_TEMPLATE("kernels, strides and maps that are not square agree with plain loops", T, float,
                   double) {
    check<T>({3, {5, 5, 7}, {12, 5, 7}, {3, 1}, {1, 1}, {1, 0}, 1});
    check<T>({3, {5, 5, 7}, {12, 3, 7}, {3, 1}, {1, 1}, {0, 0}, 1}, 2, 3);
    check<T>({17, {5, 5, 7}, {12, 5, 7}, {1, 3}, {1, 1}, {0, 1}, 1});
    check<T>({3, {17, 7, 5}, {10, 3, 2}, {3, 3}, {3, 2}, {1, 0}, 1}, 1, 1);
    check<T>({3, {4, 3, 20}, {40, 2, 10}, {2, 5}, {1, 2}, {0, 2}, 1});
    check<T>({3, {6, 5, 7}, {6, 5, 7}, {3, 1}, {1, 1}, {1, 0}, 6}, 1, 2);
}

TEST_CASE_TEMPLATE("maps of every size and batches of every size agree with plain loops", T, float,
                   double) {
    for (int batch : {1, 3, 4, 5, 17})
        for (int size : {1, 2, 3, 4, 7, 14}) {
            check<T>(square(batch, size, 8, 18, 3));
            check<T>(square(batch, size, 6, 4, 3, 2), 2, 1);
            check<T>(square(batch, size, 8, 18, 1, 1, 0), 0, 4);
        }
    check<T>(square(3, 32, 16, 16, 3));
    check<T>(square(3, 32, 3, 33, 5, 2), 1);
    check<T>(square(17, 32, 1, 4, 3));
}

TEST_CASE_TEMPLATE("maps too large for one piece of work agree with plain loops", T, float,
                   double) {
    check<T>(square(2, 70, 24, 20, 3));
    check<T>(square(1, 71, 24, 9, 3, 2), 1, 1);
    check<T>(square(1, 90, 10, 10, 5, 3, 2, 10), 1, 1);
    check<T>({1, {40, 3, 900}, {5, 3, 900}, {3, 3}, {1, 1}, {1, 1}, 1});
}

TEST_CASE_TEMPLATE("gradients of weights with many channels and few samples agree with plain "
                   "loops, whatever the memory holds",
                   T, float, double) {
    CpuContext threads(2);
    for (const Convolution& g :
         {square(4, 32, 64, 12, 3), square(4, 32, 76, 12, 3), square(4, 32, 64, 12, 5),
          square(4, 32, 72, 12, 3, 2), square(2, 40, 128, 8, 1), square(3, 24, 130, 20, 5)}) {
        CAPTURE(g.in.channels);
        CAPTURE(g.in.height);
        CAPTURE(g.kernel.height);
        CAPTURE(g.stride.height);
        Field<T> x(g.batch * g.in.area(), g.in.channels, 0, 1);
        Field<T> dy(g.batch * g.out.area(), g.out.channels, 0, 2);
        std::vector<T> dw(std::size_t(g.weights()));
        std::vector<double> expected(dw.size());
        each_product(g, [&](int p, int i, int q, int o, int k) {
            expected[std::size_t(k)] += dy.get(q, o) * x.get(p, i);
        });
        std::fill_n(threads.shared<T>(1 << 20), 1 << 20, std::numeric_limits<T>::quiet_NaN());
        backend::conv2d_weight_gradient<T>(threads, g, x.view(), dy.view(), dw.data());
        CHECK(error(expected, dw) < tolerance<T>);
    }
}

TEST_CASE_TEMPLATE("long sums that go in chunks agree with plain loops", T, float, double) {
    check<T>(square(3, 1, 7001, 5, 1, 1, 0), 1, 1);
    check<T>(square(2, 4, 1100, 33, 3), 0, 1);
    check<T>(square(5, 1, 40, 6000, 1, 1, 0));
    check<T>(square(5, 1, 900, 700, 1, 1, 0));  // weights beyond the cache
}

TEST_CASE_TEMPLATE("grouped convolutions agree with plain loops", T, float, double) {
    for (int groups : {2, 3, 6}) {
        check<T>(square(3, 7, 12, 18, 3, 1, -1, groups), 1, 2);
        check<T>(square(3, 8, 12, 18, 3, 2, -1, groups));
        check<T>(square(17, 4, 12, 36, 1, 1, 0, groups));
    }
    check<T>(square(3, 5, 34, 70, 3, 1, -1, 2));
}

TEST_CASE_TEMPLATE("depthwise convolutions agree with plain loops, also with a channel multiplier",
                   T, float, double) {
    for (int channels : {2, 5, 16, 33, 96})
        for (int multiplier : {1, 2, 3})
            for (int stride : {1, 2})
                check<T>(square(3, 7, channels, channels * multiplier, 3, stride, -1, channels),
                         channels % 3, multiplier - 1);
    for (int kernel : {1, 5, 7})
        for (int size : {1, 3, 4, 8})
            for (int stride : {1, 3})
                check<T>(square(5, size, 12, 12, kernel, stride, -1, 12), 0, 1);
}

TEST_CASE_TEMPLATE("depthwise 3x3 kernels agree with plain loops on maps of every size, with "
                   "channels that fill registers and that do not",
                   T, float, double) {
    for (int channels : {16, 17, 31, 40})
        for (int height : {1, 2, 3, 4, 7})
            for (int width : {1, 2, 3, 6, 9})
                for (int stride : {1, 2}) {
                    const Dims in{channels, height, width};
                    const Dims out{channels, (height - 1) / stride + 1, (width - 1) / stride + 1};
                    check<T>({3, in, out, {3, 3}, {stride, stride}, {1, 1}, channels}, height % 3,
                             width % 2, width != 3);
                }
    // more rows than one pass of the weight gradient takes
    check<T>(square(2, 61, 80, 80, 3, 1, 1, 80));
    check<T>(square(2, 61, 80, 80, 3, 2, 1, 80), 1, 3);
}

TEST_CASE_TEMPLATE("input pixels that no window reaches have gradient zero, or the bias", T, float,
                   double) {
    const Convolution g = square(2, 8, 3, 4, 1, 3, 0);
    Field<T> dy(2 * g.out.area(), 4, 0, 1);
    Field<T> dx(2 * 64, 3, 0, 2);
    const std::vector<T> w = numbers<T>(12, 3);
    CpuContext threads(1);
    backend::conv2d_input_gradient<T>(threads, g, dy.view(), w.data(), nullptr, dx.view());
    for (int p = 0; p < 128; ++p)
        for (int c = 0; c < 3; ++c)
            if (p % 8 % 3 != 0 || p / 8 % 8 % 3 != 0)
                CHECK(dx.at(p, c) == T(0));
}

namespace {
// A product of `batch` rows; those of x lie `gap` numbers further apart than they need.
template <class T>
void check_product(int batch, int in, int out, int gap) {
    const Product g{batch, in, out};
    CAPTURE(batch);
    CAPTURE(in);
    CAPTURE(out);
    Field<T> x(batch, in, gap, 1);
    Field<T> dy(batch, out, 1, 2);
    Field<T> y(batch, out, 1, 3);
    Field<T> dx(batch, in, gap, 4);
    const std::vector<T> w = numbers<T>(in * out, 5);
    const std::vector<T> bias = numbers<T>(out, 6);
    std::vector<T> dw = numbers<T>(in * out, 7);
    std::vector<T> db = numbers<T>(out, 8);
    std::vector<double> y_expected(std::size_t(batch * out));
    std::vector<double> dx_expected(std::size_t(batch * in));
    std::vector<double> dw_expected(dw.begin(), dw.end());
    std::vector<double> db_expected(db.begin(), db.end());
    for (int b = 0; b < batch; ++b)
        for (int o = 0; o < out; ++o) {
            double sum = double(bias[std::size_t(o)]);
            for (int i = 0; i < in; ++i) {
                const double weight = double(w[std::size_t(i * out + o)]);
                sum += x.get(b, i) * weight;
                dx_expected[std::size_t(b * in + i)] += dy.get(b, o) * weight;
                dw_expected[std::size_t(i * out + o)] += x.get(b, i) * dy.get(b, o);
            }
            y_expected[std::size_t(b * out + o)] = sum;
            db_expected[std::size_t(o)] += dy.get(b, o);
        }
    on_threads(y, [&](CpuContext& t, Field<T>& r) {
        backend::linear<T>(t, g, x.view(), w.data(), bias.data(), r.view());
    });
    CHECK(error(y_expected, y) < tolerance<T>);
    CHECK(y.gaps_untouched());
    on_threads(dx, [&](CpuContext& t, Field<T>& r) {
        backend::linear_input_gradient<T>(t, g, dy.view(), w.data(), r.view());
    });
    CHECK(error(dx_expected, dx) < tolerance<T>);
    CHECK(dx.gaps_untouched());
    on_threads(dw, [&](CpuContext& t, std::vector<T>& r) {
        backend::linear_weight_gradient<T>(t, g, x.view(), dy.view(), r.data());
    });
    CHECK(error(dw_expected, dw) < tolerance<T>);
    on_threads(db, [&](CpuContext& t, std::vector<T>& r) {
        backend::bias_gradient<T>(t, {batch, {out, 1, 1}}, dy.view(), r.data());
    });
    CHECK(error(db_expected, db) < tolerance<T>);
}
}  // namespace

TEST_CASE_TEMPLATE("products agree with plain loops", T, float, double) {
    for (int batch : {1, 3, 9, 17, 128})
        for (const Extent& shape :
             {Extent{1, 1}, {64, 10}, {33, 96}, {200, 65}, {1024, 17}, {512, 70}, {300, 520}})
            // rows 2048 bytes apart, which are copied
            check_product<T>(batch, shape.height, shape.width, shape.height == 512 ? 0 : 2);
}

TEST_CASE("a NaN in the input does not leak into other samples") {
    for (const Convolution& g :
         {square(6, 3, 5, 7, 3), square(5, 8, 5, 20, 3), square(9, 1, 40, 7, 1, 1, 0),
          square(5, 6, 24, 24, 3, 1, 1, 24), square(5, 3, 24, 24, 3, 2, 1, 24)}) {
        Field<float> x(g.batch * g.in.area(), g.in.channels, 1, 1);
        Field<float> y(g.batch * g.out.area(), g.out.channels, 1, 2);
        const std::vector<float> w = numbers<float>(g.weights(), 3);
        for (int p = 2 * g.in.area(); p < 3 * g.in.area(); ++p)
            for (int c = 0; c < g.in.channels; ++c)
                x.at(p, c) = std::nanf("");
        CpuContext threads(1);
        backend::conv2d<float>(threads, g, x.view(), w.data(), nullptr, y.view());
        for (int p = 0; p < y.pixels; ++p)
            for (int c = 0; c < y.channels; ++c)
                CHECK(std::isnan(y.at(p, c)) == (p / g.out.area() == 2));
    }
}

TEST_CASE("after the first call the kernels ask for no more memory") {
    const Convolution g = square(17, 8, 16, 32, 3);
    Field<float> x(g.batch * 64, 16, 0, 1);
    Field<float> y(g.batch * 64, 32, 0, 2);
    const std::vector<float> w = numbers<float>(g.weights(), 3);
    std::vector<float> dw(w.size());
    CpuContext threads(1);
    std::size_t bytes = 0;
    for (int step = 0; step < 3; ++step) {
        backend::conv2d<float>(threads, g, x.view(), w.data(), nullptr, y.view());
        backend::conv2d_input_gradient<float>(threads, g, y.view(), w.data(), nullptr, x.view());
        backend::conv2d_weight_gradient<float>(threads, g, x.view(), y.view(), dw.data());
        if (step == 0)
            bytes = threads.bytes();
        CHECK(threads.bytes() == bytes);
    }
}
