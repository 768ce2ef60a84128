// expect: an MKB compares embeddings, and this metric compares logits
// SPDX-License-Identifier: Apache-2.0
// metric_domain: a metric of logits between embeddings.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct Divergence : SquaredEuclidean {
#ifndef ACCEPT
    static constexpr Domain domain = Domain::logits;
#else
    static constexpr Domain domain = Domain::embeddings;
#endif
};
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, Divergence>;
constexpr bool good = Pair::ok;
