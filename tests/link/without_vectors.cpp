// SPDX-License-Identifier: Apache-2.0
// without_vectors: with EIGEN_DONT_VECTORIZE, as some projects set it, the CPU backend computes
// what the reference does, a number in each register.
#include <cstdio>

#include <collab/collab.hpp>

#include "layer/beside.hpp"

#ifndef EIGEN_DONT_VECTORIZE
#error "this test is compiled with EIGEN_DONT_VECTORIZE"
#endif

using namespace collab;

int main() {
    using In = Shape<5, 6, 5>;
    using List = Layers<Conv2d<7, 3>, BatchNorm, Relu, DepthwiseConv2d<3, Bias>,
                        Conv2d<6, 3, Stride<2>>, Residual<Layers<Conv2d<6, 3>, BatchNorm>>, Elu,
                        Conv2d<17, 1>, MaxPool<2>, Flatten, Linear<9>>;
    Reference<double> plain;
    Cpu<double> fusing(2);
    const std::string difference = trial::first_difference(
        trial::written(plain, std::vector{trial::passes_of<List, In, Reference<double>>()}),
        trial::written(fusing, trial::passes_of<List, In, Cpu<double>>()));
    std::printf("%s: %s\n", fusing.describe().c_str(),
                difference.empty() ? "alike" : difference.c_str());
    return difference.empty() ? 0 : 1;
}
