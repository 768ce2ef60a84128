// expect: the cuts of several MKBs follow one another in the order of the MKBs, in every network
// SPDX-License-Identifier: Apache-2.0
// cut_order: two MKBs in the wrong order.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct early;
struct late;
struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Cut<early>, Relu, Conv2d<4, 3>, Cut<late>,
                      Flatten, Linear<3>> {};
template <class Tag>
using Base = MKB<Encoder<4>, Transfer<4>, Decoder, At<Tag>>;
#ifndef ACCEPT
using Pair = Collaboration<A, A, Base<late>, Base<early>>;
#else
using Pair = Collaboration<A, A, Base<early>, Base<late>>;
#endif
constexpr bool good = Pair::ok;
