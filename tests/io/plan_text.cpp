// SPDX-License-Identifier: Apache-2.0
// plan_text: which layers run together, as text.
#include <doctest/doctest.h>

#include <collab/io/plan_text.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/residual.hpp>

using namespace collab;

namespace {
struct here;
struct Net : Sequential<Shape<2, 8, 8>, Conv2d<4, 3>, BatchNorm, Relu, Conv2d<4, 3>, Cut<here>,
                        Residual<Layers<Conv2d<4, 3>, BatchNorm>>, Relu, Conv2d<4, 1>, Flatten,
                        Linear<3>> {};
}  // namespace

TEST_CASE("the plan of a network says of each layer with which others it runs") {
    CHECK(plan_text<Net>() ==
          "  0  Conv2d<4, 3>                       sums its result for 1\n"
          "  1  BatchNorm                          its sums come from 0; applies 2; its result is "
          "formed by 3\n"
          "  2  Relu                               applied by 1\n"
          "  3  Conv2d<4, 3>                       forms its input while it reads it\n"
          "  5  Residual                           applies 6; leaves its gate to 7\n"
          "     body:\n"
          "       0  Conv2d<4, 3>                       sums its result for 1\n"
          "       1  BatchNorm                          its sums come from 0; ends the sequence\n"
          "  6  Relu                               applied by 5\n"
          "  7  Conv2d<4, 1>                       gates for 5\n"
          "  8  Flatten                            does nothing\n"
          "  9  Linear<3>                          runs by itself\n");
}
TEST_CASE("a cut that a collaboration reads is in the plan") {
    CHECK(plan_text<Net, here>() ==
          "  0  Conv2d<4, 3>                       sums its result for 1\n"
          "  1  BatchNorm                          its sums come from 0; applies 2; its result is "
          "formed by 3\n"
          "  2  Relu                               applied by 1\n"
          "  3  Conv2d<4, 3>                       forms its input while it reads it\n"
          "  4  Cut<here>                          does nothing\n"
          "  5  Residual                           applies 6; leaves its gate to 7\n"
          "     body:\n"
          "       0  Conv2d<4, 3>                       sums its result for 1\n"
          "       1  BatchNorm                          its sums come from 0; ends the sequence\n"
          "  6  Relu                               applied by 5\n"
          "  7  Conv2d<4, 1>                       gates for 5\n"
          "  8  Flatten                            does nothing\n"
          "  9  Linear<3>                          runs by itself\n");
}
