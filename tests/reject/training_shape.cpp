// expect: this layer of the network does not accept the shape it is given
// SPDX-License-Identifier: Apache-2.0
// training_shape: a training of a network that does not fit.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

#ifndef ACCEPT
struct Net : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Linear<3>> {};
#else
struct Net : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Flatten, Linear<3>> {};
#endif
void train() {
    Training<Net, Reference<float>> training({.seed = 2});
    training.step(nullptr, nullptr, 8, 0.1);
}
