// expect: this method takes the cross entropy of class numbers
// SPDX-License-Identifier: Apache-2.0
// loss_targets: a method with a classifier of its own in a regression.
#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/layer/conv.hpp>
#include <collab/loss/mean_squared_error.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, Ensemble, MeanSquaredError>;
#else
using Pair = Collaboration<A, A, Ensemble>;
#endif
void train() {
    Training<Pair, Reference<float>> training({.batch = 4});
}
