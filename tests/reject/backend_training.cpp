// expect: the backend lacks an operation this layer needs
// SPDX-License-Identifier: Apache-2.0
// backend_training: a training on a backend without convolutions.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

// Every operation but convolutions.
struct Bare : backend::ReferenceMemory<float>,
              backend::ReferenceProduct<float>,
              backend::ReferenceActivation<float> {
    using Scalar = float;
};
#ifndef ACCEPT
using Machine = Bare;
#else
using Machine = Reference<float>;
#endif

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>>;
void train(Training<Pair, Machine>& training, const float* images, const int* labels) {
    training.step(images, labels, 8, 0.1);
}
