// SPDX-License-Identifier: Apache-2.0
// pool: derivatives of every pool, and of layers that only move values about.
#include <doctest/doctest.h>

#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/test/gradient.hpp>

using namespace collab;

namespace {
template <class List, class In>
void verify() {
    const GradientReport report = check_gradients<List, In>();
    CHECK_MESSAGE(report.passed(), report.describe());
}
using Map = Shape<3, 6, 5>;
struct here;
}  // namespace

TEST_CASE("the gradients of a max pool agree with differences, whatever its options") {
    verify<MaxPool<2>, Map>();
    verify<MaxPool<3, Stride<2>>, Map>();
    verify<MaxPool<3, Stride<1>, Pad<1>>, Map>();
    verify<MaxPool<3, Stride<2>, CeilMode>, Map>();
    verify<MaxPool<0, Kernel<2, 3>, Stride<1, 2>, Pad<1, 0>>, Map>();
    verify<Layers<Conv2d<4, 3>, Relu, MaxPool<2>, Relu>, Map>();
}

TEST_CASE("the gradients of an average pool agree with differences, whatever its options") {
    verify<AvgPool<2>, Map>();
    verify<AvgPool<3, Stride<2>, Pad<1>>, Map>();
    verify<AvgPool<3, Stride<2>, Pad<1>, ExcludePadding>, Map>();
    verify<AvgPool<2, CeilMode>, Map>();
    verify<AvgPool<3, Stride<2>, Pad<1>, CeilMode, ExcludePadding>, Map>();
    verify<AvgPool<0, Kernel<3, 2>, Stride<2, 1>>, Map>();
    verify<Layers<Conv2d<4, 3>, AvgPool<2>, Elu>, Map>();
}

TEST_CASE("the gradients of adaptive average pools agree with differences") {
    verify<AdaptiveAvgPool<2>, Map>();
    verify<AdaptiveAvgPool<4, 3>, Map>();
    verify<AdaptiveAvgPool<8, 7>, Map>();
    verify<GlobalAvgPool, Map>();
    verify<Layers<Conv2d<4, 3>, Relu, GlobalAvgPool, Linear<3>>, Map>();
}

TEST_CASE("flatten and cuts hand gradients on unchanged") {
    verify<Flatten, Map>();
    verify<Cut<here>, Map>();
    verify<Layers<Cut<here>, Flatten, Cut<mutual>>, Map>();
    verify<Layers<Cut<here>, Conv2d<2, 3>, Cut<mutual>, Flatten>, Map>();
    verify<Layers<Flatten, Relu, Linear<2>, Flatten>, Map>();
}
