// expect: this network's decoder does not restore the shape of its feature
// SPDX-License-Identifier: Apache-2.0
// decoder: a decoder that gives too many channels.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Back = Layers<Conv2d<7, 3>>;
#else
using Back = Layers<Conv2d<4, 3>>;
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Back>>;
constexpr bool good = Pair::ok;
