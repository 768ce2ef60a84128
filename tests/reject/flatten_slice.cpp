// expect: a branch of a concatenation is a slice of a map and cannot be flattened
// SPDX-License-Identifier: Apache-2.0
// flatten_slice: a branch that is flattened, out of sight.
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/residual.hpp>
#include <collab/model/concepts.hpp>

using namespace collab;

#ifndef ACCEPT
using Side = Layers<Conv2d<2, 3>, Flatten>;
#else
using Side = Layers<Conv2d<2, 3>>;
#endif
struct Net : Sequential<Shape<2, 4, 4>, Concat<Layers<Residual<Side, Side>>>> {};
static_assert(Network<Net>);
