// expect: the output of this network is not flat: end it with Linear or GlobalAvgPool
// SPDX-License-Identifier: Apache-2.0
// not_flat: a network that ends in a map.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

#ifndef ACCEPT
struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Conv2d<3, 1>> {};
#else
struct A
    : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Conv2d<3, 1>, GlobalAvgPool> {};
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
