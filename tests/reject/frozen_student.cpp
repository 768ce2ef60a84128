// expect: this method trains a network that is frozen
// SPDX-License-Identifier: Apache-2.0
// frozen_student: a method that gives every network a loss, and one of them that does not learn.
#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct Net : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Flatten, Linear<3>> {};
#ifndef ACCEPT
using Policy = Frozen<0>;
#else
using Policy = Simultaneous;
#endif
void train() {
    const Training<Collaboration<Net, Net, Policy, MutualLearningWithMean>, Reference<float>>
        training({.batch = 8});
}
