// expect: this method compares what networks say of the same images
// SPDX-License-Identifier: Apache-2.0
// feed: imitation of what somebody says of another image.
#include <collab/collaboration/collaboration.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, MutualLearning<>, DifferentInputs<>>;
#else
using Pair = Collaboration<A, A, MutualLearning<>, SiameseInput>;
#endif
constexpr bool good = Pair::ok;
