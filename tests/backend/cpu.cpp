// SPDX-License-Identifier: Apache-2.0
// cpu: what the conformance suite does not ask of the CPU backend: large maps, threads,
// cancellation, NaN, memory.
#include <collab/backend/cpu/cpu.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <tbb/global_control.h>

namespace {

using namespace collab;
using backend::Map;

template <class B>
concept Everything =
    Backend<B> && ConvolutionBackend<B> && ProductBackend<B> && ActivationBackend<B> &&
    NormalizationBackend<B> && PoolingBackend<B> && DropoutBackend<B> && ShortcutBackend<B> &&
    ChannelBackend<B> && CrossEntropyBackend<B>;
static_assert(Everything<Cpu<float>> && Everything<Cpu<double>>);
static_assert(std::is_nothrow_move_constructible_v<Cpu<>> &&
              std::is_nothrow_move_assignable_v<Cpu<>>);

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Numbers in [low, high) that depend on the stream alone.
std::vector<float> numbers(std::size_t n, std::uint64_t stream, float low = -1, float high = 1) {
    const Random random{7, stream};
    std::vector<float> v(n);
    for (std::size_t i = 0; i < n; ++i)
        v[i] = low + (high - low) * uniform(random.word(i));
    return v;
}
std::size_t count(const Map& map) {
    return static_cast<std::size_t>(map.size());
}
View<float> whole(std::vector<float>& v, int channels) {
    return {v.data(), channels};
}
View<const float> whole(const std::vector<float>& v, int channels) {
    return {v.data(), channels};
}

using Outputs = std::vector<std::vector<float>>;

/// The operands of every operation on maps of many pieces; `gap` floats lie between pixels.
struct Operands {
    Map map;
    int wide;
    std::size_t n = static_cast<std::size_t>(map.pixels() * wide);
    std::size_t channels = static_cast<std::size_t>(map.dims.channels);
    std::vector<float> x = numbers(n, 1);
    std::vector<float> dy = numbers(n, 2);
    std::vector<float> gamma = numbers(channels, 3, 0.5f, 2);
    std::vector<float> beta = numbers(channels, 4);
    std::vector<float> y = std::vector<float>(n);
    std::vector<float> dx = std::vector<float>(n);
    std::vector<float> dbeta = std::vector<float>(channels);
    Outputs out{};

    Operands(const Map& m, int gap) : map(m), wide(m.dims.channels + gap) {}
    View<const float> vx() const { return {x.data(), wide}; }
    View<const float> vdy() const { return {dy.data(), wide}; }
    View<float> vy() { return {y.data(), wide}; }
    View<float> vdx() { return {dx.data(), wide}; }
};

void elementwise(Cpu<float>& cpu, Operands& o) {
    cpu.activate(o.map, EluFunction{}, o.vx(), o.vy());
    o.out.push_back(o.y);
    cpu.activate_backward(o.map, EluFunction{}, o.vy(), o.vdy(), o.vdx());
    o.out.push_back(o.dx);
    cpu.add(o.map, o.vx(), o.vy());
    o.out.push_back(o.y);
    cpu.dropout(o.map, 0.3, Random{5, 6}, o.vx(), o.vy());
    o.out.push_back(o.y);
}
void normalizations(Cpu<float>& cpu, Operands& o) {
    std::vector<float> mean(o.channels);
    std::vector<float> variance(o.channels, 1);
    std::vector<float> saved(2 * o.channels);
    std::vector<float> dgamma(o.channels);
    const backend::Affine<float> affine{o.gamma.data(), o.beta.data()};
    cpu.batch_norm(o.map, EluFunction{}, o.vx(), affine,
                   {{}, mean.data(), variance.data(), saved.data()}, o.vy());
    cpu.batch_norm_backward(o.map, EluFunction{},
                            {o.vx(), o.vy(), o.vdy(), saved.data(), dgamma.data(), o.dbeta.data()},
                            o.gamma.data(), o.vdx());
    for (const auto& v : {o.y, mean, variance, saved, dgamma, o.dbeta, o.dx})
        o.out.push_back(v);
    cpu.batch_norm_inference(o.map, ReluFunction{}, o.vx(), affine, {mean.data(), variance.data()},
                             o.vy());
    o.out.push_back(o.y);
}
Dims half_of(const Dims& d) {
    return {d.channels, (d.height + 1) / 2, (d.width + 1) / 2};
}
void pools(Cpu<float>& cpu, Operands& o) {
    const backend::Pooling pool{o.map.batch, o.map.dims, half_of(o.map.dims),
                                {3, 3},      {2, 2},     {1, 1}};
    const auto keep = [&] {
        o.out.push_back(o.y);
        o.out.push_back(o.dx);
    };
    cpu.max_pool(pool, o.vx(), o.vy());
    cpu.max_pool_backward(pool, o.vx(), o.vy(), o.vdy(), o.vdx());
    keep();
    cpu.average_pool(pool, o.vx(), o.vy());
    cpu.average_pool_backward(pool, o.vdy(), o.vdx());
    keep();
    cpu.adaptive_average_pool(pool, o.vx(), o.vy());
    cpu.adaptive_average_pool_backward(pool, o.vdy(), o.vdx());
    keep();
}
void products(Cpu<float>& cpu, Operands& o) {
    const int c = o.map.dims.channels;
    backend::Convolution g{o.map.batch, o.map.dims, half_of(o.map.dims), {1, 1}, {2, 2}};
    cpu.pad_shortcut(g, o.vx(), o.vy());
    cpu.pad_shortcut_backward(g, o.vdy(), o.vdx());
    o.out.push_back(o.y);
    o.out.push_back(o.dx);
    g.kernel = {3, 3};
    g.pad = {1, 1};
    const std::vector<float> w = numbers(static_cast<std::size_t>(g.weights()), 8);
    std::vector<float> dw(w.size());
    cpu.conv2d(g, o.vx(), w.data(), o.beta.data(), o.vy());
    o.out.push_back(o.y);
    cpu.conv2d_input_gradient(g, o.vdy(), w.data(), nullptr, o.vdx());
    o.out.push_back(o.dx);
    cpu.conv2d_weight_gradient(g, o.vx(), o.vdy(), dw.data());
    o.out.push_back(dw);
    cpu.bias_gradient(o.map, o.vdy(), o.dbeta.data());
    o.out.push_back(o.dbeta);
    const backend::Product product{o.map.batch * o.map.dims.height, c, c};
    cpu.linear(product, o.vx(), w.data(), o.beta.data(), o.vy());
    o.out.push_back(o.y);
    cpu.linear_input_gradient(product, o.vdy(), w.data(), o.vdx());
    o.out.push_back(o.dx);
    cpu.linear_weight_gradient(product, o.vx(), o.vdy(), dw.data());
    o.out.push_back(dw);
}
void losses_and_loops(Cpu<float>& cpu, Operands& o) {
    const int c = o.map.dims.channels;
    const int rows = static_cast<int>(o.map.pixels());
    std::vector<int> labels(static_cast<std::size_t>(rows));
    for (int i = 0; i < rows; ++i)
        labels[static_cast<std::size_t>(i)] = i % c;
    std::vector<float> losses(labels.size());
    std::vector<float> hits(labels.size());
    std::vector<float> z(o.n);
    cpu.softmax_cross_entropy({rows, c, o.vx(), labels.data()}, 0.5f, {z.data(), o.wide},
                              losses.data(), hits.data());
    for (const auto& v : {losses, hits, z})
        o.out.push_back(v);
    const double sum = cpu.sum(o.x.size(), o.x.data());
    o.out.push_back({static_cast<float>(sum),
                     static_cast<float>(sum - static_cast<double>(static_cast<float>(sum)))});
    cpu.for_each(o.n, [p = o.y.data(), q = o.x.data()](std::size_t i) { p[i] = q[i] * q[i]; });
    o.out.push_back(o.y);
    cpu.copy(o.map, o.vx(), o.vy());
    o.out.push_back(o.y);
    cpu.fill(o.n, 3.f, o.y.data());
    o.out.push_back(o.y);
}

/// What every operation leaves.
Outputs everything(Cpu<float>& cpu, const Map& map, int gap) {
    Operands o(map, gap);
    elementwise(cpu, o);
    normalizations(cpu, o);
    pools(cpu, o);
    products(cpu, o);
    losses_and_loops(cpu, o);
    return o.out;
}

void check_same_bits(const Outputs& a, const Outputs& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(i);
        CHECK(std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)) == 0);
    }
}

}  // namespace

TEST_CASE("the CPU backend gives the same bits on one, two and three threads") {
    // however few cores there are
    const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, 3);
    Cpu<float> one(1);
    Cpu<float> two(2);
    Cpu<float> three(3);
    for (const Map& map :
         {Map{40, {24, 17, 19}}, Map{32, {3, 33, 31}}, Map{6, {1, 129, 130}}, Map{30, {260, 7, 9}}})
        for (const int gap : {0, 5}) {
            CAPTURE(map.dims.channels);
            CAPTURE(gap);
            const Outputs expected = everything(one, map, gap);
            for (const auto& y : expected)
                CHECK(!std::isnan(y[0]));
            check_same_bits(expected, everything(two, map, gap));
            // another schedule of the same threads
            check_same_bits(expected, everything(two, map, gap));
            check_same_bits(expected, everything(three, map, gap));
        }
}

TEST_CASE("the CPU backend's workspace does not grow when calls are repeated") {
    Cpu<float> cpu(1);
    CHECK(cpu.workspace_bytes() == 0);
    const Map map{16, {24, 17, 19}};
    everything(cpu, map, 0);
    const std::size_t bytes = cpu.workspace_bytes();
    CHECK(bytes > 0);
    everything(cpu, map, 0);
    CHECK(cpu.workspace_bytes() == bytes);
}

TEST_CASE("the CPU backend refuses a number of threads that is none") {
    CHECK_THROWS_WITH_AS(
        Cpu<float>(-2),
        "the CPU backend was asked for -2 threads; expected 0, for one per core, or more", Error);
    CHECK(Cpu<float>(3).threads() == 3);
    CHECK(Cpu<float>(0).threads() >= 1);
}
TEST_CASE("the CPU backend says what it is and survives being moved") {
    Cpu<float> cpu(2);
    CHECK(cpu.threads() == 2);
    CHECK(cpu.describe().starts_with("Cpu, float, 2 threads, "));
    CHECK(cpu.describe().find(" lanes") != std::string::npos);
    CHECK(cpu.describe().ends_with(", matrix unit") == backend::detail::MatrixUnit::present());
    CHECK(Cpu<float>(1, {.matrix_unit = false}).describe().ends_with(" lanes"));
    CHECK(Cpu<double>(1).describe().starts_with("Cpu, double, 1 thread, "));
    CHECK(Cpu<>().threads() >= 1);
    Cpu<float> moved = std::move(cpu);
    const std::vector<float> x(50000, 1);
    CHECK(moved.sum(x.size(), x.data()) == 50000);
    cpu = std::move(moved);
    CHECK(cpu.sum(x.size(), x.data()) == 50000);
}

TEST_CASE("memory of the CPU backend is zero, aligned, and goes with its owner") {
    Cpu<float> cpu(1);
    auto a = cpu.allocate<float>(1001);
    CHECK(a.size() == 1001);
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    for (std::size_t i = 0; i < a.size(); ++i)
        REQUIRE(a.data()[i] == 0);
    const std::vector<float> host = numbers(1001, 1);
    cpu.upload(host.data(), host.size(), a.data());
    const float* place = a.data();
    Cpu<float>::Buffer<float> b = std::move(a);
    CHECK(b.data() == place);
    CHECK(a.data() == nullptr);  // NOLINT: what a moved-from owner is belongs to its contract
    CHECK(a.size() == 0);
    std::vector<float> back(1001);
    cpu.download(b.data(), back.size(), back.data());
    CHECK(back == host);
    auto labels = cpu.allocate<int>(3);
    cpu.fill(3, 7, labels.data());
    CHECK(labels.data()[2] == 7);
    CHECK(cpu.allocate<float>(0).size() == 0);
    cpu.fill(0, 1.f, static_cast<float*>(nullptr));
}

TEST_CASE("for_each and for_rows call every index once") {
    Cpu<float> cpu(2);
    for (const std::size_t n : {std::size_t(0), std::size_t(1), std::size_t(16384),
                                std::size_t(16385), std::size_t(100001)}) {
        std::vector<int> calls(n);
        cpu.for_each(n, [p = calls.data()](std::size_t i) { ++p[i]; });
        for (const int c : calls)
            REQUIRE(c == 1);
    }
    for (const int n : {0, 1, 5, 4096, 9000}) {
        std::vector<int> calls(static_cast<std::size_t>(n));
        cpu.for_rows(n, [p = calls.data()](int i) { ++p[i]; });
        for (const int c : calls)
            REQUIRE(c == 1);
    }
}

TEST_CASE("a sum is taken in double") {
    Cpu<float> cpu(2);
    std::vector<float> x(1000003, 1.f / 1024);
    x[5] = 16777216;
    CHECK(cpu.sum(x.size(), x.data()) == 16777216 + 1000002.0 / 1024);
    CHECK(cpu.sum(0, x.data()) == 0);
    CHECK(cpu.sum(3, x.data()) == 3.0 / 1024);
}

namespace {
/// Of values about 1000 with stddev 1; with `outlier`, the first pixel, about which the sums are
/// taken, is 0.
void check_large_mean(Cpu<float>& cpu, int channels, int gap, bool outlier) {
    const Map map{8, {channels, 31, 33}};
    const int wide = channels + gap;
    const std::size_t n = static_cast<std::size_t>(map.pixels() * wide);
    const std::size_t c = static_cast<std::size_t>(channels);
    std::vector<float> x(n);
    std::vector<float> y(n);
    std::vector<float> gamma(c, 2);
    std::vector<float> beta(c, -1);
    std::vector<float> mean(c, 10);
    std::vector<float> variance(c, 5);
    std::vector<float> saved(2 * c);
    const Random random{3, 4};
    for (std::size_t i = 0; i < n; ++i)
        x[i] = 1000 + static_cast<float>(normal(random.word(2 * i), random.word(2 * i + 1)).first);
    if (outlier)
        for (std::size_t i = 0; i < c; ++i)
            x[i] = 0;
    cpu.batch_norm(map, Identity{}, {x.data(), wide}, {gamma.data(), beta.data()},
                   {{1e-5, 0.25}, mean.data(), variance.data(), saved.data()}, {y.data(), wide});
    const double pixels = static_cast<double>(map.pixels());
    const double close = outlier ? 1e-4 : 1e-5;
    for (std::size_t k = 0; k < c; ++k) {
        double m = 0;
        double v = 0;
        for (std::size_t i = k; i < n; i += static_cast<std::size_t>(wide))
            m += static_cast<double>(x[i]) / pixels;
        for (std::size_t i = k; i < n; i += static_cast<std::size_t>(wide))
            v += std::pow(static_cast<double>(x[i]) - m, 2) / pixels;
        REQUIRE(saved[k] == doctest::Approx(m).epsilon(1e-7));
        REQUIRE(saved[c + k] == doctest::Approx(1 / std::sqrt(v + 1e-5)).epsilon(close));
        REQUIRE(mean[k] == doctest::Approx(0.75 * 10 + 0.25 * m).epsilon(1e-6));
        REQUIRE(variance[k] ==
                doctest::Approx(0.75 * 5 + 0.25 * v * pixels / (pixels - 1)).epsilon(close));
        const std::size_t last = n - static_cast<std::size_t>(wide) + k;
        REQUIRE(y[last] ==
                doctest::Approx(2 * (static_cast<double>(x[last]) - m) / std::sqrt(v + 1e-5) - 1)
                    .epsilon(close));
    }
}
}  // namespace

TEST_CASE("batch normalization does not cancel where the mean is large beside the stddev") {
    Cpu<float> cpu(2);
    for (const int channels : {1, 3, 8, 64, 300})
        for (const int gap : {0, 1})
            for (const bool outlier : {false, true}) {
                CAPTURE(channels);
                CAPTURE(gap);
                CAPTURE(outlier);
                check_large_mean(cpu, channels, gap, outlier);
            }
}

TEST_CASE("sums behind a normalization are exact to the rounding of their results even where all "
          "terms are alike") {
    Cpu<float> cpu(1);
    // pixels in rows of 16 and of 4, and rows in two strips
    for (const Map map : {Map{4, {16, 16, 16}}, Map{4, {64, 8, 8}}, Map{1, {300, 8, 8}}}) {
        const int c = map.dims.channels;
        const std::size_t channels = std::size_t(c);
        const std::vector<float> x = numbers(count(map), 1, 0.99f, 1.01f);
        const std::vector<float> dy = numbers(count(map), 2, 1.88f, 1.92f);
        const std::vector<float> y(count(map), 1.0f);
        std::vector<float> saved(2 * channels);
        std::vector<float> dgamma(channels);
        std::vector<float> dbeta(channels);
        std::vector<float> sums(2 * channels);
        std::vector<float> g(count(map));
        std::fill(saved.begin() + c, saved.end(), 1.0f);
        const backend::NormalizationBackward<float> backward{
            whole(x, c), whole(y, c), whole(dy, c), saved.data(), dgamma.data(), dbeta.data()};
        // without an activation the gradient is not written
        for (const bool gated : {true, false}) {
            if (gated)
                cpu.normalized_sums(map, ReluFunction{}, backward, sums.data(), whole(g, c));
            else
                cpu.normalized_sums(map, Identity{}, backward, sums.data(), View<float>{});
            double squares = 0;
            for (std::size_t k = 0; k < channels; ++k) {
                double sum = 0;
                double product = 0;
                for (std::size_t i = k; i < x.size(); i += channels) {
                    sum += double(dy[i]);
                    product += double(dy[i]) * double(x[i]);
                }
                squares +=
                    std::pow(sums[k] / sum - 1, 2) + std::pow(sums[channels + k] / product - 1, 2);
            }
            // sums of 64 rows in float lose twice that
            CHECK(std::sqrt(squares / double(2 * channels)) < 4e-8);
        }
        CHECK(g == dy);
    }
}

TEST_CASE("a constant channel has variance zero and a finite normalization") {
    Cpu<float> cpu(1);
    const Map map{4, {2, 50, 50}};
    std::vector<float> x(count(map), 0.1f);
    std::vector<float> y(count(map));
    std::vector<float> gamma(2, 1);
    std::vector<float> beta(2, 3);
    std::vector<float> mean(2);
    std::vector<float> variance(2, 1);
    std::vector<float> saved(4);
    cpu.batch_norm(map, Identity{}, whole(std::as_const(x), 2), {gamma.data(), beta.data()},
                   {{1e-5, 1}, mean.data(), variance.data(), saved.data()}, whole(y, 2));
    CHECK(variance[0] == 0);
    CHECK(saved[2] == doctest::Approx(1 / std::sqrt(1e-5)));
    CHECK(y[77] == 3);
}

TEST_CASE("a NaN goes through activations, stays in its channel in a batch normalization and wins "
          "its pooling windows") {
    Cpu<float> cpu(1);
    const Map map{1, {18, 4, 4}};  // 18 channels: vector code and what is left of it
    for (const int channel : {0, 17}) {
        CAPTURE(channel);
        std::vector<float> x = numbers(count(map), 1);
        std::vector<float> y(count(map));
        std::vector<float> dx(count(map));
        const std::vector<float> ones(count(map), 1);
        const std::size_t place = static_cast<std::size_t>(5 * 18 + channel);  // pixel (1, 1)
        x[place] = not_a_number;
        const auto only = [&](std::size_t at) {
            for (std::size_t i = 0; i < y.size(); ++i)
                REQUIRE(std::isnan(y[i]) == (i == at));
        };
        cpu.activate(map, ReluFunction{}, whole(std::as_const(x), 18), whole(y, 18));
        only(place);
        cpu.activate(map, EluFunction{}, whole(std::as_const(x), 18), whole(y, 18));
        only(place);
        cpu.activate(map, LeakyReluFunction{}, whole(std::as_const(x), 18), whole(y, 18));
        only(place);
        cpu.activate(map, SigmoidFunction{}, whole(std::as_const(x), 18), whole(y, 18));
        only(place);
        const std::vector<float> beta(18, 0);
        std::vector<float> mean(18);
        std::vector<float> variance(18);
        std::vector<float> saved(36);
        cpu.batch_norm(map, ReluFunction{}, whole(std::as_const(x), 18), {ones.data(), beta.data()},
                       {{}, mean.data(), variance.data(), saved.data()}, whole(y, 18));
        for (std::size_t i = 0; i < y.size(); ++i)
            REQUIRE(std::isnan(y[i]) == (i % 18 == static_cast<std::size_t>(channel)));
        for (std::size_t i = 0; i < 18; ++i)
            REQUIRE(std::isnan(variance[i]) == (i == static_cast<std::size_t>(channel)));
        y.assign(y.size(), 0);
        for (const int kernel : {2, 4}) {  // windows of one step and of several
            const Dims out{18, 4 / kernel, 4 / kernel};
            const backend::Pooling g{1, map.dims, out, {kernel, kernel}, {kernel, kernel}};
            cpu.max_pool(g, whole(std::as_const(x), 18), whole(y, 18));
            only(static_cast<std::size_t>(channel));
            cpu.max_pool_backward(g, whole(std::as_const(x), 18), whole(std::as_const(y), 18),
                                  whole(ones, 18), whole(dx, 18));
            CHECK(dx[place] == 1);
            double total = 0;
            for (const float d : dx)
                total += static_cast<double>(d);
            CHECK(total == out.size());
            y.assign(y.size(), 0);
        }
    }
}

TEST_CASE("a pooling window larger than any step of the kernel is still one window") {
    Cpu<float> cpu(1);
    const Dims in{5, 13, 11};
    const Dims out{5, 1, 1};
    const Map map{2, in};
    std::vector<float> x = numbers(count(map), 1);
    std::vector<float> y(10);
    std::vector<float> dx(count(map));
    x[5 * 140 + 2] = 7;
    x[5 * 142 + 2] = 7;  // the first of two equal ones takes the gradient
    const backend::Pooling g{2, in, out, {13, 11}, {1, 1}};
    cpu.max_pool(g, whole(std::as_const(x), 5), whole(y, 5));
    CHECK(y[2] == 7);
    const std::vector<float> dy = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    cpu.max_pool_backward(g, whole(std::as_const(x), 5), whole(std::as_const(y), 5), whole(dy, 5),
                          whole(dx, 5));
    CHECK(dx[5 * 140 + 2] == 3);
    CHECK(dx[5 * 142 + 2] == 0);
    cpu.average_pool(g, whole(std::as_const(x), 5), whole(y, 5));
    double sum = 0;
    for (std::size_t p = 0; p < 143; ++p)
        sum += static_cast<double>(x[5 * p + 2]);
    CHECK(y[2] == doctest::Approx(sum / 143).epsilon(1e-6));
}

TEST_CASE("dropout keeps what its random words say, whatever the view") {
    Cpu<float> cpu(2);
    const Map map{11, {7, 23, 29}};
    const Random random{9, 10};
    for (const double p : {0.0, 0.25, 0.5, 1.0})
        for (const int gap : {0, 2}) {
            CAPTURE(p);
            CAPTURE(gap);
            const int wide = 7 + gap;
            const std::size_t n = static_cast<std::size_t>(map.pixels() * wide);
            const std::vector<float> x = numbers(n, 1, 1, 2);
            std::vector<float> y(n, -5);
            cpu.dropout(map, p, random, {x.data(), wide}, {y.data(), wide});
            for (std::size_t i = 0, c = 0, k = 0; i < n;
                 ++i, c = (c + 1) % static_cast<std::size_t>(wide)) {
                if (c >= 7) {
                    REQUIRE(y[i] == -5);  // a gap
                    continue;
                }
                REQUIRE(y[i] == (uniform<double>(random.word(k++)) < p
                                     ? 0.f
                                     : x[i] / static_cast<float>(1 - p)));
            }
        }
}

TEST_CASE("the vector code's exponential is accurate to 3e-7") {
    double worst = 0;
    for (float x = 0; x > -86.9f; x -= 0.00137f) {
        const double exact = std::exp(static_cast<double>(x));
        worst = std::max(
            worst, std::abs(static_cast<double>(backend::detail::exponential(x)) - exact) / exact);
    }
    CHECK(worst < 3e-7);
    CHECK(backend::detail::exponential(0.f) == 1);
    CHECK(backend::detail::exponential(-1000.f) < 1e-37f);
    CHECK(std::isnan(backend::detail::exponential(not_a_number)));
}

TEST_CASE(
    "cross entropy survives large logits, keeps small gradients and breaks ties by the first") {
    Cpu<float> cpu(1);
    const std::vector<float> x = {10000, 9970, 9000, 5, 5, 5, -10000, 0, 0};
    const std::vector<int> labels = {1, 0, 2};
    std::vector<float> d(9);
    std::vector<float> losses(3);
    std::vector<float> hits(3);
    cpu.softmax_cross_entropy({3, 3, whole(x, 3), labels.data()}, 2, whole(d, 3), losses.data(),
                              hits.data());
    CHECK(losses[0] == doctest::Approx(30));
    CHECK(losses[1] == doctest::Approx(std::log(3.0)));
    CHECK(losses[2] == doctest::Approx(std::log(2.0)));
    CHECK(hits == std::vector<float>{0, 1, 0});
    CHECK(d[0] == doctest::Approx(2));
    CHECK(d[3] == doctest::Approx(2.0 / 3 - 2));
    CHECK(d[8] == doctest::Approx(-1));
    const std::vector<float> sure = {20, 0};
    const int label = 0;
    cpu.softmax_cross_entropy({1, 2, whole(sure, 2), &label}, 1, whole(d, 2), losses.data(),
                              hits.data());
    CHECK(d[1] == doctest::Approx(std::exp(-20.0)).epsilon(1e-6));
    losses[0] = 0;
    // no gradient asked for
    cpu.softmax_cross_entropy({1, 3, whole(x, 3), labels.data()}, 1, {}, losses.data(),
                              hits.data());
    CHECK(losses[0] == doctest::Approx(30));
}

TEST_CASE(
    "cross entropy of a NaN is NaN, and a label outside the classes is an error that names it") {
    Cpu<float> cpu(1);
    std::vector<float> x = numbers(40, 1);
    std::vector<float> d(40);
    std::vector<float> losses(2);
    std::vector<float> hits(2);
    x[25] = not_a_number;
    std::vector<int> labels = {3, 5};
    const backend::LabeledLogits<float> labeled{2, 20, whole(std::as_const(x), 20), labels.data()};
    cpu.softmax_cross_entropy(labeled, 1, whole(d, 20), losses.data(), hits.data());
    CHECK(!std::isnan(losses[0]));
    CHECK(std::isnan(losses[1]));
    CHECK(hits[1] == 0);
    labels[1] = 20;
    CHECK_THROWS_WITH_AS(
        cpu.softmax_cross_entropy(labeled, 1, whole(d, 20), losses.data(), hits.data()),
        "softmax_cross_entropy: label 20 in row 1: expected 0 to 19", Error);
}

TEST_CASE("an exception of a piece reaches the caller") {
    Cpu<float> cpu(2);
    CHECK_THROWS_AS(cpu.for_rows(100,
                                 [](int i) {
                                     if (i == 57)
                                         fail("row ", i);
                                 }),
                    Error);
    std::atomic<int> calls = 0;
    cpu.for_rows(100, [&](int) { ++calls; });
    CHECK(calls == 100);
}
