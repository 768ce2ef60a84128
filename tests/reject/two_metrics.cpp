// expect: a collaboration has one metric
// SPDX-License-Identifier: Apache-2.0
// two_metrics: two metrics at once.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Pair =
    Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, CosineDistance, NegativeDot>;
#else
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, NegativeDot>;
#endif
constexpr bool good = Pair::ok;
