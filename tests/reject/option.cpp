// expect: this is not an option of a layer with a window
// SPDX-License-Identifier: Apache-2.0
// option: a word among the options of a convolution that is none.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/model/model.hpp>

using namespace collab;

#ifndef ACCEPT
using Wish = Relu;
#else
using Wish = Bias;
#endif
struct Net : Sequential<Shape<1, 6, 6>, Conv2d<3, 3, Stride<2>, Wish>, Flatten, Linear<2>> {};
template class collab::Model<Net, Reference<float>>;
