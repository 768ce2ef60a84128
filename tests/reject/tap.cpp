// expect: a method reads at a cut that no network has
// SPDX-License-Identifier: Apache-2.0
// tap: a hint from a place that is not there.
#include <collab/collaboration/collaboration.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct elsewhere;
struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, Hints<0, 1, elsewhere>>;
#else
using Pair = Collaboration<A, A, Hints<0, 1, mutual>>;
#endif
constexpr bool good = Pair::ok;
