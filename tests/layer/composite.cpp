// SPDX-License-Identifier: Apache-2.0
// composite: shapes, names and values of residual blocks, concatenations and dense blocks.
#include <doctest/doctest.h>

#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>

#include "run.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
template <class List, class In>
std::vector<std::string> names() {
    NamedTensors c;
    c.add<ExecutionPlan<List, In>>("n");
    std::vector<std::string> all;
    for (const Named& n : c.parameters)
        all.push_back(n.name);
    return all;
}

/// Counts the elements that layers ask it to copy.
struct Counting : Reference<double> {
    long copied = 0;
    void copy(const backend::Map& map, View<const double> x, View<double> y) {
        copied += map.size();
        Reference<double>::copy(map, x, y);
    }
};
/// Elements copied per sample by a step forward and backward.
template <class List, class In>
long copied() {
    using Plan = ExecutionPlan<List, In>;
    constexpr Footprint f = Plan::footprint;
    Counting backend;
    Numbers x(std::size_t(In::dims.size()));
    Numbers dy(std::size_t(Plan::Output::dims.size()));
    Numbers parameters(std::size_t(f.parameters) + 1);
    Numbers gradients = parameters;
    Numbers state(std::size_t(f.state) + 1);
    Numbers saved(std::size_t(f.saved) + 1);
    Numbers fixed(std::size_t(f.fixed) + 1);
    Numbers scratch(std::size_t(f.scratch) + 1);
    const Memory<double> m{parameters.data(), gradients.data(), state.data(),
                           saved.data(),      fixed.data(),     scratch.data()};
    const Context<Counting> c{backend, 1, 1, Mode::training};
    Plan::template forward<0, Plan::depth>(c, m, View<const double>{x.data(), In::dims.channels});
    Plan::template backward<0, Plan::depth>(
        c, m, View<const double>{x.data(), In::dims.channels},
        View<const double>{dy.data(), Plan::Output::dims.channels});
    return backend.copied;
}
}  // namespace

TEST_CASE("a residual block adds its shortcut") {
    CHECK(run<Residual<Layers<Relu>>, Shape<2>>({-3, 5}) == Numbers{-3, 10});
    CHECK(run<Residual<Layers<Relu, Cut<mutual>>>, Shape<2>>({-3, 5}) == Numbers{-3, 10});
    CHECK(run<Residual<Layers<Conv2d<2, 1>, Relu>>, Shape<2>>({-3, 5}, {1, 0, 0, 2}) ==
          Numbers{-3, 15});
    CHECK(run<Residual<Layers<Conv2d<1, 1>>, Layers<Conv2d<1, 1>>>, Shape<2>>(
              {3, 5}, {1, 10, 100, 1000}) == Numbers{53 + 5300});
    CHECK(run<Residual<Layers<Conv2d<1, 1>>, Layers<Relu, Conv2d<1, 1>>>, Shape<2>>(
              {-3, 5}, {1, 10, 100, 1000}) == Numbers{47 + 5000});
}

TEST_CASE("a padded shortcut takes every stride-th pixel and puts zeros around its channels") {
    // Body: zero. Input 1 channel 2x2, output 3 channels 1x1: the middle channel is the first
    // pixel.
    CHECK(run<Residual<Layers<Conv2d<3, 1, Stride<2>>>, PadShortcut>, Shape<1, 2, 2>>(
              {7, 8, 9, 10}, {0, 0, 0}) == Numbers{0, 7, 0});
    CHECK(run<Residual<Layers<Conv2d<4, 1, Stride<2>>>, PadShortcut>, Shape<2, 2, 2>>(
              {1, 2, 3, 4, 5, 6, 7, 8}, Numbers(8)) == Numbers{0, 1, 2, 0});
}

TEST_CASE("a residual block accepts only what makes both sides alike") {
    CHECK(Accepts<Residual<Layers<Conv2d<4, 3>>>, Shape<4, 8, 8>>);
    CHECK_FALSE(Accepts<Residual<Layers<Conv2d<4, 3>>>, Shape<3, 8, 8>>);
    CHECK_FALSE(Accepts<Residual<Layers<Conv2d<4, 3, Stride<2>>>>, Shape<4, 8, 8>>);
    CHECK(Accepts<Residual<Layers<Conv2d<4, 3, Stride<2>>>, PadShortcut>, Shape<4, 8, 8>>);
    CHECK_FALSE(Accepts<Residual<Layers<Conv2d<4, 3, Stride<2>>>, PadShortcut>, Shape<4, 7, 7>>);
    CHECK_FALSE(Accepts<Residual<Layers<Conv2d<3, 3>>, PadShortcut>, Shape<4, 8, 8>>);
    CHECK_FALSE(Accepts<Residual<Layers<Conv2d<4, 9, Pad<0>>>>, Shape<4, 8, 8>>);
    CHECK_FALSE(
        Accepts<Residual<Layers<Conv2d<4, 1>>, Layers<Conv2d<4, 9, Pad<0>>>>, Shape<4, 8, 8>>);
}

TEST_CASE("a concatenation puts its branches side by side") {
    CHECK(run<Concat<Layers<>, Layers<Relu>>, Shape<1, 1, 2>>({-1, 2}) == Numbers{-1, 0, 2, 2});
    CHECK(run<Concat<Layers<Conv2d<2, 1>, Relu>, Layers<>>, Shape<1, 1, 2>>({-1, 2}, {10, -10}) ==
          Numbers{0, 10, -1, 20, 0, 2});
    CHECK(run<Layers<Concat<Layers<>, Layers<>>, Conv2d<1, 1>>, Shape<1, 1, 2>>({3, 4}, {1, 10}) ==
          Numbers{33, 44});
    CHECK(output_of<Concat<Layers<Conv2d<4, 1>>, Layers<Conv2d<6, 3>>,
                           Layers<MaxPool<3, Stride<1>, Pad<1>>>>,
                    Shape<5, 8, 8>> == Dims{15, 8, 8});
    CHECK_FALSE(
        Accepts<Concat<Layers<Conv2d<4, 1>>, Layers<Conv2d<4, 1, Stride<2>>>>, Shape<5, 8, 8>>);
    CHECK_FALSE(Accepts<Concat<Layers<Conv2d<4, 9, Pad<0>>>, Layers<>>, Shape<5, 8, 8>>);
}

TEST_CASE("each layer of a dense block sees all results before it") {
    // x = 3; 10 * 3 = 30; 1 * 3 + 2 * 30 = 63.
    CHECK(run<DenseBlock<Layers<Conv2d<1, 1>>, Layers<Conv2d<1, 1>>>, Shape<1>>({3}, {10, 1, 2}) ==
          Numbers{3, 30, 63});
    CHECK(run<DenseBlock<Layers<Conv2d<1, 1>, Relu>, Layers<Relu, Conv2d<2, 1>>>, Shape<1, 1, 2>>(
              {3, -1}, {10, 1, 0, 0, 2}) == Numbers{3, 30, 3, 60, -1, 0, 0, 0});
    CHECK(output_of<DenseBlock<Layers<Conv2d<12, 3>>, Layers<Conv2d<12, 3>>>, Shape<16, 8, 8>> ==
          Dims{40, 8, 8});
    CHECK(parameters_of<DenseBlock<Layers<BatchNorm, Relu, Conv2d<12, 3>>,
                                   Layers<BatchNorm, Relu, Conv2d<12, 3>>>,
                        Shape<16, 8, 8>> == 32 + 1728 + 56 + 3024);
    CHECK_FALSE(Accepts<DenseBlock<Layers<Conv2d<12, 3, Stride<2>>>>, Shape<16, 8, 8>>);
}

TEST_CASE(
    "a concatenation copies nothing, and a dense block its ends only, however many layers it has") {
    using Image = Shape<5, 8, 8>;
    using Form = Layers<Conv2d<4, 3>, BatchNorm, Relu>;
    using Module = Concat<Form, Layers<Conv2d<4, 1>, BatchNorm, Relu, Conv2d<4, 3>>,
                          Layers<MaxPool<3, Stride<1>, Pad<1>>, Conv2d<4, 1>>>;
    CHECK(copied<Layers<Module, Module, MaxPool<2>>, Image>() == 0);
    // Forward x; backward the gradient of the whole, and that of x.
    using Grown = Layers<BatchNorm, Relu, Conv2d<4, 3>>;
    CHECK(copied<DenseBlock<Grown>, Image>() == 64 * (5 + 9 + 5));
    CHECK(copied<DenseBlock<Grown, Grown, Grown, Grown>, Image>() == 64 * (5 + 21 + 5));
}

TEST_CASE("what stands inside has the names of where it stands") {
    using Names = std::vector<std::string>;
    CHECK(names<Layers<Relu, Residual<Layers<Conv2d<4, 3>, BatchNorm>, Layers<Conv2d<4, 1, Bias>>>>,
                Shape<2, 4, 4>>() == Names{"n.1.body.0.weight", "n.1.body.1.weight",
                                           "n.1.body.1.bias", "n.1.shortcut.0.weight",
                                           "n.1.shortcut.0.bias"});
    CHECK(names<Concat<Layers<>, Layers<Conv2d<4, 3>>, Layers<Relu, Conv2d<4, 1>>>,
                Shape<2, 4, 4>>() == Names{"n.0.1.0.weight", "n.0.2.1.weight"});
    CHECK(names<DenseBlock<Layers<Conv2d<4, 3>>, Layers<Residual<Layers<Conv2d<6, 3>>>>>,
                Shape<2, 4, 4>>() == Names{"n.0.0.0.weight", "n.0.1.0.body.0.weight"});
}

TEST_CASE("composites describe themselves") {
    CHECK(Residual<Layers<Relu>>::describe() == "Residual");
    CHECK(Residual<Layers<Relu>, PadShortcut>::describe() == "Residual, PadShortcut");
    CHECK(Residual<Layers<Relu>, Layers<Relu>>::describe() == "Residual, projected");
    CHECK(Concat<Layers<>, Layers<>>::describe() == "Concat of 2");
    CHECK(DenseBlock<Layers<Relu>>::describe() == "DenseBlock of 1");
}
