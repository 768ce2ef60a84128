// expect: a frozen network takes no part in an MKB
// SPDX-License-Identifier: Apache-2.0
// frozen_mkb: a network that stands still around a knowledge base that moves.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, Frozen<0>>;
#else
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, Frozen<>>;
#endif
constexpr bool good = Pair::ok;
