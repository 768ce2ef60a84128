// expect: a method names a network that is not there
// SPDX-License-Identifier: Apache-2.0
// network_not_there: a teacher's number that no network has.
#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Flatten, Linear<3>> {};
#ifndef ACCEPT
using Pair = Collaboration<A, A, Distillation<2, 1>>;
#else
using Pair = Collaboration<A, A, Distillation<0, 1>>;
#endif
void train() {
    Training<Pair, Reference<float>> training;
}
