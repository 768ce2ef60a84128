// expect: this metric does not compute with the backend's numbers
// SPDX-License-Identifier: Apache-2.0
// metric_numbers: a metric of floats in a training in double.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct Distance {
    float value(int, const float*, const float*) const { return 0; }
    void gradient(int, const float*, const float*, float, float*) const {}
#ifdef ACCEPT
    double value(int, const double*, const double*) const { return 0; }
    void gradient(int, const double*, const double*, double, double*) const {}
#endif
};
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, Distance>;
void train(Training<Pair, Reference<double>>& training, const float* images, const int* labels) {
    training.step(images, labels, 8, 0.1);
}
