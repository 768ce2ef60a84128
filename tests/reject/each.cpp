// expect: an Each of this MKB does not have one part for every network
// SPDX-License-Identifier: Apache-2.0
// each: an encoder for one of two networks.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Encoders = Each<Encoder<4>>;
#else
using Encoders = Each<Encoder<4>, Encoder<4>>;
#endif
using Pair = Collaboration<A, A, MKB<Encoders, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
