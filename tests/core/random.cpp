// SPDX-License-Identifier: Apache-2.0
// random: the published answers of Philox4x32-10, and the distributions made of it.
#include <collab/core/random.hpp>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace collab;

constexpr bool equal(const Words& w, std::uint32_t a, std::uint32_t b, std::uint32_t c,
                     std::uint32_t d) {
    return w.w[0] == a && w.w[1] == b && w.w[2] == c && w.w[3] == d;
}

constexpr std::uint64_t ones = ~0ull;
// known answers of Random123, also as constants
static_assert(equal(Random{0, 0}(0), 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
static_assert(equal(Random{ones, ones}(ones), 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));

}  // namespace

TEST_CASE("Philox gives its published answers") {
    CHECK(equal(Random{0, 0}(0), 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
    CHECK(equal(Random{ones, ones}(ones), 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
    // Digits of pi: the counter is 243f6a88 85a308d3 13198a2e 03707344, the key a4093822 299f31d0.
    CHECK(equal(Random{0x299f31d0a4093822ull, 0x0370734413198a2eull}(0x85a308d3243f6a88ull),
                0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

TEST_CASE("word i is word i mod 4 of block i / 4") {
    const Random random{11, 12};
    for (std::uint64_t i = 0; i < 40; ++i)
        CHECK(random.word(i) == random(i / 4).w[i % 4]);
}

TEST_CASE("seeds, streams and indices all make a difference") {
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 8; ++seed)
        for (std::uint64_t stream = 0; stream < 8; ++stream)
            for (std::uint64_t index = 0; index < 8; ++index) {
                const Words w = Random{seed, stream}(index);
                seen.insert(std::uint64_t(w.w[0]) << 32 | w.w[1]);
            }
    CHECK(seen.size() == 512);
}

TEST_CASE("children of a generator differ from it, from one another and from their own children") {
    const Random parent{1, 0};
    std::set<std::uint64_t> streams = {parent.stream};
    for (std::uint64_t name = 0; name < 1000; ++name) {
        const Random child = parent.child(name);
        CHECK(child.seed == parent.seed);
        streams.insert(child.stream);
        streams.insert(child.child(0).stream);
    }
    CHECK(streams.size() == 2001);
    CHECK(parent.child(3).stream == parent.child(3).stream);
    CHECK(parent.child(3).word(0) != Random{2, 0}.child(3).word(0));
}

TEST_CASE("uniform lies in [0, 1), has the right mean and variance, and is the same in float and "
          "double") {
    static_assert(uniform<float>(0) == 0 && uniform<float>(0xffffffffu) < 1);
    CHECK(uniform<double>(0xffffffffu) == 1 - 1.0 / 16777216);
    CHECK(uniform<float>(0x80000000u) == 0.5f);
    const Random random{3, 4};
    const int n = 200000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; ++i) {
        const std::uint32_t word = random.word(static_cast<std::uint64_t>(i));
        const double u = uniform<double>(word);
        REQUIRE(u >= 0);
        REQUIRE(u < 1);
        REQUIRE(static_cast<double>(uniform<float>(word)) == u);
        sum += u;
        squares += u * u;
    }
    // four standard errors; the numbers are always the same
    CHECK(std::abs(sum / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
    CHECK(std::abs(squares / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
}

TEST_CASE("below stays below and reaches every number about equally often") {
    static_assert(below(0, 7) == 0 && below(0xffffffffu, 7) == 6 && below(0xffffffffu, 1) == 0);
    const Random random{5, 6};
    const std::uint32_t sides = 7;
    const int n = 70000;
    std::vector<int> seen(sides);
    for (int i = 0; i < n; ++i) {
        const std::uint32_t k = below(random.word(static_cast<std::uint64_t>(i)), sides);
        REQUIRE(k < sides);
        ++seen[k];
    }
    for (const int s : seen)
        CHECK(std::abs(s - 10000) < 4 * 93);  // sqrt(n p (1 - p)) = 93
}

TEST_CASE("normal has mean 0, variance 1, light tails and independent halves") {
    const Random random{7, 8};
    const int n = 100000;
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    double product = 0;
    for (int i = 0; i < n; ++i) {
        const Words w = random(static_cast<std::uint64_t>(i));
        const auto [a, b] = normal(w.w[0], w.w[1]);
        sum += a + b;
        squares += a * a + b * b;
        fourth += a * a * a * a + b * b * b * b;
        product += a * b;
    }
    CHECK(std::abs(sum / (2 * n)) < 4 / std::sqrt(2.0 * n));
    CHECK(std::abs(squares / (2 * n) - 1) < 4 * std::sqrt(2.0 / (2 * n)));
    CHECK(std::abs(fourth / (2 * n) - 3) < 4 * std::sqrt(96.0 / (2 * n)));
    CHECK(std::abs(product / n) < 4 / std::sqrt(1.0 * n));
    const auto [x, y] = normal(0, 0);  // the ends are finite
    CHECK(std::isfinite(x));
    CHECK(std::isfinite(y));
    CHECK(std::isfinite(normal(0xffffffffu, 0xffffffffu).first));
}
