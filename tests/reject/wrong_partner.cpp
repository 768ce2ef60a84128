// expect: this layer of the network does not accept the shape it is given
// SPDX-License-Identifier: Apache-2.0
// wrong_partner: a wrong network among right ones.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<mutual>, Linear<3>> {};
#else
struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<mutual>, GlobalAvgPool, Linear<3>> {};
#endif
using Pair = Collaboration<A, B, MKB<Encoder<4>, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
