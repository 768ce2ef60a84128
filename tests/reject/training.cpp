// expect: Training takes a Collaboration or a network
// SPDX-License-Identifier: Apache-2.0
// training: a training of something else.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

#ifndef ACCEPT
using What = Layers<Flatten, Linear<3>>;
#else
struct What : Sequential<Shape<1, 8, 8>, Flatten, Linear<3>> {};
#endif
void train(Training<What, Reference<float>>& training, const float* images, const int* labels) {
    training.step(images, labels, 8, 0.1);
}
