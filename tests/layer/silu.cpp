// SPDX-License-Identifier: Apache-2.0
// silu: values and slopes beside PyTorch's, derivatives, neighbors, and the nodes of ONNX.
#include <cmath>
#include <string>

#include <collab/io/onnx.hpp>

#include "input_activation.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
// torch.nn.functional.silu and its gradient in float64 (PyTorch 1.13).
constexpr Beside<11> theirs{{
    {-6, -0.014835738939808647, -0.012326432591525513},
    {-3, -0.14227761953270035, -0.08810410601516962},
    {-1.5, -0.2736382857095345, -0.041294154299142946},
    {-0.75, -0.24061597561845527, 0.1574000555032465},
    {-0.25, -0.10945587477855048, 0.37628997842980233},
    {0, 0, 0.5},
    {0.25, 0.14054412522144952, 0.6237100215701977},
    {0.75, 0.5093840243815447, 0.8425999444967536},
    {1.5, 1.2263617142904655, 1.041294154299143},
    {3, 2.8577223804672998, 1.0881041060151693},
    {6, 5.985164261060192, 1.0123264325915249},
}};
struct Net : Sequential<Shape<2, 4, 4>, Conv2d<4, 3>, BatchNorm, Silu, Flatten, Linear<3>, Silu> {};
}  // namespace

TEST_CASE("SiLU and its slope are PyTorch's, in double and in float") {
    compare_with<Silu>(theirs);
    CHECK(std::abs(SiluFunction{}(-100.f)) < 1e-30f);
}
TEST_CASE("the gradients of SiLU agree with differences, wherever it stands") {
    gradients_agree<Silu>();
}
TEST_CASE("networks with SiLU compute on the CPU what they do on the reference") {
    same_on_the_cpu<Silu>();
}
TEST_CASE("SiLU is written as ONNX by nodes that operator set 10 has") {
    const std::string file = onnx(Model<Net, Reference<float>>(1));
    CHECK(file.find("Sigmoid_") != std::string::npos);
    CHECK(file.find("Mul_") != std::string::npos);
}
