// SPDX-License-Identifier: Apache-2.0
// neighbors: every pair of layers, and every two that an activation lies between, on the CPU
// backend beside the reference.
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/collab.hpp>

#include "bend.hpp"
#include "beside.hpp"

using namespace collab;
using namespace collab::trial;

namespace {

// At least 16 channels: depthwise convolutions of 3x3 then fuse, too.
using Map = Shape<16, 4, 4>;
struct somewhere;
using Convolution = Conv2d<16, 3>;
using Block = Residual<Layers<Convolution, BatchNorm>>;  // offers a gate, takes one
using PlainBlock = Residual<Layers<Conv2d<16, 1>>>;      // takes one
using Projected = Residual<Layers<Convolution, BatchNorm>, Layers<Conv2d<16, 1>>>;  // offers one
using Padded = Residual<Layers<Conv2d<16, 1>, BatchNorm>, PadShortcut>;             // offers one
using PreActivated = Residual<Layers<BatchNorm, Relu, Convolution>>;                // neither
using Nested = Residual<Layers<Block, Relu, Conv2d<16, 1>, BatchNorm>>;             // offers one
using Knowledge =
    MutualKnowledge<Layers<Conv2d<4, 1>, BatchNorm, Relu>, Layers<Conv2d<4, 3>, BatchNorm, Relu>,
                    Layers<Conv2d<16, 1>, BatchNorm, Relu>, SumMerge>;

/// Layers that keep the shape, so that they may follow each other in any order, and that draw no
/// random numbers.
using Kinds =
    Pack<Convolution, Conv2d<16, 1, Bias>, DepthwiseConv2d<3>, ConvTranspose2d<16, 3, Pad<1>>,
         BatchNorm, Relu, Bend, MaxPool<3, Stride<1>, Pad<1>>, Cut<somewhere>, Block, PlainBlock,
         Projected, Padded, PreActivated, Nested,
         Concat<Layers<Conv2d<8, 1>, BatchNorm, Relu>, Layers<Conv2d<8, 1>>>,
         Layers<DenseBlock<Layers<Conv2d<16, 1>>>, Maxout<2>>, Knowledge>;

/// The kinds that fuse, each with an activation behind it.
using ActivatedKinds =
    Pack<Layers<Convolution, LeakyRelu<>>, Layers<DepthwiseConv2d<3>, Relu6>,
         Layers<BatchNorm, Elu>, Layers<Block, Relu>, Layers<PlainBlock, Elu>,
         Layers<Projected, Sigmoid>, Layers<BatchNorm, Bend>, Layers<Block, Bend>,
         Layers<PreActivated, LeakyRelu<>>, Layers<Nested, Elu>>;

/// Flat samples.
using Flat = Shape<8, 1, 1>;
using FlatKinds =
    Pack<Linear<8>, BatchNorm, Elu, Flatten, Conv2d<8, 1>, Residual<Layers<Linear<8>>>,
         Residual<Layers<Linear<8>, BatchNorm>>, Residual<Layers<Conv2d<8, 1>, BatchNorm>>>;

/// Numbers below `kinds` in an order in which each stands beside each, itself too: the Lyndon words
/// 0, 01, 02, ..., 1, 12, ... one after the other, and the first once more.
template <int Kinds>
constexpr auto every_pair() {
    std::array<int, std::size_t(Kinds) * Kinds + 1> order{};
    std::size_t n = 0;
    for (int i = 0; i < Kinds; ++i) {
        order[n++] = i;
        for (int j = i + 1; j < Kinds; ++j) {
            order[n++] = i;
            order[n++] = j;
        }
    }
    return order;
}

/// Runs all pairs of kinds, so many at a time as one network, beside the kinds one by one.
template <class Kinds, class In>
void check_every_pair() {
    constexpr auto order = every_pair<Kinds::size>();
    constexpr int pairs = int(order.size()) - 1;
    constexpr int at_once = 16;
    Reference<double> plain;
    Cpu<double> fusing(1);
    std::vector<Passes<Reference<double>>> alone;
    static_for<Kinds::size>([&](auto kind) {
        alone.push_back(passes_of<typename Kinds::template at<kind>, In, Reference<double>>());
    });
    static_for<(pairs + at_once - 1) / at_once>([&](auto part) {
        constexpr int first = part * at_once;
        constexpr int layers = (pairs - first < at_once ? pairs - first : at_once) + 1;
        [&]<int... K>(std::integer_sequence<int, K...>) {
            using List = Layers<typename Kinds::template at<order[std::size_t(first + K)]>...>;
            const std::string difference = first_difference(
                written(plain, std::vector{alone[std::size_t(order[std::size_t(first + K)])]...}),
                written(fusing, passes_of<List, In, Cpu<double>>()));
            std::string numbers;
            ((numbers += std::to_string(order[std::size_t(first + K)]) + " "), ...);
            CHECK_MESSAGE(difference == "", "kinds " << numbers);
        }(std::make_integer_sequence<int, layers>{});
    });
}

}  // namespace

TEST_CASE("each layer behind each other layer computes on the CPU what it does on the reference") {
    check_every_pair<Kinds, Map>();
}
TEST_CASE("each layer that fuses behind each other and an activation computes what it does on the "
          "reference") {
    check_every_pair<ActivatedKinds, Map>();
}
TEST_CASE("flat layers behind each other compute on the CPU what they do on the reference") {
    check_every_pair<FlatKinds, Flat>();
}
