// expect: this network does not look at images of the same shape as the first one
// SPDX-License-Identifier: Apache-2.0
// images: networks for images of different sizes.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Image = Shape<3, 8, 8>;
#else
using Image = Shape<1, 8, 8>;
#endif
struct B : Sequential<Image, Conv2d<2, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};
using Pair = Collaboration<A, B, MKB<Encoder<4>, Transfer<4>, Decoder>>;
constexpr bool good = Pair::ok;
