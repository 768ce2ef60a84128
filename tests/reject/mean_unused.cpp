// expect: WithMean has no embeddings to take the mean of
// SPDX-License-Identifier: Apache-2.0
// mean_unused: agreement with a mean without an MKB.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair = Collaboration<A, A, A, WithMean>;
#else
using Pair = Collaboration<A, A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, WithMean>;
#endif
constexpr bool good = Pair::ok;
