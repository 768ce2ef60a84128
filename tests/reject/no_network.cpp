// expect: a collaboration has at least one network
// SPDX-License-Identifier: Apache-2.0
// no_network: a collaboration of nobody.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<MKB<Encoder<4>, Transfer<4>, Decoder>>;
#else
using Pair = Collaboration<A, MKB<Encoder<4>, Transfer<4>, Decoder>>;
#endif
constexpr bool good = Pair::ok;
