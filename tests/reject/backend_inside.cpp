// expect: the backend lacks an operation this layer needs
// SPDX-License-Identifier: Apache-2.0
// backend_inside: a backend without convolutions, which stand inside a residual block.
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/residual.hpp>
#include <collab/model/model.hpp>

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

struct Net : Sequential<Shape<1, 6, 6>, Residual<Layers<Conv2d<1, 3>, Relu>>, Flatten, Linear<2>> {
};
template class collab::Model<Net, Machine>;
