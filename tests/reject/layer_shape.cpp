// expect: this layer of the network does not accept the shape it is given
// SPDX-License-Identifier: Apache-2.0
// layer_shape: a kernel larger than the map it is given.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/model/model.hpp>

using namespace collab;

#ifndef ACCEPT
struct Deep : Sequential<Shape<1, 6, 6>, Conv2d<3, 3>, Conv2d<3, 9, Pad<0>>, Flatten, Linear<2>> {};
#else
struct Deep : Sequential<Shape<1, 6, 6>, Conv2d<3, 3>, Conv2d<3, 5, Pad<0>>, Flatten, Linear<2>> {};
#endif
template class collab::Model<Deep, Reference<float>>;
