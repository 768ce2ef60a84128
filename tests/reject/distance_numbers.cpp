// expect: a sliced distance looks in at least one direction
// SPDX-License-Identifier: Apache-2.0
// distance_numbers: a Wasserstein distance along no direction.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Distance = SlicedDistance<0>;
#else
using Distance = SlicedDistance<1>;
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, DifferentInputs<Distance>>;
constexpr bool good = Pair::ok && sizeof(Distance) > 0;
