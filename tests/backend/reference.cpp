// SPDX-License-Identifier: Apache-2.0
// reference: every operation of the reference backend against numbers worked out by hand, every
// gradient against differences.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/concepts.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/core/error.hpp>
#include <collab/core/random.hpp>

using namespace collab;
using backend::Convolution;
using backend::Map;
using backend::Normalization;
using backend::Pooling;

namespace {

template <class B>
constexpr bool complete =
    Backend<B> && ConvolutionBackend<B> && ProductBackend<B> && ActivationBackend<B> &&
    NormalizationBackend<B> && PoolingBackend<B> && DropoutBackend<B> && ShortcutBackend<B> &&
    ChannelBackend<B> && CrossEntropyBackend<B>;
static_assert(complete<Reference<float>> && complete<Reference<double>>);

using Values = std::vector<double>;
const Reference<double> reference;
constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

View<double> view(Values& v, int channels) {
    return {v.data(), channels};
}
View<const double> view(const Values& v, int channels) {
    return {v.data(), channels};
}

/// The largest difference between two lists; NaN where they differ in length or a value is not a
/// number.
double apart(const Values& a, const Values& b) {
    if (a.size() != b.size())
        return undefined;
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= worst))
            worst = std::abs(a[i] - b[i]);
    return worst;
}

/// n numbers in [-1, 1), the same for the same stream.
Values numbers(long n, std::uint64_t stream) {
    Values v(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < v.size(); ++i)
        v[i] = 2 * uniform<double>(Random{5, stream}.word(i)) - 1;
    return v;
}
double dot(const Values& a, const Values& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}
/// The gradient of loss(x) by central differences.
template <class F>
Values differences(Values x, F loss) {
    constexpr double h = 1e-5;
    Values gradient(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double before = x[i];
        x[i] = before + h;
        const double above = loss(x);
        x[i] = before - h;
        gradient[i] = (above - loss(x)) / (2 * h);
        x[i] = before;
    }
    return gradient;
}
// differences with step 1e-5 agree to about 1e-10 for results near 1
constexpr double accuracy = 1e-8;

}  // namespace

TEST_CASE(
    "Reference: memory is zeroed, views are copied and added without their gaps, sums are double") {
    CHECK(reference.allocate<int>(3) == std::vector<int>{0, 0, 0});
    CHECK(reference.allocate(2) == Values{0, 0});
    const Values x{1, 2, 9, 3, 4, 9};  // two pixels of two channels, one number between them
    Values y(8, 5);
    reference.copy(Map{2, {2, 1, 1}}, {x.data(), 3}, {y.data(), 4});
    CHECK(y == Values{1, 2, 5, 5, 3, 4, 5, 5});
    reference.add(Map{1, {2, 2, 1}}, {x.data(), 3}, {y.data(), 4});
    CHECK(y == Values{2, 4, 5, 5, 6, 8, 5, 5});
    reference.fill(2, 7, y.data() + 1);
    CHECK(y == Values{2, 7, 7, 5, 6, 8, 5, 5});
    reference.upload(x.data(), 3, y.data());
    Values z(2);
    reference.download(y.data() + 1, 2, z.data());
    CHECK(z == Values{2, 9});
    reference.for_each(z.size(), [&](std::size_t i) { z[i] += double(i) + 1; });
    reference.for_rows(2, [&](int i) { z[std::size_t(i)] *= 2; });
    CHECK(z == Values{6, 22});
    const std::vector<float> many(1 << 20, 0.1f);
    CHECK(Reference<float>{}.sum(many.size(), many.data()) ==
          doctest::Approx(double(0.1f) * (1 << 20)).epsilon(1e-12));
    CHECK(Reference<float>{}.describe() == "Reference, float, one thread");
}

TEST_CASE("Reference: a 3x3 convolution with padding and stride 2 by hand") {
    const Values x{1, 2, 3, 4, 5, 6, 7, 8, 9};
    const Values bias{0.5};
    const Convolution g{1, {1, 3, 3}, {1, 2, 2}, {3, 3}, {2, 2}, {1, 1}, 1};
    Values y(4, undefined);
    reference.conv2d(g, view(x, 1), x.data(), bias.data(), view(y, 1));
    CHECK(y == Values{94.5, 106.5, 106.5, 94.5});  // 5 + 12 + 32 + 45 and 8 + 15 + 35 + 48
    reference.conv2d(g, view(x, 1), x.data(), nullptr, view(y, 1));
    CHECK(y == Values{94, 106, 106, 94});
}

TEST_CASE("Reference: a convolution with groups by hand") {
    const Values x{1, 2, 3, 4};
    const Values w{1, 10, 2, 20};  // w[in channel of its group][out channel]
    const Convolution g{1, {4, 1, 1}, {2, 1, 1}, {1, 1}, {1, 1}, {0, 0}, 2};
    Values y(2, undefined);
    reference.conv2d(g, view(x, 4), w.data(), nullptr, view(y, 2));
    CHECK(y == Values{1 * 1 + 2 * 2, 3 * 10 + 4 * 20});
    Values dx(4, undefined);
    Values dw{100, 100, 100, 100};
    const Values dy{1, 2};
    reference.conv2d_input_gradient(g, view(dy, 2), w.data(), nullptr, view(dx, 4));
    CHECK(dx == Values{1, 2, 20, 40});
    reference.conv2d_weight_gradient(g, view(x, 4), view(dy, 2), dw.data());
    CHECK(dw == Values{101, 106, 102, 108});
}

TEST_CASE("Reference: the input gradient is a transposed convolution, with its bias") {
    const Values x{1, 2, 3, 4};
    const Values bias{10};
    const Convolution g{1, {1, 4, 4}, {1, 2, 2}, {2, 2}, {2, 2}, {0, 0}, 1};
    Values y(16, undefined);
    reference.conv2d_input_gradient(g, view(x, 1), x.data(), bias.data(), view(y, 1));
    CHECK(y == Values{11, 12, 12, 14, 13, 14, 16, 18, 13, 16, 14, 18, 19, 22, 22, 26});
}

TEST_CASE("Reference: the gradients of convolutions agree with central differences") {
    const Convolution cases[] = {{2, {4, 5, 4}, {6, 3, 2}, {3, 3}, {2, 2}, {1, 1}, 2},
                                 {3, {3, 4, 6}, {2, 4, 5}, {1, 2}, {1, 1}, {0, 0}, 1},
                                 {1, {5, 4, 4}, {5, 4, 4}, {3, 3}, {1, 1}, {1, 1}, 5},
                                 {2, {2, 6, 5}, {3, 3, 7}, {5, 3}, {2, 1}, {2, 2}, 1}};
    for (const Convolution& g : cases) {
        const Map in{g.batch, g.in};
        const Map out{g.batch, g.out};
        const Values x = numbers(in.size(), 1);
        const Values w = numbers(g.weights(), 2);
        const Values bias = numbers(g.out.channels, 3);
        const Values dy = numbers(out.size(), 4);
        const auto loss = [&](const Values& xs, const Values& ws, const Values& bs) {
            Values y(dy.size());
            reference.conv2d(g, view(xs, g.in.channels), ws.data(), bs.data(),
                             view(y, g.out.channels));
            return dot(y, dy);
        };
        Values dx(x.size(), undefined);
        Values dw(w.size(), 1);
        Values db(bias.size(), 1);
        reference.conv2d_input_gradient(g, view(dy, g.out.channels), w.data(), nullptr,
                                        view(dx, g.in.channels));
        reference.conv2d_weight_gradient(g, view(x, g.in.channels), view(dy, g.out.channels),
                                         dw.data());
        reference.bias_gradient(out, view(dy, g.out.channels), db.data());
        for (double& d : dw)
            d -= 1;  // both were added to 1
        for (double& d : db)
            d -= 1;
        CHECK(apart(dx, differences(x, [&](const Values& v) { return loss(v, w, bias); })) <
              accuracy);
        CHECK(apart(dw, differences(w, [&](const Values& v) { return loss(x, v, bias); })) <
              accuracy);
        CHECK(apart(db, differences(bias, [&](const Values& v) { return loss(x, w, v); })) <
              accuracy);
    }
}

TEST_CASE("Reference: dense products by hand and by central differences") {
    const backend::Product g{2, 2, 3};
    const Values x{1, 2, -1, 1};
    const Values w{1, 2, 3, 4, 5, 6};
    const Values bias{10, 20, 30};
    Values y(6, undefined);
    reference.linear(g, view(x, 2), w.data(), bias.data(), view(y, 3));
    CHECK(y == Values{19, 32, 45, 13, 23, 33});
    reference.linear(g, view(x, 2), w.data(), nullptr, view(y, 3));
    CHECK(y == Values{9, 12, 15, 3, 3, 3});
    const Values dy = numbers(6, 1);
    const auto loss = [&](const Values& xs, const Values& ws) {
        Values z(6);
        reference.linear(g, view(xs, 2), ws.data(), bias.data(), view(z, 3));
        return dot(z, dy);
    };
    Values dx(4, undefined);
    Values dw(6, 0);
    reference.linear_input_gradient(g, view(dy, 3), w.data(), view(dx, 2));
    reference.linear_weight_gradient(g, view(x, 2), view(dy, 3), dw.data());
    CHECK(apart(dx, differences(x, [&](const Values& v) { return loss(v, w); })) < accuracy);
    CHECK(apart(dw, differences(w, [&](const Values& v) { return loss(x, v); })) < accuracy);
    const Values once = dw;
    reference.linear_weight_gradient(g, view(x, 2), view(dy, 3), dw.data());
    CHECK(apart(dw, {2 * once[0], 2 * once[1], 2 * once[2], 2 * once[3], 2 * once[4],
                     2 * once[5]}) < 1e-15);
}

TEST_CASE_TEMPLATE("Reference: an activation's slope, in terms of its value, is its derivative", F,
                   Identity, ReluFunction, EluFunction, LeakyReluFunction, SigmoidFunction) {
    const Map map{2, {3, 2, 2}};
    const F f{};
    const Values x = numbers(map.size(), 1);
    const Values dy = numbers(map.size(), 2);
    Values y(x.size(), undefined);
    Values dx(x.size(), undefined);
    reference.activate(map, f, view(x, 3), view(y, 3));
    reference.activate_backward(map, f, view(y, 3), view(dy, 3), view(dx, 3));
    const auto loss = [&](const Values& v) {
        Values z(v.size());
        reference.activate(map, f, view(v, 3), view(z, 3));
        return dot(z, dy);
    };
    CHECK(apart(dx, differences(x, loss)) < accuracy);
}

TEST_CASE("Reference: activations by hand; relu keeps a NaN") {
    const Values x{-2, 0, 3, undefined};
    Values y(4);
    reference.activate(Map{1, {4, 1, 1}}, ReluFunction{}, view(x, 4), view(y, 4));
    CHECK(y[0] == 0);
    CHECK(y[2] == 3);
    CHECK(std::isnan(y[3]));
    reference.activate(Map{1, {3, 1, 1}}, EluFunction{}, view(x, 3), view(y, 3));
    CHECK(y[0] == doctest::Approx(std::exp(-2.0) - 1).epsilon(1e-14));
    CHECK(y[2] == 3);
}

TEST_CASE("Reference: batch normalization by hand, with running statistics") {
    const Values x{1, 2, 3, 4};
    const Values gamma{3};
    const Values beta{1};             // mean 2.5, biased variance 1.25, unbiased 5/3
    const Normalization n{1.0, 0.1};  // so 1 / sqrt(1.25 + 1) = 2/3
    Values y(4, undefined);
    Values mean{10};
    Values variance{1};
    Values saved(2, undefined);
    const auto train = [&](const Map& map, auto f) {
        reference.batch_norm(map, f, view(x, 1), {gamma.data(), beta.data()},
                             {n, mean.data(), variance.data(), saved.data()}, view(y, 1));
    };
    train({2, {1, 2, 1}}, Identity{});
    CHECK(apart(y, {-2, 0, 2, 4}) < 1e-14);
    CHECK(apart(saved, {2.5, 2.0 / 3}) < 1e-15);
    CHECK(apart(mean, {9.25}) < 1e-14);
    CHECK(apart(variance, {1 + 0.1 * (5.0 / 3 - 1)}) < 1e-15);
    train({2, {1, 2, 1}}, ReluFunction{});
    CHECK(apart(y, {0, 0, 2, 4}) < 1e-14);
    variance = {1};
    // a single pixel is its own mean, and its variance counts as 0
    train({1, {1, 1, 1}}, Identity{});
    CHECK(y[0] == 1);
    CHECK(apart(variance, {0.9}) < 1e-15);
    mean = {1};
    variance = {3};
    reference.batch_norm_inference({4, {1, 1, 1}}, Identity{}, view(x, 1),
                                   {gamma.data(), beta.data()},
                                   {mean.data(), variance.data(), n.epsilon}, view(y, 1));
    CHECK(apart(y, {1, 2.5, 4, 5.5}) < 1e-14);
}

TEST_CASE_TEMPLATE("Reference: the gradients of batch normalization agree with central differences",
                   F, Identity, ReluFunction, EluFunction, LeakyReluFunction, SigmoidFunction) {
    const Map map{3, {2, 2, 2}};
    const F f{};
    const Normalization n{1e-5, 0.1};
    const Values x = numbers(map.size(), 1);
    const Values gamma{1.5, -0.7};
    const Values beta{0.1, 0.2};
    const Values dy = numbers(map.size(), 2);
    Values y(x.size());
    Values saved(4);
    Values mean(2);
    Values variance(2);
    const auto loss = [&](const Values& xs, const Values& gammas, const Values& betas) {
        reference.batch_norm(map, f, view(xs, 2), {gammas.data(), betas.data()},
                             {n, mean.data(), variance.data(), saved.data()}, view(y, 2));
        return dot(y, dy);
    };
    const Values by_x = differences(x, [&](const Values& v) { return loss(v, gamma, beta); });
    const Values by_gamma = differences(gamma, [&](const Values& v) { return loss(x, v, beta); });
    const Values by_beta = differences(beta, [&](const Values& v) { return loss(x, gamma, v); });
    loss(x, gamma, beta);
    Values dx = dy;
    Values dgamma{1, 1};
    Values dbeta{1, 1};  // dx over dy, and added to 1
    reference.batch_norm_backward(
        map, f, {view(x, 2), view(y, 2), view(dx, 2), saved.data(), dgamma.data(), dbeta.data()},
        gamma.data(), view(dx, 2));
    CHECK(apart(dx, by_x) < accuracy);
    CHECK(apart({dgamma[0] - 1, dgamma[1] - 1}, by_gamma) < accuracy);
    CHECK(apart({dbeta[0] - 1, dbeta[1] - 1}, by_beta) < accuracy);
}

TEST_CASE("Reference: the first largest element of a window takes the gradient; padding never "
          "wins; a NaN does") {
    const Pooling g{1, {1, 1, 4}, {1, 1, 3}, {1, 2}, {1, 1}, {0, 0}, true};
    const Values x{1, 5, 5, 2};
    const Values dy{10, 20, 30};
    Values y(3, undefined);
    Values dx(4, undefined);
    reference.max_pool(g, view(x, 1), view(y, 1));
    CHECK(y == Values{5, 5, 5});
    reference.max_pool_backward(g, view(x, 1), view(y, 1), view(dy, 1), view(dx, 1));
    CHECK(dx == Values{0, 30, 30, 0});
    const Values negative{-1, -2};
    Values padded(2, undefined);
    reference.max_pool({1, {1, 1, 2}, {1, 1, 2}, {1, 3}, {1, 1}, {0, 1}, true}, view(negative, 1),
                       view(padded, 1));
    CHECK(padded == Values{-1, -1});
    const Values broken{1, undefined, 3, 4, undefined, 9};
    reference.max_pool({1, {1, 1, 6}, {1, 1, 3}, {1, 2}, {1, 2}, {0, 0}, true}, view(broken, 1),
                       view(y, 1));
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == 4);
    CHECK(std::isnan(y[2]));
}

TEST_CASE(
    "Reference: average pools with and without counting padding, and adaptive 5 to 3, by hand") {
    Values y(3, undefined);
    const Values x{3, 6, 9};
    const Values longer{1, 2, 3, 4, 5};
    Pooling g{1, {1, 1, 3}, {1, 1, 3}, {1, 3}, {1, 1}, {0, 1}, true};
    reference.average_pool(g, view(x, 1), view(y, 1));
    CHECK(y == Values{3, 6, 5});
    g.count_padding = false;
    reference.average_pool(g, view(x, 1), view(y, 1));
    CHECK(y == Values{4.5, 6, 7.5});
    // the third window begins on the last pixel and sticks out of the padded map by one
    const Values four{2, 4, 6, 8};
    g = {1, {1, 1, 4}, {1, 1, 3}, {1, 3}, {1, 2}, {0, 1}, true};
    reference.average_pool(g, view(four, 1), view(y, 1));
    CHECK(y == Values{2, 6, 4});
    g.count_padding = false;
    reference.average_pool(g, view(four, 1), view(y, 1));
    CHECK(y == Values{3, 6, 8});
    reference.adaptive_average_pool({1, {1, 5, 1}, {1, 3, 1}, {}, {}}, view(longer, 1), view(y, 1));
    CHECK(y == Values{1.5, 3, 4.5});
}

TEST_CASE("Reference: the gradients of all pools agree with central differences") {
    const Pooling cases[] = {{2, {3, 5, 6}, {3, 3, 3}, {3, 3}, {2, 2}, {1, 1}, true},
                             {1, {2, 4, 4}, {2, 2, 2}, {2, 2}, {2, 2}, {0, 0}, true},
                             {2, {1, 5, 4}, {1, 4, 4}, {2, 3}, {1, 1}, {0, 1}, false},
                             {1, {2, 3, 7}, {2, 2, 5}, {2, 3}, {1, 1}, {0, 0}, false},
                             {1, {2, 4, 5}, {2, 3, 3}, {3, 2}, {2, 2}, {1, 0}, true}};
    for (const Pooling& g : cases) {
        const int c = g.in.channels;
        const Values x = numbers(Map{g.batch, g.in}.size(), 1);
        const Values dy = numbers(Map{g.batch, g.out}.size(), 2);
        Values y(dy.size());
        Values dx(x.size(), undefined);
        reference.max_pool(g, view(x, c), view(y, c));
        reference.max_pool_backward(g, view(x, c), view(y, c), view(dy, c), view(dx, c));
        const auto max = [&](const Values& v) {
            reference.max_pool(g, view(v, c), view(y, c));
            return dot(y, dy);
        };
        CHECK(apart(dx, differences(x, max)) < accuracy);
        reference.average_pool_backward(g, view(dy, c), view(dx, c));
        const auto average = [&](const Values& v) {
            reference.average_pool(g, view(v, c), view(y, c));
            return dot(y, dy);
        };
        CHECK(apart(dx, differences(x, average)) < accuracy);
        reference.adaptive_average_pool_backward(g, view(dy, c), view(dx, c));
        const auto adaptive_average = [&](const Values& v) {
            reference.adaptive_average_pool(g, view(v, c), view(y, c));
            return dot(y, dy);
        };
        CHECK(apart(dx, differences(x, adaptive_average)) < accuracy);
    }
}

TEST_CASE("Reference: dropout uses the word of the element's place and keeps the expectation") {
    const Random random{7, 3};
    // three pixels of two channels in a map of three
    Values x{1, 2, 99, 3, 4, 99, 5, 6, 99};
    Values y(9, -1);
    reference.dropout(Map{1, {2, 1, 3}}, 0.5, random, {x.data(), 3}, {y.data(), 3});
    for (int p = 0; p < 3; ++p) {
        for (int c = 0; c < 2; ++c)
            CHECK(y[std::size_t(3 * p + c)] ==
                  (uniform<double>(random.word(std::uint64_t(2 * p + c))) < 0.5
                       ? 0
                       : 2 * x[std::size_t(3 * p + c)]));
        CHECK(y[std::size_t(3 * p + 2)] == -1);
    }
    Values ones(100000, 1);
    reference.dropout(Map{1, {100000, 1, 1}}, 0.3, random, view(ones, 100000), view(ones, 100000));
    // five standard stddevs
    CHECK(reference.sum(ones.size(), ones.data()) / 100000 == doctest::Approx(1).epsilon(0.01));
    CHECK(std::count(ones.begin(), ones.end(), 0.0) == doctest::Approx(30000).epsilon(0.025));
    reference.dropout(Map{1, {9, 1, 1}}, 0, random, view(x, 9), view(y, 9));
    CHECK(y == x);
}

TEST_CASE("Reference: the padded shortcut adds every second pixel to the middle channels") {
    const Convolution g{1, {1, 4, 4}, {4, 2, 2}, {1, 1}, {2, 2}, {0, 0}, 1};
    Values x(16);
    Values y(16, 100);
    Values dx(16, 1);
    Values dy(16);
    for (int i = 0; i < 16; ++i)
        x[std::size_t(i)] = dy[std::size_t(i)] = i;
    reference.pad_shortcut(g, view(x, 1), view(y, 4));
    CHECK(y ==
          Values{100, 100, 100, 100, 100, 102, 100, 100, 100, 108, 100, 100, 100, 110, 100, 100});
    reference.pad_shortcut_backward(g, view(dy, 4), view(dx, 1));
    CHECK(dx == Values{2, 1, 6, 1, 1, 1, 1, 1, 10, 1, 14, 1, 1, 1, 1, 1});
    const Convolution odd{2, {2, 5, 3}, {5, 3, 2}, {1, 1}, {2, 2}, {0, 0}, 1};
    const Values probe = numbers(Map{2, odd.out}.size(), 1);
    Values gradient(std::size_t(Map{2, odd.in}.size()));
    reference.pad_shortcut_backward(odd, view(probe, 5), view(gradient, 2));
    const auto loss = [&](const Values& v) {
        Values out(probe.size());
        reference.pad_shortcut(odd, view(v, 2), view(out, 5));
        return dot(out, probe);
    };
    CHECK(apart(gradient, differences(numbers(long(gradient.size()), 2), loss)) < accuracy);
}

TEST_CASE("Reference: softmax and cross entropy against known values and central differences") {
    Values z(20);
    Values losses(4, undefined);
    Values hits(4, undefined);
    Values dz(20, undefined);
    for (int b = 0; b < 4; ++b)
        for (int c = 0; c < 5; ++c)
            z[std::size_t(5 * b + c)] = 2 * std::sin(.7 * b + 1.3 * c + .1);
    const std::vector<int> labels{0, 2, 1, 4};
    const auto mean = [&](const Values& v) {
        reference.softmax_cross_entropy({4, 5, view(v, 5), labels.data()}, 0.25, {}, losses.data(),
                                        hits.data());
        return reference.sum(4, losses.data()) / 4;
    };
    CHECK(mean(z) == doctest::Approx(1.9161948205498387).epsilon(1e-14));
    for (int b = 0; b < 4; ++b) {
        const auto row = z.begin() + 5 * b;
        CHECK(hits[std::size_t(b)] ==
              (std::max_element(row, row + 5) - row == labels[std::size_t(b)]));
    }
    reference.softmax_cross_entropy({4, 5, view(z, 5), labels.data()}, 0.25, view(dz, 5),
                                    losses.data(), hits.data());
    CHECK(apart(dz, differences(z, mean)) < accuracy);

    // would overflow without the maximum subtracted; a tie goes to the first
    const Values large{1000, 0, 1000, 5, 5, 5};
    const std::vector<int> two{1, 0};
    reference.softmax_cross_entropy({2, 3, view(large, 3), two.data()}, 1, {}, losses.data(),
                                    hits.data());
    CHECK(losses[0] == doctest::Approx(1000 + std::log(2.0)));
    CHECK(losses[1] == doctest::Approx(std::log(3.0)));
    CHECK(hits[0] == 0);
    CHECK(hits[1] == 1);
    const std::vector<int> outside{3, 0};
    const backend::LabeledLogits<double> labeled{2, 3, view(large, 3), outside.data()};
    CHECK_THROWS_WITH_AS(
        reference.softmax_cross_entropy(labeled, 1, {}, losses.data(), hits.data()),
        "the label of row 0 is 3: expected one in [0, 3)", Error);
}
