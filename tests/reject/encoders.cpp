// expect: this network's encoder leads to another mutual space than the first one's
// SPDX-License-Identifier: Apache-2.0
// encoders: two encoders that give different maps.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};
#ifndef ACCEPT
using Encoders = Each<Layers<Conv2d<4, 3>>, Layers<Conv2d<4, 3, Stride<2>>>>;
#else
using Encoders = Each<Layers<Conv2d<4, 3, Stride<2>>, Relu>, Layers<Conv2d<4, 5, Stride<2>>>>;
#endif
using Pair = Collaboration<A, B, MKB<Encoders, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
