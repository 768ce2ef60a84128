// expect: a collaboration has at most one policy of each kind
// SPDX-License-Identifier: Apache-2.0
// two_orders: at once and one after the other.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

using Knowledge = MKB<Encoder<8>, Transfer<8>, Decoder>;
struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, Knowledge, Simultaneous, Iterative>;
#else
using Pair = Collaboration<A, A, Knowledge, Iterative, WithMean>;
#endif
constexpr bool good = Pair::ok;
