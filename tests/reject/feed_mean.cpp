// expect: an image has no distance to the mean of several others
// SPDX-License-Identifier: Apache-2.0
// feed_mean: three networks with different images, each to agree with the mean of the others.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair =
    Collaboration<A, A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, DifferentInputs<>, WithMean>;
#else
using Pair =
    Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, DifferentInputs<>, WithMean>;
#endif
constexpr bool good = Pair::ok;
