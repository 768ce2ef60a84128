// SPDX-License-Identifier: Apache-2.0
// gelu: values and slopes beside PyTorch's, derivatives, neighbors, and the nodes of ONNX.
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
// torch.nn.functional.gelu and its gradient in float64 (PyTorch 1.13).
constexpr std::array<std::array<double, 3>, 11> theirs{{
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
    const GeluFunction f;
    for (const auto& [x, y, slope] : theirs) {
        INFO(x);
        CHECK(f(x) == doctest::Approx(y).epsilon(1e-14).scale(0.01));
        CHECK(f.slope_at(x) == doctest::Approx(slope).epsilon(1e-14).scale(0.01));
        CHECK(std::abs(double(f(float(x))) - y) <= 2e-7 * (1 + std::abs(x)));
        CHECK(std::abs(double(f.slope_at(float(x))) - slope) <= 2e-7 * (1 + std::abs(x)));
    }
    CHECK(f(1e30f) == 1e30f);
    CHECK(f(-1e30f) == 0);
    CHECK(std::isnan(f(std::nanf(""))));
    CHECK(run<Gelu, Shape<1, 1, 3>>({-1.5, 0, 3}) == Numbers{f(-1.5), 0, f(3.0)});
}
TEST_CASE("the gradients of GELU agree with differences, wherever it stands") {
    using Block = Residual<Layers<Conv2d<3, 3>, BatchNorm>>;
    using List = Layers<Conv2d<3, 3>, Gelu, Dropout<1, 5>, BatchNorm, Gelu, Conv2d<3, 1>, Block,
                        Gelu, Residual<Layers<Gelu, Conv2d<3, 1>, Gelu>>, Relu>;
    for (const GradientReport& report :
         {check_gradients<Gelu, Shape<3, 4, 3>>(), check_gradients<List, Shape<3, 4, 3>>()})
        CHECK_MESSAGE(report.passed(), report.describe());
}
TEST_CASE("networks with GELU compute on the CPU what they do on the reference") {
    using In = Shape<16, 4, 4>;
    using Conv = Conv2d<16, 3>;
    using List = Layers<Conv, BatchNorm, Gelu, Conv, Gelu, Residual<Layers<Conv, BatchNorm>>, Gelu,
                        Residual<Layers<Conv, BatchNorm, Gelu, Conv, BatchNorm>>, Gelu, BatchNorm>;
    Reference<double> plain;
    Cpu<double> fusing(1);
    CHECK(first_difference(written(plain, std::vector{passes_of<List, In, Reference<double>>()}),
                           written(fusing, passes_of<List, In, Cpu<double>>())) == "");
}
TEST_CASE("GELU is written as ONNX by nodes that operator set 10 has") {
    const std::string file = onnx(Model<Net, Reference<float>>(1));
    for (const char* op : {"Erf_", "Mul_", "Add_"})
        CHECK(file.find(op) != std::string::npos);
    CHECK(file.find("Gelu") == std::string::npos);
}
