// expect: a range of layers cannot begin at an activation; put a Cut there
// SPDX-License-Identifier: Apache-2.0
// activation_range: a network run from an activation on, which would write over its input.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/model/model.hpp>

using namespace collab;

struct Net
    : Sequential<Shape<1, 6, 6>, Conv2d<3, 3>, Cut<mutual>, Relu, Conv2d<2, 3>, Relu, Flatten> {};
#ifndef ACCEPT
constexpr int from = 4;
#else
constexpr int from = 1;
#endif
View<const float> run(const Context<Reference<float>>& c, const Memory<float>& m,
                      View<const float> x) {
    return bound<Net>::forward<from, 6>(c, m, x);
}
