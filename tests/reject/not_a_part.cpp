// expect: this part of an MKB is neither a list of layers nor has it a fitting member template For
// SPDX-License-Identifier: Apache-2.0
// not_a_part: a part of an MKB that is none.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

#ifndef ACCEPT
struct Carry {
    int channels;
};
#else
using Carry = Conv2d<4, 1>;
#endif
using Pair = Collaboration<A, A, MKB<Encoder<4>, Carry, Decoder>>;
constexpr bool good = Pair::ok;
