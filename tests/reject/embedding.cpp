// expect: an embedding is flat: end its layers with Flatten or GlobalAvgPool
// SPDX-License-Identifier: Apache-2.0
// embedding: an embedding that is still a map.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Vector = Embedding<AdaptiveAvgPool<2>>;
#else
using Vector = Embedding<AdaptiveAvgPool<2>, Flatten>;
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder, Vector>>;
constexpr bool good = Pair::ok;
