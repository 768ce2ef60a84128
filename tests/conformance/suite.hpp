// SPDX-License-Identifier: Apache-2.0
// suite: holds a backend to the meaning that Reference<double> gives to every operation of backend/concepts.hpp.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/concepts.hpp>
#include <collab/core/error.hpp>

#include "trial.hpp"

namespace collab::conformance {

using backend::Convolution;
using backend::Extent;
using backend::Map;
using backend::Normalisation;
using backend::Pooling;
using backend::Product;

constexpr int batches[] = {1, 3, 17};
constexpr int channels[] = {1, 3, 10, 17, 33};
constexpr Extent extents[] = {{1, 1}, {4, 4}, {5, 7}, {8, 8}, {14, 14}};

inline std::string text(const Map& m) {
    return sentence(m.batch, " maps of ", m.dims.channels, "x", m.dims.height, "x", m.dims.width);
}
template <class G>
std::string text(const char* what, const G& g) {
    return sentence(what, " of ", text(Map{g.batch, g.in}), " to ", text(Map{g.batch, g.out}), ", kernel ", g.kernel.height, "x", g.kernel.width, ", stride ",
                    g.stride.height, "x", g.stride.width, ", padding ", g.pad.height, "x", g.pad.width);
}

/// Every extent with every number of channels; batches in turn.
inline std::vector<Map> maps() {
    std::vector<Map> all;
    for (const Extent& e : extents)
        for (const int c : channels) all.push_back({batches[all.size() % 3], {c, e.height, e.width}});
    return all;
}
/// The extent that a window gives, 0 where it does not fit into the padded map.
constexpr int windows(int in, int kernel, int stride, int pad) { return in + 2 * pad < kernel ? 0 : (in + 2 * pad - kernel) / stride + 1; }

struct Square {   // function objects, since a GPU compiler takes no others from a host's header
    template <class T>
    struct Each {
        T* y;
        COLLAB_HD void operator()(std::size_t i) const { y[i] = y[i] * y[i] + T(i % 5); }
    };
    template <class T>
    struct Row {
        T* y;
        int n;
        COLLAB_HD void operator()(int row) const {
            for (int i = 0; i < n; ++i) y[row * n + i] += T(row);
        }
    };
};

template <class B>
void memory(const Check<B>& check) {
    using T = typename B::Scalar;
    auto owner = check.one.template allocate<T>(1000);
    CHECK(owner.size() == 1000);
    std::vector<T> host(1000, T(1));
    check.one.download(owner.data(), host.size(), host.data());
    CHECK(host == std::vector<T>(1000, T(0)));
    auto moved = std::move(owner);
    check.one.fill(999, T(3), moved.data());
    check.one.download(moved.data(), host.size(), host.data());
    CHECK(std::count(host.begin(), host.end(), T(3)) == 999);
    CHECK(host[999] == T(0));

    for (const Map& map : maps()) {
        check("copy of " + text(map), [&](auto& b, auto& t) { b.copy(map, t.in("x", map), t.out("y", map)); });
        check("add of " + text(map), [&](auto& b, auto& t) { b.add(map, t.in("x", map), t.inout("y", map)); });
    }
    for (const int n : {0, 1, 7, 1000, 100003}) {
        check(sentence("sum of ", n), [&](auto& b, auto& t) { t.result("sum", b.sum(std::size_t(n), t.in("p", n, Range{-1, 2}))); });
        check(sentence("fill of ", n), [&](auto& b, auto& t) { b.fill(std::size_t(n), t.number(2.5), t.out("y", n)); });
        check(sentence("for_each of ", n), [&](auto& b, auto& t) {
            auto* y = t.inout("y", n);
            b.for_each(std::size_t(n), Square::Each<std::remove_reference_t<decltype(*y)>>{y});
        });
        check(sentence("for_rows of ", n / 7), [&](auto& b, auto& t) {
            auto* y = t.inout("y", n);
            b.for_rows(n / 7, Square::Row<std::remove_reference_t<decltype(*y)>>{y, 7});
        });
    }
}

/// Kernels, strides and paddings on every extent they fit, channels and batches in turn; then groups, and sizes that fill registers and blocks.
inline std::vector<Convolution> convolutions() {
    struct Kernel { Extent kernel, stride, pad; };
    constexpr Kernel kernels[] = {{{1, 1}, {1, 1}, {0, 0}}, {{3, 3}, {1, 1}, {1, 1}}, {{3, 3}, {2, 2}, {1, 1}}, {{1, 1}, {2, 2}, {0, 0}}, {{2, 2}, {2, 2}, {0, 0}},
                                  {{5, 5}, {1, 1}, {2, 2}}, {{7, 7}, {2, 2}, {3, 3}}, {{3, 3}, {1, 1}, {0, 0}}, {{1, 3}, {1, 1}, {0, 1}}, {{4, 3}, {2, 1}, {1, 2}},
                                  {{3, 3}, {3, 2}, {0, 1}}};
    std::vector<Convolution> all;
    const auto put = [&](int batch, int in, int out, Extent e, const Kernel& k, int groups) {
        const int h = windows(e.height, k.kernel.height, k.stride.height, k.pad.height), w = windows(e.width, k.kernel.width, k.stride.width, k.pad.width);
        if (double(h) * w * k.kernel.area() * in * out > 5e5) batch = std::min(batch, 3);   // the loops of the reference take their time
        if (h > 0 && w > 0) all.push_back({batch, {in, e.height, e.width}, {out, h, w}, k.kernel, k.stride, k.pad, groups});
    };
    for (const Kernel& k : kernels)
        for (const Extent& e : extents) {
            const std::size_t n = all.size();
            put(batches[n % 3], channels[n % 5], channels[(n / 5 + 2 * n) % 5], e, k, 1);
            put(batches[(n + 2) % 3], channels[(n + 3) % 5], channels[(n + 4) % 5], e, k, 1);
        }
    for (const Extent& e : extents)
        for (const Kernel& k : {kernels[1], kernels[2], kernels[0]}) {
            put(3, 6, 4, e, k, 2);
            put(1, 9, 15, e, k, 3);
            put(3, 10, 10, e, k, 10);
            put(17, 33, 33, e, k, 33);
            put(1, 3, 6, e, k, 3);
        }
    put(3, 64, 64, {8, 8}, kernels[1], 1);
    put(2, 128, 20, {7, 7}, kernels[0], 1);
    put(2, 16, 32, {32, 32}, kernels[2], 1);
    put(2, 3, 16, {32, 32}, kernels[1], 1);
    return all;
}

template <class B>
void convolution(const Check<B>& check) {
    for (const Convolution& g : convolutions()) {
        const Map in{g.batch, g.in}, out{g.batch, g.out};
        const std::string what = text("", g) + sentence(", ", g.groups, " groups");
        check("conv2d" + what, [&](auto& b, auto& t) { b.conv2d(g, t.in("x", in), t.in("w", g.weights()), t.in("bias", g.out.channels), t.out("y", out)); });
        check("conv2d without bias" + what, [&](auto& b, auto& t) { b.conv2d(g, t.in("x", in), t.in("w", g.weights()), nullptr, t.out("y", out)); });
        check("conv2d_input_gradient" + what, [&](auto& b, auto& t) { b.conv2d_input_gradient(g, t.in("dy", out), t.in("w", g.weights()), nullptr, t.out("dx", in)); });
        check("conv2d_input_gradient with bias" + what,
              [&](auto& b, auto& t) { b.conv2d_input_gradient(g, t.in("dy", out), t.in("w", g.weights()), t.in("bias", g.in.channels), t.out("dx", in)); });
        check("conv2d_weight_gradient" + what, [&](auto& b, auto& t) { b.conv2d_weight_gradient(g, t.in("x", in), t.in("dy", out), t.inout("dw", g.weights())); });
    }
    for (const Map& map : maps())
        check("bias_gradient of " + text(map), [&](auto& b, auto& t) { b.bias_gradient(map, t.in("dy", map), t.inout("db", map.dims.channels)); });
}

template <class B>
void product(const Check<B>& check) {
    constexpr int sizes[] = {1, 3, 10, 17, 33, 200};
    std::vector<Product> all{{130, 64, 128}, {128, 300, 10}};
    for (const int in : sizes)
        for (const int out : sizes) all.push_back({batches[all.size() % 3], in, out});
    for (const Product& g : all) {
        const Map in{g.batch, {g.in, 1, 1}}, out{g.batch, {g.out, 1, 1}};
        const std::string what = sentence(" of ", g.batch, " rows, ", g.in, " to ", g.out);
        check("linear" + what, [&](auto& b, auto& t) { b.linear(g, t.in("x", in), t.in("w", g.in * g.out), t.in("bias", g.out), t.out("y", out)); });
        check("linear without bias" + what, [&](auto& b, auto& t) { b.linear(g, t.in("x", in), t.in("w", g.in * g.out), nullptr, t.out("y", out)); });
        check("linear_input_gradient" + what, [&](auto& b, auto& t) { b.linear_input_gradient(g, t.in("dy", out), t.in("w", g.in * g.out), t.out("dx", in)); });
        check("linear_weight_gradient" + what, [&](auto& b, auto& t) { b.linear_weight_gradient(g, t.in("x", in), t.in("dy", out), t.inout("dw", g.in * g.out)); });
    }
}

/// each(name, f) for every activation.
template <class F>
void for_activations(F each) {
    each("identity", Identity{});
    each("relu", ReluFunction{});
    each("elu", EluFunction{});
    each("leaky relu", LeakyReluFunction{0.2});
    each("sigmoid", SigmoidFunction{});
}

template <class B>
void activation(const Check<B>& check) {
    for_activations([&](const std::string& name, auto f) {
        for (const Map& map : maps()) {
            const std::string what = name + " of " + text(map);
            check(what, [&](auto& b, auto& t) { b.activate(map, f, t.in("x", map, Range{-3, 3}), t.out("y", map)); });
            check(what + ", in place", [&](auto& b, auto& t) {
                const auto [x, y] = t.in_place("y", map);
                b.activate(map, f, x, y);
            });
            check(what + ", backward", [&](auto& b, auto& t) { b.activate_backward(map, f, t.in("y", map), t.in("dy", map), t.out("dx", map)); });
            check(what + ", backward in place", [&](auto& b, auto& t) {
                const auto y = t.in("y", map);
                const auto [dy, dx] = t.in_place("dx", map);
                b.activate_backward(map, f, y, dy, dx);
            });
        }
        constexpr double smallest = 1e-30;   // a sigmoid need not go on beyond the smallest floats
        for (const double x : {0.0, -0.0, 1e-6, -1e-6, 20.0, -20.0, 1e4, -1e4, std::numeric_limits<double>::quiet_NaN()}) {
            const Map map{1, {19, 1, 1}};
            check(name + " of " + std::to_string(x), [&](auto& b, auto& t) { b.activate(map, f, t.in("x", map, std::vector<double>(19, x)), t.out("y", map, smallest)); });
        }
    });
}

/// A batch whose channels differ in mean and deviation, and what the forward pass keeps of it: rounded once, so that all backends begin alike.
template <class S, class F>
struct Normalised {
    std::vector<double> x, y, gamma, beta, saved;
    double amplification = 0;   // the largest gamma / deviation

    Normalised(const Map& map, const Normalisation& n, F f) : x(numbers(map.size(), "x")) {
        const int c = map.dims.channels;
        gamma = numbers(c, "gamma", {0.5, 1.5}), beta = numbers(c, "beta");
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double k = double(i % std::size_t(c)) / c;
            x[i] = double(S(k + (0.5 + k) * x[i]));
        }
        for (auto* v : {&gamma, &beta})
            for (double& d : *v) d = double(S(d));
        std::vector<double> mean(gamma.size()), variance(gamma.size());
        y.resize(x.size()), saved.resize(2 * gamma.size());
        Reference<double>{}.batch_norm(map, n, f, {x.data(), c}, gamma.data(), beta.data(), mean.data(), variance.data(), saved.data(), {y.data(), c});
        for (std::size_t i = 0; i < gamma.size(); ++i) amplification = std::max(amplification, gamma[i] * saved[gamma.size() + i]);
    }
};

/// Batch normalisation subtracts: x - mean forwards, three gradients backwards, and divides by the deviation, which is about
/// sqrt(epsilon) where a channel has one pixel. Rounding x alone moves the result by (rounding of x) gamma / deviation, so
/// errors count relative to that scale, not to a result that may be all zeroes.
template <class B>
void normalisation(const Check<B>& check) {
    for_activations([&](const std::string& name, auto f) {
        for (const Map& map : maps()) {
            const Normalisation n{1e-3, 0.1};
            const Normalised<typename B::Scalar, decltype(f)> data(map, n, f);
            const int c = map.dims.channels;
            const double scale = data.amplification;
            const std::string what = "batch_norm and " + name + " of " + text(map);
            check(what, [&](auto& b, auto& t) {
                b.batch_norm(map, n, f, t.in("x", map, data.x), t.in("gamma", c, data.gamma), t.in("beta", c, data.beta), t.inout("running mean", c),
                             t.inout("running variance", c), t.out("mean and inverse deviation", 2 * c, 0, 2), t.out("y", map, scale));
            });
            check(what + ", inference", [&](auto& b, auto& t) {
                b.batch_norm_inference(map, n, f, t.in("x", map, data.x), t.in("gamma", c, data.gamma), t.in("beta", c, data.beta), t.in("mean", c), t.in("variance", c, Range{0.5, 2}), t.out("y", map));
            });
            check(what + ", backward", [&](auto& b, auto& t) {
                b.batch_norm_backward(map, f, t.in("x", map, data.x), t.in("y", map, data.y), t.in("dy", map), t.in("gamma", c, data.gamma), t.in("saved", 2 * c, data.saved),
                                      t.inout("dgamma", c), t.inout("dbeta", c), t.out("dx", map, scale));
            });
            check(what + ", backward in place", [&](auto& b, auto& t) {
                const auto [dy, dx] = t.in_place("dx", map, scale);
                b.batch_norm_backward(map, f, t.in("x", map, data.x), t.in("y", map, data.y), dy, t.in("gamma", c, data.gamma), t.in("saved", 2 * c, data.saved), t.inout("dgamma", c),
                                      t.inout("dbeta", c), dx);
            });
        }
    });
}

template <class B>
void pooling(const Check<B>& check) {
    struct Kernel { Extent kernel, stride, pad; };
    std::vector<Pooling> all;
    for (const Extent& e : extents)
        for (const Kernel& k : {Kernel{{2, 2}, {2, 2}, {0, 0}}, {{3, 3}, {2, 2}, {1, 1}}, {{3, 3}, {1, 1}, {1, 1}}, {{3, 2}, {2, 1}, {1, 0}}, {{1, 1}, {2, 2}, {0, 0}},
                                {{2, 3}, {3, 4}, {0, 0}}, {e, e, {0, 0}}})
            for (const bool count_padding : {true, false}) {
                const int h = windows(e.height, k.kernel.height, k.stride.height, k.pad.height), w = windows(e.width, k.kernel.width, k.stride.width, k.pad.width);
                const int c = channels[(all.size() + all.size() / 5) % 5];
                if (h > 0 && w > 0) all.push_back({batches[all.size() % 3], {c, e.height, e.width}, {c, h, w}, k.kernel, k.stride, k.pad, count_padding});
            }
    for (const Pooling& g : all) {
        const Map in{g.batch, g.in}, out{g.batch, g.out};
        const std::string what = text("", g);
        for (const int levels : {0, 3}) {   // three levels: most windows have a tie
            check("max_pool" + what, [&](auto& b, auto& t) { b.max_pool(g, t.in("x", in, Range{-2, -1, levels}), t.out("y", out)); });
            check("max_pool_backward" + what, [&](auto& b, auto& t) {
                const auto x = t.in("x", in, Range{-1, 1, levels});
                const auto y = t.out("y", out);
                b.max_pool(g, x, y);
                b.max_pool_backward(g, x, y, t.in("dy", out), t.out("dx", in));
            });
        }
        const std::string counting = what + (g.count_padding ? ", counting padding" : ", not counting padding");
        check("average_pool" + counting, [&](auto& b, auto& t) { b.average_pool(g, t.in("x", in), t.out("y", out)); });
        check("average_pool_backward" + counting, [&](auto& b, auto& t) { b.average_pool_backward(g, t.in("dy", out), t.out("dx", in)); });
        check("max_pool of a map with NaNs" + what, [&](auto& b, auto& t) {
            auto x = numbers(in.size(), "x");
            for (std::size_t i = 0; i < x.size(); i += 11) x[i] = std::numeric_limits<double>::quiet_NaN();
            b.max_pool(g, t.in("x", in, x), t.out("y", out));
        });
    }
    for (const Map& in : maps())
        for (const Extent& e : {Extent{1, 1}, Extent{2, 3}, Extent{3, 2}, Extent{in.dims.height, in.dims.width}}) {
            const Pooling g{in.batch, in.dims, {in.dims.channels, e.height, e.width}, {}, {}};
            const Map out{g.batch, g.out};
            check(text("adaptive_average_pool", g), [&](auto& b, auto& t) { b.adaptive_average_pool(g, t.in("x", in), t.out("y", out)); });
            check(text("adaptive_average_pool_backward", g), [&](auto& b, auto& t) { b.adaptive_average_pool_backward(g, t.in("dy", out), t.out("dx", in)); });
        }
}

template <class B>
void dropout(const Check<B>& check) {
    const Random random{99, std::uint64_t(7) << 40 | 5};
    for (const Map& map : maps())
        for (const double p : {0.0, 0.1, 0.5, 0.9}) {
            const std::string what = "dropout of " + text(map) + sentence(", p = ", p);
            check(what, [&](auto& b, auto& t) { b.dropout(map, p, random, t.in("x", map), t.out("y", map)); });
            check(what + ", in place", [&](auto& b, auto& t) {
                const auto [x, y] = t.in_place("y", map);
                b.dropout(map, p, random, x, y);
            });
        }
}

template <class B>
void shortcut(const Check<B>& check) {
    for (const int batch : batches)
        for (const Extent& e : extents)
            for (const int stride : {1, 2})
                for (const auto& [in, out] : {std::pair{1, 1}, {3, 10}, {10, 17}, {16, 64}, {17, 33}}) {
                    const Extent s{stride, stride};
                    const Convolution g{batch, {in, e.height, e.width}, {out, windows(e.height, 1, stride, 0), windows(e.width, 1, stride, 0)}, {1, 1}, s};
                    check(text("pad_shortcut", g), [&](auto& b, auto& t) { b.pad_shortcut(g, t.in("x", {g.batch, g.in}), t.inout("y", {g.batch, g.out})); });
                    check(text("pad_shortcut_backward", g),
                          [&](auto& b, auto& t) { b.pad_shortcut_backward(g, t.in("dy", {g.batch, g.out}), t.inout("dx", {g.batch, g.in})); });
                }
}

template <class B>
void cross_entropy(const Check<B>& check) {
    for (const int rows : {1, 3, 17, 100})
        for (const int classes : {1, 2, 10, 33, 100})
            for (const Range& range : {Range{-2, 2}, Range{-200, 200}, Range{-1, 1, 3}}) {
                const Map map{rows, {classes, 1, 1}};
                const std::string what = sentence("softmax_cross_entropy of ", rows, " rows of ", classes, " classes from ", range.low, " to ", range.high);
                check(what, [&](auto& b, auto& t) {
                    b.softmax_cross_entropy(rows, classes, t.in("logits", map, range), t.labels(rows, classes), t.number(1.0 / rows), t.out("dlogits", map, 1e-3 / rows),
                                            t.out("losses", rows, range.high), t.out("hits", rows));
                });
                check(what + ", without gradient", [&](auto& b, auto& t) {
                    b.softmax_cross_entropy(rows, classes, t.in("logits", map, range), t.labels(rows, classes), t.number(1), {}, t.out("losses", rows, range.high),
                                            t.out("hits", rows));
                });
            }
}

/// One subcase per family of operations. `one` and `two` are two backends of one kind that may work at different widths (1
/// thread, 2 threads) and must give the same bits. Errors are relative to the largest magnitude of a result, or to the scale
/// that a family states and justifies. The whole of a new backend's test:
///
///     TEST_CASE("Mine<float> computes what Reference<double> does") {
///         Mine<float> one(1), two(2);
///         conformance::conformance(one, two, 1e-5);
///     }
template <class B>
void conformance(B& one, B& two, double tolerance) {
    static_assert(Backend<B> && ConvolutionBackend<B> && ProductBackend<B> && ActivationBackend<B> && NormalisationBackend<B> && PoolingBackend<B> &&
                      DropoutBackend<B> && ShortcutBackend<B> && CrossEntropyBackend<B>,
                  "collab: this backend lacks an operation");
    const Check<B> check{one, two, tolerance};
    SUBCASE("memory") { memory(check); }
    SUBCASE("convolutions") { convolution(check); }
    SUBCASE("dense products") { product(check); }
    SUBCASE("activations") { activation(check); }
    SUBCASE("batch normalisation") { normalisation(check); }
    SUBCASE("pools") { pooling(check); }
    SUBCASE("dropout") { dropout(check); }
    SUBCASE("shortcuts") { shortcut(check); }
    SUBCASE("cross entropy") { cross_entropy(check); }
}

}  // namespace collab::conformance
