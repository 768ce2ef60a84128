// expect: this method trains a network that is frozen
// SPDX-License-Identifier: Apache-2.0
// frozen_branches: branches of a network that does not learn.
#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct Net : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Cut<mutual>, Flatten, Linear<3>> {};
#ifndef ACCEPT
using Policy = Frozen<0>;
#else
using Policy = Frozen<1>;
#endif
using One = NativeEnsemble<Layers<GlobalAvgPool, Linear<3>>, 2>;
void train() {
    const Training<Collaboration<Net, Net, Policy, One>, Reference<float>> training({.batch = 8});
}
