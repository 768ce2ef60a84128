// expect: layers are repeated 0 times or more
// SPDX-License-Identifier: Apache-2.0
// repeat: a depth that a calculation has made negative.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

template <int Depth>
struct Deep
    : Sequential<Shape<1, 8, 8>, Repeat<Depth - 1, Conv2d<4, 3>, Relu>, Flatten, Linear<3>> {};
#ifndef ACCEPT
static_assert(Network<Deep<0>>);
#else
static_assert(Network<Deep<1>> && bound<Deep<1>>::depth == 2);
#endif
