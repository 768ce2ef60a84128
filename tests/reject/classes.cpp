// expect: this network does not tell apart as many classes as the first one
// SPDX-License-Identifier: Apache-2.0
// classes: networks with different numbers of classes.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
constexpr int classes = 4;
#else
constexpr int classes = 3;
#endif
struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<mutual>, Flatten, Linear<classes>> {};
using Pair = Collaboration<A, B, MKB<Encoder<4>, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
