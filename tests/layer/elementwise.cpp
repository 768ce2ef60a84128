// SPDX-License-Identifier: Apache-2.0
// elementwise: values of activations, batch normalization, dropout and linear layers.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>

#include "run.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
struct Slow : NormalizationDefaults {
    static constexpr double epsilon = 3;
    static constexpr double momentum = 0.5;
};
}  // namespace

TEST_CASE("activations have their values") {
    using In = Shape<1, 1, 3>;
    CHECK(run<Relu, In>({-2, 0, 3}) == Numbers{0, 0, 3});
    CHECK(run<LeakyRelu<>, In>({-2, 0, 3}) == Numbers{-0.02, 0, 3});
    CHECK(run<LeakyRelu<1, 4>, In>({-2, 0, 3}) == Numbers{-0.5, 0, 3});
    const auto elu = run<Elu, In>({-1, 0, 3});
    CHECK(elu[0] == doctest::Approx(-0.632121).epsilon(1e-6));
    CHECK(elu[1] == 0);
    CHECK(elu[2] == 3);
    const auto sigmoid = run<Sigmoid, In>({-800, 0, std::log(3.0)});
    CHECK(sigmoid[0] == 0);
    CHECK(sigmoid[1] == 0.5);
    CHECK(sigmoid[2] == doctest::Approx(0.75).epsilon(1e-14));
    CHECK(Relu::describe() == "Relu");
    CHECK(LeakyRelu<1, 5>::describe() == "LeakyRelu<1, 5>");
}

TEST_CASE("batch normalization in training uses the batch and moves the running statistics") {
    Numbers state{10, 20, 1, 2};
    // Two channels, four pixels: 1, 2, 3, 4 (mean 2.5, variance 1.25, unbiased 5/3) and 0, 0, 0, 8
    // (2, 12, 16).
    const Numbers x{1, 0, 2, 0, 3, 0, 4, 8};
    const auto y =
        run<BatchNormWith<Slow>, Shape<2, 2, 2>>(x, {2, 1, 0.5, -1}, state, Mode::training);
    for (std::size_t p = 0; p < 4; ++p) {
        CHECK(y[2 * p] ==
              doctest::Approx(2 * (x[2 * p] - 2.5) / std::sqrt(4.25) + 0.5).epsilon(1e-13));
        CHECK(y[2 * p + 1] ==
              doctest::Approx((x[2 * p + 1] - 2) / std::sqrt(15.0) - 1).epsilon(1e-13));
    }
    CHECK(state[0] == doctest::Approx(5 + 1.25).epsilon(1e-14));
    CHECK(state[1] == doctest::Approx(10 + 1).epsilon(1e-14));
    CHECK(state[2] == doctest::Approx(0.5 + 5.0 / 6).epsilon(1e-14));
    CHECK(state[3] == doctest::Approx(1 + 8).epsilon(1e-14));
}

TEST_CASE("batch normalization in inference uses the running statistics and leaves them") {
    Numbers state{1, 2, 6, 13};
    const auto y =
        run<BatchNormWith<Slow>, Shape<2>>({4, 10}, {2, 1, 0.5, -1}, state, Mode::inference);
    CHECK(y[0] == doctest::Approx(2 * 3 / 3.0 + 0.5).epsilon(1e-14));
    CHECK(y[1] == doctest::Approx(8 / 4.0 - 1).epsilon(1e-14));
    CHECK(state == Numbers{1, 2, 6, 13});
    CHECK(BatchNorm::constants.epsilon == 1e-5);
    CHECK(BatchNorm::constants.momentum == 0.1);
}

TEST_CASE("an activation after batch normalization gives the same fused and apart") {
    struct here;
    const Numbers x{0.5, -1, 2, 0.25, -3, 1, 4, -8};
    Numbers s1{0, 0, 1, 1};
    Numbers s2 = s1;
    const auto fused =
        run<Layers<BatchNorm, Elu>, Shape<2, 2, 2>>(x, {2, 1, 0.5, -1}, s1, Mode::training);
    const auto apart = run<BatchNorm, Shape<2, 2, 2>>(x, {2, 1, 0.5, -1}, s2, Mode::training);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(fused[i] == EluFunction{}(apart[i]));
    CHECK(s1 == s2);
}

TEST_CASE("dropout silences its share in training, keeps the mean, and does nothing in inference") {
    const Numbers x(20000, 3.0);
    Numbers none;
    const auto y = run<Dropout<1, 4>, Shape<20000>>(x, {}, none, Mode::training, Random{7});
    long zeros = 0;
    for (const double v : y) {
        CHECK((v == 0 || v == doctest::Approx(4)));
        zeros += v == 0;
    }
    CHECK(std::abs(double(zeros) / 20000 - 0.25) < 0.015);
    CHECK(run<Dropout<1, 4>, Shape<20000>>(x, {}, none, Mode::training, Random{7}) == y);
    CHECK(run<Dropout<1, 4>, Shape<20000>>(x, {}, none, Mode::training, Random{8}) != y);
    CHECK(run<Dropout<1, 4>, Shape<20000>>(x) == x);
    Numbers ones(64, 1.0);
    const auto twice = run<Layers<Dropout<1, 2>, Dropout<1, 2>>, Shape<64>>(
        ones, {}, none, Mode::training, Random{7});
    long both = 0;
    for (const double v : twice)
        both += v != 0;
    CHECK(both > 0);
    CHECK(both < 32);  // two layers in a row do not drop the same elements
}

TEST_CASE("a linear layer multiplies by its matrix") {
    CHECK(run<Linear<2>, Shape<3>>({1, 10, 100}, {1, 2, 3, 4, 5, 6, 0.5, -0.5}) ==
          Numbers{531.5, 641.5});
    CHECK(run<Linear<2, NoBias>, Shape<3>>({1, 10, 100, 2, 0, 0}, {1, 2, 3, 4, 5, 6}) ==
          Numbers{531, 642, 2, 4});
    CHECK(parameters_of<Linear<10>, Shape<1024>> == 10250);
    CHECK(parameters_of<Linear<10, NoBias>, Shape<1024>> == 10240);
    CHECK(Accepts<Linear<10>, Shape<7>>);
    CHECK_FALSE(Accepts<Linear<10>, Shape<7, 1, 2>>);
    CHECK(Linear<10>::describe() == "Linear<10>");
    CHECK(Linear<10, NoBias>::describe() == "Linear<10, NoBias>");
}

TEST_CASE("flatten forgets the shape and keeps the order of storage") {
    CHECK(run<Flatten, Shape<2, 1, 2>>({1, 2, 3, 4}) == Numbers{1, 2, 3, 4});
    CHECK(output_of<Flatten, Shape<3, 4, 5>> == Dims{60, 1, 1});
    CHECK(run<Layers<Flatten, Linear<1, NoBias>>, Shape<2, 1, 2>>(
              {1, 2, 3, 4}, {1, 10, 100, 1000}) == Numbers{4321});
}
