// SPDX-License-Identifier: Apache-2.0
// gelu: values and slopes beside PyTorch's, derivatives, neighbors, and the nodes of ONNX.
#include <string>

#include <collab/io/onnx.hpp>

#include "input_activation.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
// torch.nn.functional.gelu and its gradient in float64 (PyTorch 1.13).
constexpr Beside<11> theirs{{
    {-6, -5.919525869479969e-09, -3.546870945402639e-08},
    {-3, -0.00404969409489031, -0.01194564720418392},
    {-1.5, -0.10021080190328704, -0.1274691922299796},
    {-0.75, -0.16997051428265111, 0.0007742782607648296},
    {-0.25, -0.10032341857926907, 0.304626645116364},
    {0, 0, 0.5},
    {0.25, 0.14967658142073093, 0.695373354883636},
    {0.75, 0.5800294857173489, 0.9992257217392352},
    {1.5, 1.399789198096713, 1.1274691922299795},
    {3, 2.99595030590511, 1.011945647204184},
    {6, 5.999999994080474, 1.0000000354687093},
}};
struct Net : Sequential<Shape<2, 4, 4>, Conv2d<4, 3>, BatchNorm, Gelu, Flatten, Linear<3>, Gelu> {};
}  // namespace

TEST_CASE("GELU and its slope are PyTorch's, in double and in float") {
    compare_with<Gelu>(theirs);
    CHECK(GeluFunction{}(-1e30f) == 0);
}
TEST_CASE("the gradients of GELU agree with differences, wherever it stands") {
    gradients_agree<Gelu>();
}
TEST_CASE("networks with GELU compute on the CPU what they do on the reference") {
    same_on_the_cpu<Gelu>();
}
TEST_CASE("GELU is written as ONNX by nodes that operator set 10 has") {
    const std::string file = onnx(Model<Net, Reference<float>>(1));
    for (const char* op : {"Erf_", "Mul_", "Add_"})
        CHECK(file.find(op) != std::string::npos);
    CHECK(file.find("Gelu") == std::string::npos);
}
