// expect: nor a policy, nor a loss, nor a metric
// SPDX-License-Identifier: Apache-2.0
// not_a_metric: an item that has the value of a metric but no gradient.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct Distance {
    float value(int, const float*, const float*) const { return 0; }
#ifdef ACCEPT
    void gradient(int, const float*, const float*, float, float*) const {}
#endif
};
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, Distance>;
constexpr bool good = Pair::ok;
