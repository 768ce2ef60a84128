// expect: this metric has nothing to compare: add an MKB
// SPDX-License-Identifier: Apache-2.0
// metric_unused: two networks that have a metric and no embeddings.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, CosineDistance>;
#else
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, CosineDistance>;
#endif
constexpr bool good = Pair::ok;
