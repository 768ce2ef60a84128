// expect: this layer of the network does not accept the shape it is given
// SPDX-License-Identifier: Apache-2.0
// unflattened: a linear layer on a map that is not flat.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/model/model.hpp>

using namespace collab;

#ifndef ACCEPT
struct Net : Sequential<Shape<1, 6, 6>, Conv2d<3, 3>, Linear<2>> {};
#else
struct Net : Sequential<Shape<1, 6, 6>, Conv2d<3, 3>, Flatten, Linear<2>> {};
#endif
template class collab::Model<Net, Reference<float>>;
