// SPDX-License-Identifier: Apache-2.0
// one_network: the least program that trains one network; compile.py measures how long it takes to
// compile.
#include <collab/collab.hpp>
using namespace collab;

struct Plain : Sequential<Shape<1, 16, 16>, Conv2d<8, 3>, BatchNorm, Elu, MaxPool<2>, Conv2d<16, 3>,
                          BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};

int main() {
    const Splits data = synthetic({1, 16, 16}, 4, 1200, 400);
    Training<Plain, Cpu<float>> training({.batch = 32});
    training.fit(data, {.epochs = 1});
}
