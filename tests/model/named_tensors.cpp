// SPDX-License-Identifier: Apache-2.0
// named_tensors: names and places of tensors, and the values they begin with.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/model/concepts.hpp>
#include <collab/model/named_tensors.hpp>

using namespace collab;

namespace {
struct Net : Sequential<Shape<16, 8, 8>, Conv2d<64, 3, Bias>, BatchNorm, Conv2d<64, 3>, Flatten,
                        Linear<10>> {};
NamedTensors listed(const std::string& name = "net") {
    NamedTensors c;
    c.add<bound<Net>>(name);
    return c;
}
std::vector<double> part(const NamedTensors& c, const std::vector<double>& all, const char* name) {
    const Named& n = c.find(name);
    return {all.begin() + std::ptrdiff_t(n.offset),
            all.begin() + std::ptrdiff_t(n.offset) + n.tensor.size};
}
double stddev(const std::vector<double>& v) {
    double mean = 0;
    double square = 0;
    for (const double x : v)
        mean += x / double(v.size());
    for (const double x : v)
        square += (x - mean) * (x - mean) / double(v.size());
    CHECK(std::abs(mean) < 4 * std::sqrt(square / double(v.size())));
    return std::sqrt(square);
}
}  // namespace

TEST_CASE("tensors lie one after the other in the order of the layers") {
    const NamedTensors c = listed();
    REQUIRE(c.parameters.size() == 7);
    const char* names[] = {"net.0.weight", "net.0.bias",   "net.1.weight", "net.1.bias",
                           "net.2.weight", "net.4.weight", "net.4.bias"};
    const std::size_t offsets[] = {0, 9216, 9280, 9344, 9408, 46272, 87232};
    for (std::size_t i = 0; i < 7; ++i) {
        CHECK(c.parameters[i].name == names[i]);
        CHECK(c.parameters[i].offset == offsets[i]);
    }
    CHECK(c.parameter_count == 87242);
    REQUIRE(c.states.size() == 2);
    CHECK(c.states[0].name == "net.1.running_mean");
    CHECK(c.states[1].name == "net.1.running_var");
    CHECK(c.states[1].offset == 64);
    CHECK(c.state_count == 128);
}

TEST_CASE("parameters and states can be listed apart") {
    NamedTensors c;
    c.add_states<bound<Net>>("a");
    CHECK(c.parameters.empty());
    c.add_parameters<bound<Net>>("b");
    CHECK(c.states.front().name == "a.1.running_mean");
    CHECK(c.parameters.front().name == "b.0.weight");
    CHECK(c.state_count == 128);
}

TEST_CASE("weights begin after He, biases and shifts at 0, scales at 1") {
    const NamedTensors c = listed();
    const auto v = initial_parameters<double>(c, {}, 1);
    CHECK(stddev(part(c, v, "net.0.weight")) ==
          doctest::Approx(std::sqrt(2.0 / (9 * 16))).epsilon(0.03));
    CHECK(stddev(part(c, v, "net.2.weight")) ==
          doctest::Approx(std::sqrt(2.0 / (9 * 64))).epsilon(0.03));
    CHECK(stddev(part(c, v, "net.4.weight")) ==
          doctest::Approx(std::sqrt(2.0 / 4096)).epsilon(0.03));
    for (const char* name : {"net.0.bias", "net.1.bias", "net.4.bias"})
        CHECK(part(c, v, name) == std::vector<double>(part(c, v, name).size(), 0.0));
    CHECK(part(c, v, "net.1.weight") == std::vector<double>(64, 1.0));
    const auto s = initial_states<double>(c);
    CHECK(std::vector<double>(s.begin(), s.begin() + 64) == std::vector<double>(64, 0.0));
    CHECK(std::vector<double>(s.begin() + 64, s.end()) == std::vector<double>(64, 1.0));
}

TEST_CASE("weights can begin with one stddev for all") {
    const NamedTensors c = listed();
    const auto v = initial_parameters<double>(c, {Initialization::gaussian, 0.01}, 1);
    for (const char* name : {"net.0.weight", "net.2.weight", "net.4.weight"})
        CHECK(stddev(part(c, v, name)) == doctest::Approx(0.01).epsilon(0.03));
}

TEST_CASE("initial values depend on the seed and the name, not on what else is listed") {
    const NamedTensors one = listed("x");
    NamedTensors two;
    two.add<bound<Net>>("y");
    two.add<bound<Net>>("x");
    const auto a = initial_parameters<double>(one, {}, 5);
    const auto b = initial_parameters<double>(two, {}, 5);
    const auto c = initial_parameters<double>(one, {}, 6);
    CHECK(part(one, a, "x.2.weight") == part(two, b, "x.2.weight"));
    CHECK(part(two, b, "y.2.weight") != part(two, b, "x.2.weight"));
    CHECK(part(one, a, "x.2.weight") != part(one, c, "x.2.weight"));
    CHECK(part(one, a, "x.0.weight")[0] != part(one, a, "x.2.weight")[0]);
    const auto single = initial_parameters<float>(one, {}, 5);
    CHECK(single[3] == float(a[3]));
}

TEST_CASE("an unknown name is an error that shows the near ones") {
    const NamedTensors c = listed();
    CHECK_THROWS_WITH_AS(c.find("net.0.weights"),
                         "no parameter is called 'net.0.weights'; those of the same part: "
                         "net.0.weight, net.0.bias, net.1.weight, net.1.bias, "
                         "net.2.weight, net.4.weight, net.4.bias",
                         Error);
    CHECK_THROWS_WITH_AS(c.find("ent.0.weight"),
                         "no parameter is called 'ent.0.weight'; the first of 7 is 'net.0.weight'",
                         Error);
    CHECK_THROWS_WITH_AS(c.find("net.1.weight", true),
                         "no state is called 'net.1.weight'; those of the same part: "
                         "net.1.running_mean, net.1.running_var",
                         Error);
    CHECK_THROWS_WITH_AS(
        c.find("other.1.running_mean", true),
        doctest::Contains(
            "no state is called 'other.1.running_mean'; the first of 2 is 'net.1.running_mean'"),
        Error);
    CHECK_THROWS_AS(NamedTensors{}.find("x"), Error);
}
