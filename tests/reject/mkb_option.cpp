// expect: an option of an MKB is At<tag>, a merge or Embedding<...>
// SPDX-License-Identifier: Apache-2.0
// mkb_option: a word among the options of an MKB that is none.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
using Wish = Relu;
#else
using Wish = SumMerge;
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder, Wish>>;
constexpr bool good = Pair::ok;
