// SPDX-License-Identifier: Apache-2.0
// cpu_matrix_unit: products by a matrix unit, against sums in double: by this processor's where it
// has one, and everywhere by loops that do what such a unit does.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <collab/backend/cpu/amx_pointwise.hpp>
#include <collab/backend/cpu/cpu.hpp>

#include "gapped.hpp"

using namespace collab;
using namespace collab::backend;
using namespace collab::backend::detail;

namespace {

/// Eight tiles in memory.
struct LoopUnit {
    std::uint32_t tile[8][unit_rows][unit_rows] = {};
    template <int Tile>
    void zero() {
        std::fill_n(tile[Tile][0], unit_words, 0u);
    }
    template <int Tile, class U>
    void load(const U* from, std::ptrdiff_t step) {
        for (int r = 0; r < unit_rows; ++r)
            for (int i = 0; i < unit_rows; ++i)
                tile[Tile][r][i] = std::bit_cast<std::uint32_t>(from[r * step + i]);
    }
    template <int Tile>
    void store(float* to, std::ptrdiff_t step) {
        for (int r = 0; r < unit_rows; ++r)
            for (int i = 0; i < unit_rows; ++i)
                to[r * step + i] = std::bit_cast<float>(tile[Tile][r][i]);
    }
    template <int Sum, int A, int B>
    void multiply() {
        const auto first = [](std::uint32_t w) { return std::bit_cast<float>(w << 16); };
        const auto second = [](std::uint32_t w) { return std::bit_cast<float>(w & 0xffff0000u); };
        for (int m = 0; m < unit_rows; ++m)
            for (int n = 0; n < unit_rows; ++n) {
                float sum = std::bit_cast<float>(tile[Sum][m][n]);
                for (int j = 0; j < unit_rows; ++j)
                    sum += first(tile[A][m][j]) * first(tile[B][j][n]) +
                           second(tile[A][m][j]) * second(tile[B][j][n]);
                tile[Sum][m][n] = std::bit_cast<std::uint32_t>(sum);
            }
    }
};

InputTransform<float> load(const Gapped& map) {
    return {map.view(), map.channels};
}

struct Distance {
    double difference = 0;
    double size = 0;
    double largest = 0;
    double largest_difference = 0;
    void add(double is, double should) {
        const double d =
            std::isfinite(is) ? std::abs(is - should) : std::numeric_limits<double>::infinity();
        difference += d * d;
        size += should * should;
        largest = std::max(largest, std::abs(should));
        largest_difference = std::max(largest_difference, d);
    }
    void check() const {
        // float's own sums of as many terms: 1e-7 to 6e-7
        CHECK(std::sqrt(difference / size) < 8e-7);
        CHECK(largest_difference / largest < 2e-6);
    }
};

struct Sizes {
    int pixels, in, out, gap;
    std::string name() const {
        return std::to_string(pixels) + " pixels, " + std::to_string(in) + " -> " +
               std::to_string(out) + ", gap " + std::to_string(gap);
    }
    Convolution convolution() const {
        Convolution g;
        g.batch = pixels;
        g.in = {in, 1, 1};
        g.out = {out, 1, 1};
        return g;
    }
};
// Whole tiles and not, one tile and several, one unit and several, sums in one sweep and in
// squares.
const Sizes sizes[] = {{128, 64, 64, 0},  {37, 1, 1, 2},      {129, 65, 100, 3},
                       {300, 160, 70, 0}, {1100, 64, 96, 1},  {1024, 33, 48, 0},
                       {200, 512, 80, 0}, {96, 100, 520, 16}, {4100, 20, 36, 0}};

const bool unit_is_there = MatrixUnit::present();

/// dx and dw, which begins at 0.5, in double.
struct Gradients {
    std::vector<double> input, weights;
    Gradients(const Sizes& s, const Gapped& x, const Gapped& dy, const Gapped& w)
        : input(std::size_t(s.pixels * s.in)),
          weights(std::size_t(s.in * s.out), 0.5) {
        for (int p = 0; p < s.pixels; ++p)
            for (int i = 0; i < s.in; ++i) {
                double sum = 0;
                for (int o = 0; o < s.out; ++o) {
                    sum += dy(p, o) * w(i, o);
                    weights[std::size_t(i * s.out + o)] += x(p, i) * dy(p, o);
                }
                input[std::size_t(p * s.in + i)] = sum;
            }
    }
};

template <class Unit>
void check_products(const Sizes& s) {
    CAPTURE(s.name());
    CpuContext threads(2);
    const Convolution g = s.convolution();
    const Gapped x(s.pixels, s.in, s.gap, 1);
    const Gapped dy(s.pixels, s.out, s.gap, 2);
    const Gapped w(s.in, s.out, 0, 3);
    const Gapped bias(1, s.out, 0, 4);
    Gapped y(s.pixels, s.out, s.gap, 5);
    Gapped dx(s.pixels, s.in, s.gap, 6);

    Epilogue<float> to_y(y.view(), s.out);
    unit_sweep<Unit>(threads, g, false, load(x), w.data.data(), bias.data.data(), to_y);
    Distance forward;
    for (int p = 0; p < s.pixels; ++p)
        for (int o = 0; o < s.out; ++o) {
            double sum = bias(0, o);
            for (int i = 0; i < s.in; ++i)
                sum += x(p, i) * w(i, o);
            forward.add(y(p, o), sum);
        }
    forward.check();
    CHECK(y.gaps_untouched());

    const Gradients expected(s, x, dy, w);
    const auto check_dx = [&] {
        Distance d;
        for (int p = 0; p < s.pixels; ++p)
            for (int i = 0; i < s.in; ++i)
                d.add(dx(p, i), expected.input[std::size_t(p * s.in + i)]);
        d.check();
        CHECK(dx.gaps_untouched());
    };
    const auto check_dw = [&](const std::vector<float>& dw) {
        Distance d;
        for (std::size_t i = 0; i < dw.size(); ++i)
            d.add(double(dw[i]), expected.weights[i]);
        d.check();
    };
    Epilogue<float> to_dx(dx.view(), s.in);
    unit_sweep<Unit>(threads, g, true, load(dy), w.data.data(), nullptr, to_dx);
    check_dx();
    std::fill(dx.data.begin(), dx.data.end(), Gapped::mark);
    std::vector<float> dw(std::size_t(s.in * s.out), 0.5f);
    std::vector<float> again = dw;
    unit_backward<Unit>(threads, g, load(x), load(dy), w.data.data(), dw.data(), to_dx);
    check_dx();
    check_dw(dw);
    unit_weight_gradient<Unit>(threads, g, load(x), load(dy), again.data());
    check_dw(again);
    CpuContext one(1);
    std::vector<float> alone(dw.size(), 0.5f);
    const auto dx_of_two = dx.data;
    unit_backward<Unit>(one, g, load(x), load(dy), w.data.data(), alone.data(), to_dx);
    CHECK(alone == dw);
    CHECK(dx.data == dx_of_two);
}

/// One product of two numbers.
template <class Unit>
float multiplied(float a, float b) {
    float from_a[2 * unit_words] = {};
    float from_b[2 * unit_words] = {};
    float sums[unit_words];
    Word split_a[split_words], split_b[split_words];
    from_a[0] = a;
    from_b[0] = b;
    split_tile(from_a, unit_rows, unit_words, split_a);
    split_tile(from_b, unit_rows, unit_words, split_b);
    Unit unit;
    Prefetcher nothing;
    unit_product<1, 1>(unit, {split_a, split_b, 0, 0, 1, sums, 0, 0, unit_rows, &nothing}, false);
    return sums[0];
}

template <class Unit>
void check_numbers() {
    std::mt19937_64 random(7);
    std::uniform_real_distribution<float> uniform(1, 2);
    double worst = 0;
    for (int i = 0; i < 1000; ++i) {
        const float a = uniform(random);
        const float b = uniform(random);
        worst =
            std::max(worst, std::abs(double(multiplied<Unit>(a, b)) / (double(a) * double(b)) - 1));
    }
    CHECK(worst < 5e-7);  // 2^-21
    CHECK(worst > 1e-8);  // of float, and not of something wider
    const float most = std::numeric_limits<float>::max();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(multiplied<Unit>(most, 1) == doctest::Approx(most));
    CHECK(multiplied<Unit>(-1e-30f, 3e10f) == doctest::Approx(-3e-20));
    CHECK_FALSE(std::isfinite(multiplied<Unit>(most, 2)));
    for (const float bad : {nan, infinity, -infinity}) {  // never a number again
        CHECK(std::isnan(multiplied<Unit>(bad, 1)));
        CHECK(std::isnan(multiplied<Unit>(0.5f, bad)));
    }
}

}  // namespace

TEST_CASE("products by a matrix unit, in loops: all sizes, forward and both gradients") {
    for (const Sizes& s : sizes)
        check_products<LoopUnit>(s);
}

TEST_CASE("products of split numbers, in loops, are as exact as float's") {
    check_numbers<LoopUnit>();
}

#ifdef COLLAB_MATRIX_UNIT
TEST_CASE("products by this processor's matrix unit: all sizes, forward and both gradients" *
          doctest::skip(!unit_is_there)) {
    for (const Sizes& s : sizes)
        check_products<MatrixUnit>(s);
}

TEST_CASE("products of split numbers by this processor's matrix unit are as exact as float's" *
          doctest::skip(!unit_is_there)) {
    check_numbers<MatrixUnit>();
}

TEST_CASE("the matrix unit takes large 1x1 convolutions, unless it is not wanted" *
          doctest::skip(!unit_is_there)) {
    Convolution g;
    g.batch = 4;
    g.in = {96, 8, 8};
    g.out = {128, 8, 8};
    const Gapped x(256, 96, 0, 1);
    const Gapped w(96, 128, 0, 2);
    const auto compute = [&](CpuOptions options, int threads) {
        Cpu<float> cpu(threads, options);
        Gapped y(256, 128, 0, 3);
        cpu.conv2d(g, x.view(), w.data.data(), nullptr, y.view());
        return y.data;
    };
    const auto unit = compute({}, 1);
    const auto direct = compute({.matrix_unit = false}, 1);
    CHECK(unit != direct);
    CHECK(unit == compute({}, 2));
    Distance d;
    for (std::size_t i = 0; i < unit.size(); ++i)
        d.add(double(unit[i]), double(direct[i]));
    d.check();
}
#endif
