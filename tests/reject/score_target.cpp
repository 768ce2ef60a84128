// expect: this score does not judge what the loss is given
// SPDX-License-Identifier: Apache-2.0
// score_target: top-5 accuracy of predicted numbers.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>
#include <collab/loss/mean_squared_error.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Flatten, Linear<9>> {};

#ifndef ACCEPT
using Alone = Collaboration<A, MeanSquaredError, Scores<TopAccuracy<5>>>;
#else
using Alone = Collaboration<A, MeanSquaredError, Scores<MeanAbsoluteError>>;
#endif
constexpr bool good = Alone::ok;
