// SPDX-License-Identifier: Apache-2.0
// execution_plan: lists are flattened, values get their places, and any range between cuts gives
// what the whole gives.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/model/concepts.hpp>

#include "run.hpp"

using namespace collab;
using namespace collab::trial;

namespace {
struct early;
struct late;
struct Stage : Layers<Conv2d<3, 3, Bias>, BatchNorm, Elu> {};
struct Net : Sequential<Shape<2, 6, 6>, Stage, Cut<early>, MaxPool<2>, Conv2d<4, 3>, Sigmoid,
                        Cut<late>, Relu, Flatten, Linear<5>> {};
using Plan = bound<Net>;
}  // namespace

TEST_CASE("lists inside lists are flattened, named ones too") {
    CHECK(std::same_as<flat_layers<Layers<Relu, Layers<Elu, Layers<>, Layers<Relu>>>>,
                       Pack<Relu, Elu, Relu>>);
    CHECK(std::same_as<flat_layers<Net>,
                       Pack<Conv2d<3, 3, Bias>, BatchNorm, Elu, Cut<early>, MaxPool<2>,
                            Conv2d<4, 3>, Sigmoid, Cut<late>, Relu, Flatten, Linear<5>>>);
    CHECK(std::same_as<flat_layers<Relu>, Pack<Relu>>);
    CHECK(std::same_as<flat_layers<Repeat<3, Relu, Elu>>, Pack<Relu, Elu, Relu, Elu, Relu, Elu>>);
    CHECK(flat_layers<Repeat<0, Relu>>::size == 0);
    CHECK(std::same_as<input_of<Net>, Shape<2, 6, 6>>);
}

TEST_CASE("a bound list knows every shape and every offset") {
    CHECK(Plan::depth == 11);
    CHECK(std::same_as<Plan::ShapeAt<0>, Shape<2, 6, 6>>);
    CHECK(std::same_as<Plan::ShapeAt<4>, Shape<3, 6, 6>>);
    CHECK(std::same_as<Plan::ShapeAt<5>, Shape<3, 3, 3>>);
    CHECK(std::same_as<Plan::Output, Shape<5>>);
    CHECK(Plan::table.parameters[0] == 0);
    CHECK(Plan::table.parameters[1] == 57);
    CHECK(Plan::table.parameters[2] == 63);
    CHECK(Plan::table.parameters[6] == 63 + 108);
    CHECK(Plan::footprint.parameters == 63 + 108 + 185);
    CHECK(Plan::footprint.state == 6);
    CHECK(Plan::table.multiply_adds == 36 * 54 + 9 * 108 + 180);
}

TEST_CASE("an activation runs in place only where nobody needs what it writes over") {
    constexpr auto& home = Plan::table.home;
    CHECK(home[7] == home[6]);  // Sigmoid after Conv2d
    CHECK(home[8] == home[7]);  // a cut is no storage
    CHECK(home[9] != home[8]);  // Relu after a cut: what was cut stays
    CHECK(home[10] == home[9]);
    using Kept = ExecutionPlan<Layers<MaxPool<2>, Relu>, Shape<1, 4, 4>>;
    CHECK(Kept::table.home[2] != Kept::table.home[1]);  // a max pool needs its output
    using Input = ExecutionPlan<Layers<Relu>, Shape<1, 4, 4>>;
    CHECK(Input::table.home[1] != Input::table.home[0]);  // the input is not ours
}

TEST_CASE("the first layer that does not accept its input is known") {
    constexpr inferred_shapes<flat_layers<Layers<Conv2d<2, 3>, Linear<2>, Relu>>> m(Dims{1, 4, 4});
    CHECK_FALSE(m.fits());
    CHECK(m.misfit == 1);
    CHECK(m.shapes[1] == Dims{2, 4, 4});
    constexpr inferred_shapes<flat_layers<Layers<>>> nothing(Dims{1, 4, 4});
    CHECK(nothing.fits());
    CHECK(nothing.output() == Dims{1, 4, 4});
}

TEST_CASE("running a network range by range gives what running it whole gives") {
    Reference<double> backend;
    NamedTensors named_tensors;
    named_tensors.add<Plan>("net");
    const int batch = 2;
    const int capacity = 3;
    auto parameters = initial_parameters<double>(named_tensors, {}, 3);
    auto state = initial_states<double>(named_tensors);
    Numbers x(std::size_t(batch) * 72);
    Numbers saved(std::size_t(capacity) * std::size_t(Plan::footprint.saved));
    Numbers fixed(std::size_t(Plan::footprint.fixed));
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = std::sin(double(i * i));
    const Memory<double> m{parameters.data(), nullptr,      state.data(),
                           saved.data(),      fixed.data(), nullptr};
    const Context<Reference<double>> c{backend, batch, capacity, Mode::training};
    const View<const double> in{x.data(), 2};
    const View<const double> whole = Plan::forward<0, Plan::depth>(c, m, in);
    const Numbers expected(whole.data, whole.data + 10);
    saved.assign(saved.size(), 0);
    const View<const double> a = Plan::forward<0, 3>(c, m, in);
    CHECK(a.pixel == 3);
    const Numbers copy(a.data, a.data + batch * 108);  // elsewhere: a range takes what it is given
    const View<const double> b = Plan::forward<3, 7>(c, m, View<const double>{copy.data(), 3});
    const View<const double> y = Plan::forward<7, Plan::depth>(c, m, b);
    CHECK(Numbers(y.data, y.data + 10) == expected);
    Numbers place(10);
    const View<const double> there =
        Plan::forward<7, Plan::depth>(c, m, b, View<double>{place.data(), 5});
    CHECK(there.data == place.data());
    CHECK(place == expected);
}

TEST_CASE("cuts are found by name") {
    CHECK(cut_of<Net, early> == 3);
    CHECK(cut_of<Net, late> == 7);
    CHECK(cut_of<Net, mutual> == -1);
    CHECK(std::same_as<feature_at<Net, early>, Shape<3, 6, 6>>);
}
