// SPDX-License-Identifier: Apache-2.0
// silu: values and slopes beside PyTorch's, derivatives, neighbors, and the nodes of ONNX.
#include <array>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/collab.hpp>
#include <collab/io/onnx.hpp>
#include <collab/test/gradient.hpp>

#include "beside.hpp"
#include "run.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
// torch.nn.functional.silu and its gradient in float64 (PyTorch 1.13).
constexpr std::array<std::array<double, 3>, 11> theirs{{
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
    const SiluFunction f;
    for (const auto& [x, y, slope] : theirs) {
        INFO(x);
        CHECK(f(x) == doctest::Approx(y).epsilon(1e-14).scale(0.01));
        CHECK(f.slope_at(x) == doctest::Approx(slope).epsilon(1e-14).scale(0.01));
        CHECK(std::abs(double(f(float(x))) - y) <= 2e-7 * (1 + std::abs(x)));
        CHECK(std::abs(double(f.slope_at(float(x))) - slope) <= 2e-7 * (1 + std::abs(x)));
    }
    CHECK(f(1e30f) == 1e30f);
    CHECK(std::abs(f(-100.f)) < 1e-30f);
    CHECK(std::isnan(f(std::nanf(""))));
    CHECK(run<Silu, Shape<1, 1, 3>>({-1.5, 0, 3}) == Numbers{f(-1.5), 0, f(3.0)});
}
TEST_CASE("the gradients of SiLU agree with differences, wherever it stands") {
    using Block = Residual<Layers<Conv2d<3, 3>, BatchNorm>>;
    using List = Layers<Conv2d<3, 3>, Silu, Dropout<1, 5>, BatchNorm, Silu, Conv2d<3, 1>, Block,
                        Silu, Residual<Layers<Silu, Conv2d<3, 1>, Silu>>, Relu>;
    for (const GradientReport& report :
         {check_gradients<Silu, Shape<3, 4, 3>>(), check_gradients<List, Shape<3, 4, 3>>()})
        CHECK_MESSAGE(report.passed(), report.describe());
}
TEST_CASE("networks with SiLU compute on the CPU what they do on the reference") {
    using In = Shape<16, 4, 4>;
    using Conv = Conv2d<16, 3>;
    using List = Layers<Conv, BatchNorm, Silu, Conv, Silu, Residual<Layers<Conv, BatchNorm>>, Silu,
                        Residual<Layers<Conv, BatchNorm, Silu, Conv, BatchNorm>>, Silu, BatchNorm>;
    Reference<double> plain;
    Cpu<double> fusing(1);
    CHECK(first_difference(written(plain, std::vector{passes_of<List, In, Reference<double>>()}),
                           written(fusing, passes_of<List, In, Cpu<double>>())) == "");
}
TEST_CASE("SiLU is written as ONNX by nodes that operator set 10 has") {
    const std::string file = onnx(Model<Net, Reference<float>>(1));
    CHECK(file.find("Sigmoid_") != std::string::npos);
    CHECK(file.find("Mul_") != std::string::npos);
}
