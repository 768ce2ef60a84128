// expect: this layer of the network does not accept the shape it is given
// SPDX-License-Identifier: Apache-2.0
// gradient_shape: a list of layers whose gradients are to be checked, and which does not fit
// together.
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/test/gradient.hpp>

using namespace collab;

#ifndef ACCEPT
using Mine = Layers<Conv2d<4, 3>, Linear<6>>;
#else
using Mine = Layers<Conv2d<4, 3>, Flatten, Linear<6>>;
#endif
GradientReport report() {
    return check_gradients<Mine, Shape<3, 5, 5>>();
}
