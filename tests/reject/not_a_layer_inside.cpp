// expect: this item of the network is not a layer
// SPDX-License-Identifier: Apache-2.0
// not_a_layer_inside: a word inside a residual block that is no layer.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/residual.hpp>
#include <collab/model/model.hpp>

using namespace collab;

#ifndef ACCEPT
struct Norm {
    int channels;
};
#else
using Norm = Relu;
#endif
struct Net : Sequential<Shape<1, 6, 6>, Conv2d<3, 3>, Residual<Layers<Conv2d<3, 3>, Norm>>, Flatten,
                        Linear<2>> {};
template class collab::Model<Net, Reference<float>>;
