// expect: this layer of the network does not accept the shape it is given
// SPDX-License-Identifier: Apache-2.0
// inside_mkb: a transfer that does not accept the code.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Carry = Layers<Conv2d<4, 3>, Conv2d<4, 11, Pad<0>>>;
#else
using Carry = Layers<Conv2d<4, 3>, Conv2d<4, 1, Pad<0>>>;
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Carry, Decoder>>;
constexpr bool good = Pair::ok;
