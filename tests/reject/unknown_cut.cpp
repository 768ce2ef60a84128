// expect: this network has no cut of this name
// SPDX-License-Identifier: Apache-2.0
// unknown_cut: a cut that the second network does not have.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct middle;
#ifndef ACCEPT
struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<middle>, Flatten, Linear<3>> {};
#else
struct B : Sequential<Shape<1, 8, 8>, Conv2d<2, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};
#endif
using Pair = Collaboration<A, B, MKB<Encoder<4>, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
