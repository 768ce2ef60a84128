// SPDX-License-Identifier: Apache-2.0
// group_norm: values and gradients beside PyTorch's, derivatives, what it refuses, and the nodes of
// ONNX.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/collab.hpp>
#include <collab/io/onnx.hpp>
#include <collab/test/gradient.hpp>

#include "oracle/bench.hpp"

using namespace collab;

namespace {
using Numbers = std::vector<double>;
const Numbers x{1, -2, 3, 0.5, 4, 0, -1, 2.5, -3, 1.5, 0, 2, 0.25, -0.5, 5, -4};
const Numbers dy{1, 0.5, -1, 2, -0.5, 1, 3, -2, 0.25, -1, 1, 1.5, 2, -3, 0.75, -0.25};
const Numbers scale_and_shift{1, 2, 0.5, -1, 0.5, 0, -1, 2};
// torch.nn.GroupNorm(2, 4) of these in float64 (PyTorch 1.13), NHWC.
const Numbers result{
    0.6154699306700648,  -2.540338474741426,   -0.45339289993927734, 2.4685203714806194,
    2.0011090987108426,  -0.6928195840203888,  -1.7027805572209291,  1.2191327141989676,
    -1.0597106174761821, 2.358586787403007,    -1.1147078132708195,  1.6176406224306024,
    0.9184589461521465,  -0.07608344475493567, -0.34998905813202363, 3.4529656347637125};
const Numbers input_gradient{
    0.09237587063545394,  -0.32331499296960386,  -0.4418567145553429, -1.4169883959812624,
    -0.18475284977987722, 0.4156919721140272,    0.7465854411828197,  1.1122596693537858,
    0.6276073196414559,   -0.040300020395857894, 0.1717263262013466,  -0.413663669525377,
    2.199482804664438,    -2.786790103910036,    0.19945290940518973, 0.04248443391884064};
const Numbers parameter_gradients{-0.18809438075010912,
                                  -2.046662637264651,
                                  -4.564296757186694,
                                  -1.5619948395182786,
                                  2.75,
                                  -2.5,
                                  3.75,
                                  1.25};

bool near(const Numbers& a, const Numbers& b, double tolerance) {
    bool all = a.size() == b.size();
    for (std::size_t i = 0; all && i < a.size(); ++i)
        all = std::abs(a[i] - b[i]) <= tolerance;
    return all;
}
template <class B>
void compare_with_pytorch(B backend, double tolerance) {
    INFO(backend.describe());
    oracle::Bench<GroupNorm<2>, Shape<4, 1, 2>, B> bench(backend, "group_norm", 2, 5);
    bench.set_parameters(scale_and_shift);
    CHECK(near(bench.forward(x, Mode::inference), result, tolerance));
    CHECK(near(bench.forward(x, Mode::training), result, tolerance));
    CHECK(near(bench.backward(dy), input_gradient, tolerance));
    CHECK(near(bench.gradients(), parameter_gradients, tolerance));
}

struct Net : Sequential<Shape<2, 4, 4>, Conv2d<4, 3>, GroupNorm<2>, Relu, Flatten, Linear<6>,
                        GroupNorm<3>, Elu, Linear<3>> {};
struct Turned : Sequential<Shape<4, 2, 2>, Flatten, GroupNorm<2>, Linear<3>> {};
}  // namespace

TEST_CASE("group normalization is PyTorch's, on each backend") {
    compare_with_pytorch(Reference<double>{}, 1e-13);
    compare_with_pytorch(Cpu<double>(2), 1e-13);
    compare_with_pytorch(Cpu<float>(2), 1e-5);
}
TEST_CASE("the gradients of group normalization agree with differences, alone and between others") {
    using List = Layers<Conv2d<4, 3>, GroupNorm<2>, Relu, Conv2d<6, 1>, BatchNorm, GroupNorm<6>,
                        Residual<Layers<Conv2d<6, 3>, GroupNorm<3>>>, Elu>;
    for (const GradientReport& report :
         {check_gradients<GroupNorm<1>, Shape<3, 4, 3>>(),
          check_gradients<GroupNorm<3>, Shape<6>>(), check_gradients<List, Shape<3, 4, 3>>()})
        CHECK_MESSAGE(report.passed(), report.describe());
}
TEST_CASE("group normalization takes whole groups of channels, and knows no batch") {
    CHECK(Accepts<GroupNorm<4>, Shape<8, 2, 2>>);
    CHECK_FALSE(Accepts<GroupNorm<3>, Shape<8, 2, 2>>);
    CHECK(GroupNorm<4>::describe() == "GroupNorm<4>");
    Reference<double> backend;
    oracle::Bench<GroupNorm<2>, Shape<4, 1, 2>, Reference<double>> alone(backend, "alone", 1, 1);
    alone.set_parameters(scale_and_shift);
    CHECK(alone.forward({x.begin(), x.begin() + 8}, Mode::training) ==
          Numbers(alone.forward({x.begin(), x.begin() + 8}, Mode::inference)));
    CHECK(near(alone.forward({x.begin() + 8, x.end()}, Mode::training),
               {result.begin() + 8, result.end()}, 1e-13));
}
TEST_CASE("group normalization is written as ONNX by nodes that operator set 10 has") {
    const std::string file = onnx(Model<Net, Reference<float>>(1));
    CHECK(file.find("InstanceNormalization_") != std::string::npos);
    CHECK(file.find("GroupNormalization") == std::string::npos);
}
TEST_CASE("groups of flattened features are others in PyTorch, so such weights are refused") {
    CHECK_THROWS_WITH_AS(
        save(Model<Turned, Reference<float>>(1), "turned.safetensors"),
        doctest::Contains("GroupNorm<2>) brings features together that PyTorch's order"), Error);
}
