// SPDX-License-Identifier: Apache-2.0
// 01_shapes: a network is a type. Its shapes, weights and arithmetic are known before anything
// runs.
// prints: 10 outputs, 33082 parameters
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

struct Tiny : Sequential<Shape<1, 28, 28>, Conv2d<8, 3>, BatchNorm, Relu, MaxPool<2>, Conv2d<16, 3>,
                         BatchNorm, Relu, MaxPool<2>, Flatten, Linear<40>, Relu, Linear<10>> {};

// A network whose layers fit is a Network; one with a mistake is not (and names the mistake when it
// is used).
struct Wrong : Sequential<Shape<1, 28, 28>, Conv2d<8, 3>, Linear<10>> {};
static_assert(Network<Tiny> && !Network<Wrong>);

using Plan = bound<Tiny>;
static_assert(Plan::Output::dims == Dims{10, 1, 1});
static_assert(Plan::ShapeAt<4>::dims == Dims{8, 14, 14});  // after the first max pool

int main() {
    std::printf("layer                  output       parameters\n");
    static_for<Plan::depth>([](auto i) {
        const Dims d = Plan::ShapeAt<i + 1>::dims;
        std::printf("%-20s %3d x %2d x %2d %10d\n", Plan::LayerAt<i>::describe().c_str(),
                    d.channels, d.height, d.width,
                    Plan::LayerAt<i>::footprint(Plan::ShapeAt<i>::dims).parameters);
    });
    std::printf("%d outputs, %d parameters, %ld multiply-adds\n", Plan::Output::dims.size(),
                Plan::footprint.parameters, Plan::table.multiply_adds);
}
