// expect: nothing uses the distances of images
// SPDX-License-Identifier: Apache-2.0
// feed_unused: different images for networks that nothing couples.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, DifferentInputs<>>;
#else
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, DifferentInputs<>>;
#endif
constexpr bool good = Pair::ok;
