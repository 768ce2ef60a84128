// expect: this network has no cut of this name
// SPDX-License-Identifier: Apache-2.0
// training_wrong: a training of a collaboration that does not fit together.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};
#ifndef ACCEPT
struct B : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Flatten, Linear<3>> {};
#else
using B = A;
#endif
using Pair = Collaboration<A, B, MKB<Encoder<4>, Transfer<4>, Decoder>>;
void train() {
    Training<Pair, Reference<float>> training({.alpha = 0.5, .seed = 2});
    training.step(nullptr, nullptr, 8, 0.1);
    auto alone = training.deploy<1>();
    alone.predict(nullptr, 1);
}
