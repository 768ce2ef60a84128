// expect: Frozen names a network that is not there
// SPDX-License-Identifier: Apache-2.0
// frozen: a teacher that nobody listed.
#include <collab/collaboration/collaboration.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, Frozen<2>, Distillation<0, 1>>;
#else
using Pair = Collaboration<A, A, Frozen<0>, Distillation<0, 1>>;
#endif
constexpr bool good = Pair::ok;
