// SPDX-License-Identifier: Apache-2.0
// suite: holds a backend to the meaning that Reference<double> gives to every operation of
// backend/concepts.hpp.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/concepts.hpp>
#include <collab/backend/fusion.hpp>
#include <collab/core/error.hpp>
#include <collab/core/random.hpp>

#include "bend.hpp"
#include "cases.hpp"
#include "trial.hpp"

namespace collab::conformance {

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
        check("copy of " + text(map),
              [&](auto& b, auto& t) { b.copy(map, t.in("x", map), t.out("y", map)); });
        check("add of " + text(map),
              [&](auto& b, auto& t) { b.add(map, t.in("x", map), t.inout("y", map)); });
    }
    for (const int n : {0, 1, 7, 1000, 100003}) {
        check(sentence("sum of ", n), [&](auto& b, auto& t) {
            t.result("sum", b.sum(std::size_t(n), t.in("p", n, Range{-1, 2})));
        });
        check(sentence("fill of ", n),
              [&](auto& b, auto& t) { b.fill(std::size_t(n), t.number(2.5), t.out("y", n)); });
        check(sentence("for_each of ", n), [&](auto& b, auto& t) {
            auto* y = t.inout("y", n);
            b.for_each(std::size_t(n), SquareEach<std::remove_reference_t<decltype(*y)>>{y});
        });
        check(sentence("for_rows of ", n / 7), [&](auto& b, auto& t) {
            auto* y = t.inout("y", n);
            b.for_rows(n / 7, RaiseRow<std::remove_reference_t<decltype(*y)>>{y, 7});
        });
    }
}

template <class B>
void convolution(const Check<B>& check) {
    for (const Convolution& g : convolutions()) {
        const Map in{g.batch, g.in};
        const Map out{g.batch, g.out};
        const std::string what = text("", g) + sentence(", ", g.groups, " groups");
        const int weights = g.weights();
        check("conv2d" + what, [&](auto& b, auto& t) {
            b.conv2d(g, t.in("x", in), t.in("w", weights), t.in("bias", g.out.channels),
                     t.out("y", out));
        });
        check("conv2d without bias" + what, [&](auto& b, auto& t) {
            b.conv2d(g, t.in("x", in), t.in("w", weights), nullptr, t.out("y", out));
        });
        check("conv2d_input_gradient" + what, [&](auto& b, auto& t) {
            b.conv2d_input_gradient(g, t.in("dy", out), t.in("w", weights), nullptr,
                                    t.out("dx", in));
        });
        check("conv2d_input_gradient with bias" + what, [&](auto& b, auto& t) {
            b.conv2d_input_gradient(g, t.in("dy", out), t.in("w", weights),
                                    t.in("bias", g.in.channels), t.out("dx", in));
        });
        check("conv2d_weight_gradient" + what, [&](auto& b, auto& t) {
            b.conv2d_weight_gradient(g, t.in("x", in), t.in("dy", out), t.inout("dw", weights));
        });
    }
    for (const Map& map : maps())
        check("bias_gradient of " + text(map), [&](auto& b, auto& t) {
            b.bias_gradient(map, t.in("dy", map), t.inout("db", map.dims.channels));
        });
}

template <class B>
void product(const Check<B>& check) {
    constexpr int sizes[] = {1, 3, 10, 17, 33, 200};
    std::vector<Product> all{{130, 64, 128}, {128, 300, 10}};
    for (const int in : sizes)
        for (const int out : sizes)
            all.push_back({batches[all.size() % 3], in, out});
    for (const Product& g : all) {
        const Map in{g.batch, {g.in, 1, 1}};
        const Map out{g.batch, {g.out, 1, 1}};
        const std::string what = sentence(" of ", g.batch, " rows, ", g.in, " to ", g.out);
        const int weights = g.in * g.out;
        check("linear" + what, [&](auto& b, auto& t) {
            b.linear(g, t.in("x", in), t.in("w", weights), t.in("bias", g.out), t.out("y", out));
        });
        check("linear without bias" + what, [&](auto& b, auto& t) {
            b.linear(g, t.in("x", in), t.in("w", weights), nullptr, t.out("y", out));
        });
        check("linear_input_gradient" + what, [&](auto& b, auto& t) {
            b.linear_input_gradient(g, t.in("dy", out), t.in("w", weights), t.out("dx", in));
        });
        check("linear_weight_gradient" + what, [&](auto& b, auto& t) {
            b.linear_weight_gradient(g, t.in("x", in), t.in("dy", out), t.inout("dw", weights));
        });
    }
}

/// Of one activation; a slope is told from its input or its value, which here are the same numbers.
template <class B, class F>
void activation(const Check<B>& check, const std::string& name, F f) {
    for (const Map& map : maps()) {
        const std::string what = name + " of " + text(map);
        check(what, [&](auto& b, auto& t) {
            b.activate(map, f, t.in("x", map, Range{-3, 3}), t.out("y", map));
        });
        check(what + ", in place", [&](auto& b, auto& t) {
            const auto [x, y] = t.in_place("y", map);
            b.activate(map, f, x, y);
        });
        check(what + ", backward", [&](auto& b, auto& t) {
            b.activate_backward(map, f, t.in("y", map), t.in("dy", map), t.out("dx", map));
        });
        check(what + ", backward in place", [&](auto& b, auto& t) {
            const auto from = t.in("y", map);
            const auto [dy, dx] = t.in_place("dx", map);
            b.activate_backward(map, f, from, dy, dx);
        });
    }
    constexpr double smallest = 1e-30;  // a sigmoid need not go on beyond the smallest floats
    for (const double x : {0.0, -0.0, 1e-6, -1e-6, 20.0, -20.0, 1e4, -1e4,
                           std::numeric_limits<double>::quiet_NaN()}) {
        const Map map{1, {19, 1, 1}};
        check(name + " of " + std::to_string(x), [&](auto& b, auto& t) {
            b.activate(map, f, t.in("x", map, std::vector<double>(19, x)),
                       t.out("y", map, smallest));
        });
    }
}
template <class B>
void activations(const Check<B>& check) {
    for_activations([&](const std::string& name, auto f) { activation(check, name, f); });
    activation(check, "bend", trial::BendFunction{});  // its slope needs its input
}

/// Batch normalization subtracts: x - mean forwards, three gradients backwards, and divides by the
/// stddev, which is about sqrt(epsilon) where a channel has one pixel. Rounding x alone moves
/// the result by (rounding of x) gamma / stddev, so errors count relative to that scale, not to
/// a result that may be all zeroes.
template <class B>
void normalization(const Check<B>& check) {
    for_activations([&](const std::string& name, auto f) {
        for (const Map& map : maps()) {
            const Normalization n{1e-3, 0.1};
            const Normalized<typename B::Scalar, decltype(f)> data(map, n, f);
            const int c = map.dims.channels;
            const double scale = data.amplification;
            const std::string what = "batch_norm and " + name + " of " + text(map);
            check(what, [&](auto& b, auto& t) {
                b.batch_norm(map, f, t.in("x", map, data.x),
                             {t.in("gamma", c, data.gamma), t.in("beta", c, data.beta)},
                             {n, t.inout("running mean", c), t.inout("running variance", c),
                              t.out("mean and inverse stddev", 2 * c, 0, 2)},
                             t.out("y", map, scale));
            });
            check(what + ", inference", [&](auto& b, auto& t) {
                b.batch_norm_inference(
                    map, f, t.in("x", map, data.x),
                    {t.in("gamma", c, data.gamma), t.in("beta", c, data.beta)},
                    {t.in("mean", c), t.in("variance", c, Range{0.5, 2}), n.epsilon},
                    t.out("y", map));
            });
            const auto backward = [&](auto& b, auto& t, auto dy, auto dx) {
                b.batch_norm_backward(map, f,
                                      {t.in("x", map, data.x), t.in("y", map, data.y), dy,
                                       t.in("saved", 2 * c, data.saved), t.inout("dgamma", c),
                                       t.inout("dbeta", c)},
                                      t.in("gamma", c, data.gamma), dx);
            };
            check(what + ", backward", [&](auto& b, auto& t) {
                backward(b, t, t.in("dy", map), t.out("dx", map, scale));
            });
            check(what + ", backward in place", [&](auto& b, auto& t) {
                const auto [dy, dx] = t.in_place("dx", map, scale);
                backward(b, t, dy, dx);
            });
        }
    });
}

/// The operands of fused operations.
struct Fused {
    /// A normalized map.
    template <class Tensors, class Data, class F>
    static auto operands(Tensors& t, const Map& map, const Data& data, F f, const char* x) {
        using T = std::remove_cvref_t<decltype(*t.in("gamma", 1))>;
        const int c = map.dims.channels;
        return backend::Normalized<T, F>{t.in(x, map, data.x), t.in("gamma", c, data.gamma),
                                         t.in("beta", c, data.beta),
                                         t.in("saved", 2 * c, data.saved), f};
    }
    /// A gradient through a normalization. The sums that it passes on may be any numbers of a
    /// plausible size.
    template <class Tensors, class Data>
    static auto gradient(Tensors& t, const Map& map, const Data& data) {
        using T = std::remove_cvref_t<decltype(*t.in("gamma", 1))>;
        const int c = map.dims.channels;
        return backend::NormalizedGradient<T>{t.in("g", map),
                                              t.in("raw", map, data.x),
                                              t.in("gamma of y", c, data.gamma),
                                              t.in("saved of y", 2 * c, data.saved),
                                              t.in("sums of y", 2 * c),
                                              map.pixels()};
    }
    template <class Tensors>
    static auto statistics(Tensors& t, const Normalization& n, int c) {
        auto* mean = t.inout("running mean", c);
        // a mean near 0 is one of terms of about 1
        return backend::Statistics<std::remove_cvref_t<decltype(*mean)>>{
            n, mean, t.inout("running variance", c), t.out("mean and inverse stddev", 2 * c, 1, 2)};
    }
    static constexpr Normalization n{1e-3, 0.1};
};

/// A fused convolution: its input normalized, with an activation, and a normalization behind it.
template <class B, class F>
struct FusedConvolution : Fused {
    using S = typename B::Scalar;
    const Check<B>& check;
    Convolution g;
    F f;
    bool with_skip;
    Map in{g.batch, g.in};
    Map out{g.batch, g.out};
    Normalized<S, F> data{in, n, f};
    Normalized<S, Identity> behind{out, n, Identity{}};
    double scale = std::max(data.amplification, behind.amplification) *
                   std::max(1, g.kernel.area() * g.out.channels / g.groups);
    std::string what;

    FusedConvolution(const Check<B>& c, const Convolution& convolution, const std::string& name,
                     F activation, bool skip)
        : check(c),
          g(convolution),
          f(activation),
          with_skip(skip),
          what(text("fused convolution", g) + sentence(", ", g.groups, " groups, ", name)) {}

    void forward() const {
        check(what, [&](auto& b, auto& t) {
            b.fused_conv2d(g, operands(t, in, data, f, "x"), t.in("w", g.weights()),
                           t.in("bias", g.out.channels), t.out("y", out),
                           statistics(t, n, g.out.channels));
        });
        check(what + ", plain input, no statistics", [&](auto& b, auto& t) {
            using T = std::remove_cvref_t<decltype(*t.in("w", 1))>;
            b.fused_conv2d(g, t.in("x", in), t.in("w", g.weights()), nullptr, t.out("y", out),
                           backend::Statistics<T>{});
        });
        check(what + ", normalized", [&](auto& b, auto& t) {
            const int c = g.out.channels;
            auto* gamma = t.in("gamma of y", c, behind.gamma);
            using T = std::remove_cvref_t<decltype(*gamma)>;
            const backend::Normalized<T, Identity> normalization{
                {},
                gamma,
                t.in("beta of y", c, behind.beta),
                t.in("saved of y", 2 * c, behind.saved),
                {}};
            const auto skip = with_skip ? t.in("skip", out) : View<const T>{};
            b.normalized_conv2d(g, operands(t, in, data, f, "x"), t.in("w", g.weights()),
                                t.in("bias", c),
                                backend::NormalizedSum<T, F>{normalization, skip, f},
                                t.out("y", out, behind.amplification * scale));
        });
    }
    void backward() const {
        check(what + ", weight gradient", [&](auto& b, auto& t) {
            b.fused_conv2d_weight_gradient(g, operands(t, in, data, f, "x"),
                                           gradient(t, out, behind),
                                           t.out_zero("dw", g.weights(), scale));
        });
        check(what + ", both gradients and gate", [&](auto& b, auto& t) {
            const auto input = operands(t, in, data, f, "x");
            const int c = g.in.channels;
            auto* dgamma = t.inout("dgamma", c, scale);
            using T = std::remove_cvref_t<decltype(*dgamma)>;
            b.fused_conv2d_backward(g, input, gradient(t, out, behind), t.in("w", g.weights()),
                                    t.out_zero("dw", g.weights(), scale), t.out("dx", in, scale),
                                    backend::Gate<T, decltype(f)>{input, dgamma,
                                                                  t.inout("dbeta", c, scale),
                                                                  t.out("sums", 2 * c, scale)});
        });
        check(what + ", both gradients and sum", [&](auto& b, auto& t) {
            const auto more = t.in("more", in);
            using T = std::remove_cvref_t<decltype(*more.data)>;
            b.fused_conv2d_backward(g, t.in("x", in), t.in("dy", out), t.in("w", g.weights()),
                                    t.inout("dw", g.weights(), scale), t.out("dx", in),
                                    backend::Plus<T>{more});
        });
        gradients_and_gate(false);
        gradients_and_gate(true);
    }
    /// Both gradients, through the activation of what is stored, with or without a sum.
    void gradients_and_gate(bool plus) const {
        check(what + (plus ? ", both gradients, sum and gate"
                           : ", both gradients and gate of what is stored"),
              [&](auto& b, auto& t) {
                  const auto x = t.in("value", in, data.y);
                  const int c = g.in.channels;
                  auto* dgamma = t.inout("dgamma", c, scale);
                  using T = std::remove_cvref_t<decltype(*dgamma)>;
                  const View<const T> more = plus ? t.in("more", in) : View<const T>{};
                  b.fused_conv2d_backward(
                      g, x, t.in("dy", out), t.in("w", g.weights()),
                      t.out_zero("dw", g.weights(), scale), t.out("dx", in, scale),
                      backend::OutputGate<T, decltype(f)>{
                          more, x, t.in("raw", in, data.x), t.in("saved", 2 * c, data.saved),
                          dgamma, t.inout("dbeta", c, scale), t.out("sums", 2 * c, scale), f});
              });
    }
};

/// A normalization in parts: its map, with or without a sum, and its gradient.
template <class B, class F>
struct FusedNormalization : Fused {
    using S = typename B::Scalar;
    const Check<B>& check;
    Map map;
    F f;
    std::string what;
    Normalized<S, F> data{map, n, f};

    void forward() const {
        check("normalize and " + what, [&](auto& b, auto& t) {
            b.normalize(map, f, operands(t, map, data, Identity{}, "x"), {}, t.out("y", map));
        });
        check("normalize, add and " + what, [&](auto& b, auto& t) {
            b.normalize(map, f, operands(t, map, data, Identity{}, "x"), t.in("skip", map),
                        t.out("y", map, data.amplification));
        });
        check("normalize, add in place and " + what, [&](auto& b, auto& t) {
            const auto [skip, y] = t.in_place("y", map, data.amplification);
            b.normalize(map, f, operands(t, map, data, Identity{}, "x"), skip, y);
        });
    }
    void backward() const {
        const int c = map.dims.channels;
        const auto sums = [&](auto& b, auto& t, auto dy, auto to) {
            b.normalized_sums(
                map, f,
                {t.in("x", map, data.x), t.in("y", map, data.y), dy,
                 t.in("saved", 2 * c, data.saved), t.inout("dgamma", c), t.inout("dbeta", c)},
                t.out("sums", 2 * c, data.amplification * double(map.pixels()), 2), to);
        };
        check("sums of " + what,
              [&](auto& b, auto& t) { sums(b, t, t.in("dy", map), t.out("g", map)); });
        check("sums in place of " + what, [&](auto& b, auto& t) {
            const auto [dy, to] = t.in_place("g", map);
            sums(b, t, dy, to);
        });
        check("gradient through the normalization of " + what, [&](auto& b, auto& t) {
            b.normalized_gradient(map, gradient(t, map, data),
                                  t.out("dx", map, 2 * data.amplification));
        });
    }
};

template <class B>
void fusion(const Check<B>& check) {
    for_activations([&](const std::string& name, auto f) {
        using F = decltype(f);
        int turn = 0;
        for (const Convolution& g : convolutions()) {
            if (!fuses(g))
                continue;
            // the activation is a detail of the loads
            if (!std::is_same_v<F, ReluFunction> && turn++ % 8 != 0)
                continue;
            if (Map{g.batch, g.out}.pixels() < 2)
                continue;
            const FusedConvolution<B, F> convolution(check, g, name, f, turn % 2 == 0);
            convolution.forward();
            convolution.backward();
        }
        for (const Map& map : maps()) {
            const FusedNormalization<B, F> normalization{
                {}, check, map, f, name + " of " + text(map)};
            normalization.forward();
            normalization.backward();
        }
    });
    for (const Map& map : maps())
        check("sums without activation of " + text(map), [&](auto& b, auto& t) {
            const int c = map.dims.channels;
            const auto x = t.in("x", map);
            b.normalized_sums(map, Identity{},
                              {x, x, t.in("dy", map), t.in("saved", 2 * c, Range{0.5, 1.5}),
                               t.inout("dgamma", c), t.inout("dbeta", c)},
                              t.out("sums", 2 * c, double(map.pixels()), 2), {});
        });
    for (const Map& map : maps())
        check("statistics of " + text(map), [&](auto& b, auto& t) {
            b.batch_statistics(map, t.in("x", map),
                               Fused::statistics(t, Fused::n, map.dims.channels));
        });
}

template <class B>
void pooling(const Check<B>& check) {
    for (const Pooling& g : pools()) {
        const Map in{g.batch, g.in};
        const Map out{g.batch, g.out};
        const std::string what = text("", g);
        for (const int levels : {0, 3}) {  // three levels: most windows have a tie
            check("max_pool" + what, [&](auto& b, auto& t) {
                b.max_pool(g, t.in("x", in, Range{-2, -1, levels}), t.out("y", out));
            });
            check("max_pool_backward" + what, [&](auto& b, auto& t) {
                const auto x = t.in("x", in, Range{-1, 1, levels});
                const auto y = t.out("y", out);
                b.max_pool(g, x, y);
                b.max_pool_backward(g, x, y, t.in("dy", out), t.out("dx", in));
            });
        }
        const std::string counting =
            what + (g.count_padding ? ", counting padding" : ", not counting padding");
        check("average_pool" + counting,
              [&](auto& b, auto& t) { b.average_pool(g, t.in("x", in), t.out("y", out)); });
        check("average_pool_backward" + counting, [&](auto& b, auto& t) {
            b.average_pool_backward(g, t.in("dy", out), t.out("dx", in));
        });
        check("max_pool of a map with NaNs" + what, [&](auto& b, auto& t) {
            auto x = numbers(in.size(), "x");
            for (std::size_t i = 0; i < x.size(); i += 11)
                x[i] = std::numeric_limits<double>::quiet_NaN();
            b.max_pool(g, t.in("x", in, x), t.out("y", out));
        });
    }
    for (const Map& in : maps())
        for (const Extent& e :
             {Extent{1, 1}, Extent{2, 3}, Extent{3, 2}, Extent{in.dims.height, in.dims.width}}) {
            const Pooling g{in.batch, in.dims, {in.dims.channels, e.height, e.width}, {}, {}};
            const Map out{g.batch, g.out};
            check(text("adaptive_average_pool", g), [&](auto& b, auto& t) {
                b.adaptive_average_pool(g, t.in("x", in), t.out("y", out));
            });
            check(text("adaptive_average_pool_backward", g), [&](auto& b, auto& t) {
                b.adaptive_average_pool_backward(g, t.in("dy", out), t.out("dx", in));
            });
        }
}

template <class B>
void dropout(const Check<B>& check) {
    const Random random{99, std::uint64_t(7) << 40 | 5};
    for (const Map& map : maps())
        for (const double p : {0.0, 0.1, 0.5, 0.9}) {
            const std::string what = "dropout of " + text(map) + sentence(", p = ", p);
            check(what, [&](auto& b, auto& t) {
                b.dropout(map, p, random, t.in("x", map), t.out("y", map));
            });
            check(what + ", in place", [&](auto& b, auto& t) {
                const auto [x, y] = t.in_place("y", map);
                b.dropout(map, p, random, x, y);
            });
        }
}

template <class B>
void shortcut_of(const Check<B>& check, int batch, const Extent& e, int stride,
                 std::pair<int, int> in_and_out) {
    const auto [in, out] = in_and_out;
    const Kernel k{{1, 1}, {stride, stride}, {0, 0}};
    const Extent to = fits(e, k);
    const Convolution g{
        batch, {in, e.height, e.width}, {out, to.height, to.width}, k.kernel, k.stride};
    const Map small{batch, g.in};
    const Map large{batch, g.out};
    check(text("pad_shortcut", g),
          [&](auto& b, auto& t) { b.pad_shortcut(g, t.in("x", small), t.inout("y", large)); });
    check(text("pad_shortcut_backward", g), [&](auto& b, auto& t) {
        b.pad_shortcut_backward(g, t.in("dy", large), t.inout("dx", small));
    });
}

template <class B>
void shortcut(const Check<B>& check) {
    for (const int batch : batches)
        for (const Extent& e : extents)
            for (const int stride : {1, 2})
                for (const auto& in_and_out :
                     {std::pair{1, 1}, {3, 10}, {10, 17}, {16, 64}, {17, 33}})
                    shortcut_of(check, batch, e, stride, in_and_out);
}

template <class B>
void channel(const Check<B>& check) {
    for (const Map& map : maps())
        for (const int parts : {1, 2, 3, 5}) {
            const Map wide{map.batch, {parts * map.dims.channels, map.dims.height, map.dims.width}};
            const std::string what = " of " + text(wide) + sentence(", ", parts, " parts");
            check("shuffle_channels" + what, [&](auto& b, auto& t) {
                b.shuffle_channels(wide, parts, t.in("x", wide), t.out("y", wide));
            });
            check("shuffle_channels the other way" + what, [&](auto& b, auto& t) {
                b.shuffle_channels(wide, map.dims.channels, t.in("x", wide), t.out("y", wide));
            });
            check("pad_channels" + what, [&](auto& b, auto& t) {
                b.pad_channels(wide, map.dims.channels, t.in("x", map), t.out("y", wide));
            });
            for (const int levels : {0, 3}) {  // three levels: many ties
                check("maxout" + what, [&](auto& b, auto& t) {
                    b.maxout(map, parts, t.in("x", wide, Range{-2, -1, levels}), t.out("y", map));
                });
                check("maxout_backward" + what, [&](auto& b, auto& t) {
                    b.maxout_backward(map, parts, t.in("x", wide, Range{-1, 1, levels}),
                                      t.in("dy", map), t.out("dx", wide));
                });
            }
            auto x = numbers(wide.size(), "x");
            for (std::size_t i = 0; i < x.size(); i += 11)
                x[i] = std::numeric_limits<double>::quiet_NaN();
            check("maxout of NaNs" + what, [&](auto& b, auto& t) {
                b.maxout(map, parts, t.in("x", wide, x), t.out("y", map));
            });
            check("maxout_backward of NaNs" + what, [&](auto& b, auto& t) {
                b.maxout_backward(map, parts, t.in("x", wide, x), t.in("dy", map),
                                  t.out("dx", wide));
            });
        }
}

template <class B>
void cross_entropy(const Check<B>& check) {
    for (const int rows : {1, 3, 17, 100})
        for (const int classes : {1, 2, 10, 33, 100})
            for (const Range& range : {Range{-2, 2}, Range{-200, 200}, Range{-1, 1, 3}}) {
                const Map map{rows, {classes, 1, 1}};
                const std::string what =
                    sentence("softmax_cross_entropy of ", rows, " rows of ", classes,
                             " classes from ", range.low, " to ", range.high);
                // A loss or a gradient near 0 is what remains of logits near each other or of
                // probabilities near 1.
                check(what, [&](auto& b, auto& t) {
                    b.softmax_cross_entropy(
                        {rows, classes, t.in("logits", map, range), t.labels(rows, classes)},
                        t.number(1.0 / rows), t.out("dlogits", map, 1.0 / rows),
                        t.out("losses", rows, range.high), t.out("hits", rows));
                });
                check(what + ", without gradient", [&](auto& b, auto& t) {
                    b.softmax_cross_entropy(
                        {rows, classes, t.in("logits", map, range), t.labels(rows, classes)},
                        t.number(1), {}, t.out("losses", rows, range.high), t.out("hits", rows));
                });
            }
}

/// Of five rows only the last, which holds no NaN, is a hit: the others hold one at the label,
/// before it, behind it and everywhere. Every backend counts itself, since a comparison with
/// another would let both be wrong.
template <class B>
void hits_of_nans(B& backend) {
    using T = typename B::Scalar;
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (const int classes : {3, 19}) {
        const int rows = 5;
        std::vector<T> logits(std::size_t(rows * classes), T(-1));
        const auto row = [&](int b) { return logits.data() + b * classes; };
        for (int b = 0; b < rows; ++b)
            row(b)[1] = T(2);
        row(0)[1] = nan;
        row(1)[0] = nan;
        row(2)[classes - 1] = nan;
        std::fill_n(row(3), classes, nan);
        const std::vector<int> labels(std::size_t(rows), 1);
        auto memory = backend.template allocate<T>(logits.size() + 2 * std::size_t(rows));
        auto integers = backend.template allocate<int>(labels.size());
        backend.upload(logits.data(), logits.size(), memory.data());
        backend.upload(labels.data(), labels.size(), integers.data());
        T* const losses = memory.data() + logits.size();
        backend.softmax_cross_entropy({rows, classes, {memory.data(), classes}, integers.data()},
                                      T(1), View<T>{}, losses, losses + rows);
        std::vector<T> seen(2 * std::size_t(rows));
        backend.download(static_cast<const T*>(losses), seen.size(), seen.data());
        for (int b = 0; b < rows; ++b) {
            CAPTURE(b);
            CAPTURE(classes);
            CHECK(std::isnan(seen[std::size_t(b)]) == (b < 4));
            CHECK(seen[std::size_t(rows + b)] == T(b == 4));
        }
    }
}

/// One subcase per family of operations. `one` and `two` are two backends of one kind that may work
/// at different widths (1 thread, 2 threads) and must give the same bits. Errors are relative to
/// the largest magnitude of a result, or to the scale that a family states and justifies. The whole
/// of a new backend's test:
///
///     TEST_CASE("Mine<float> computes what Reference<double> does") {
///         Mine<float> one(1), two(2);
///         conformance::conformance(one, two, 1e-5);
///     }
template <class B>
void conformance(B& one, B& two, double tolerance) {
    static_assert(Backend<B> && ConvolutionBackend<B> && ProductBackend<B> &&
                      ActivationBackend<B> && NormalizationBackend<B> && PoolingBackend<B> &&
                      DropoutBackend<B> && ShortcutBackend<B> && ChannelBackend<B> &&
                      CrossEntropyBackend<B>,
                  "collab: this backend lacks an operation");
    const Check<B> check{one, two, tolerance};
    SUBCASE("memory") {
        memory(check);
    }
    SUBCASE("convolutions") {
        convolution(check);
    }
    SUBCASE("dense products") {
        product(check);
    }
    SUBCASE("activations") {
        activations(check);
    }
    SUBCASE("batch normalization") {
        normalization(check);
    }
    if constexpr (FusionBackend<B>) {
        SUBCASE("fused operations") {
            fusion(check);
        }
    }
    SUBCASE("pools") {
        pooling(check);
    }
    SUBCASE("dropout") {
        dropout(check);
    }
    SUBCASE("shortcuts") {
        shortcut(check);
    }
    SUBCASE("channels") {
        channel(check);
    }
    SUBCASE("cross entropy") {
        cross_entropy(check);
        hits_of_nans(one);
    }
}

}  // namespace collab::conformance
