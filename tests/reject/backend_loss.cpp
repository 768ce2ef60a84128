// expect: the backend lacks softmax_cross_entropy, which training needs
// SPDX-License-Identifier: Apache-2.0
// backend_loss: a training on a backend that can only infer.
#include <collab/backend/reference/reference.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct Bare : backend::ReferenceMemory<float>,
              backend::ReferenceConvolution<float>,
              backend::ReferenceProduct<float> {
    using Scalar = float;
};
#ifndef ACCEPT
using Machine = Bare;
#else
using Machine = Reference<float>;
#endif
struct Net : Sequential<Shape<8>, Linear<3>> {};
void train(Training<Net, Machine>& training, const float* images, const int* labels) {
    training.step(images, labels, 8, 0.1);
}
