// SPDX-License-Identifier: Apache-2.0
// checker: the checker of gradients finds what is wrong, and never passes for want of something to
// check.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/test/gradient.hpp>

using namespace collab;

namespace {
using Map = Shape<2, 3, 3>;

struct SquareFunction {  // its slope, written in terms of y, is wrong below zero
    template <class T>
    T operator()(T x) const {
        return x * x;
    }
    template <class T>
    T slope(T y) const {
        return 2 * std::sqrt(y);
    }
};
struct WrongActivation : collab::detail::ActivationLayer<WrongActivation> {
    static constexpr SquareFunction function() { return {}; }
    static std::string describe() { return "WrongActivation"; }
};

/// y = s x with one learned s; Fault chooses what its backward pass gets wrong.
enum class Fault { none, sign, overwrites, stale, silent, nan, forgets };
template <Fault fault>
struct Scale : LayerBase {
    static constexpr bool optional_input_gradient = true;
    static constexpr std::array<Parameter, 1> parameters(Dims) {
        return {{{"weight", Role::scale, 1, 1, {1}, 1}}};
    }
    static constexpr Footprint footprint(Dims in) {
        Footprint f = listed_footprint<Scale>(in);
        f.saved = 1;
        return f;
    }
    static std::string describe() { return "Scale"; }
    template <Backend B>
    static void forward(const Context<B>& c, Dims in, const Forward<typename B::Scalar>& f) {
        for (int i = 0; i < c.batch * in.size(); ++i)
            f.y.data[i] = fault == Fault::silent ? 0 : f.parameters[0] * f.x.data[i];
        if (fault != Fault::forgets)
            f.saved[0] = f.parameters[0];
    }
    template <Backend B>
    static void backward(const Context<B>& c, Dims in, const Backward<typename B::Scalar>& b) {
        double sum = 0;
        for (int i = 0; i < c.batch * in.size(); ++i) {
            sum += b.dy.data[i] * b.x.data[i];
            if (b.dx)
                b.dx.data[i] = fault == Fault::silent ? 0
                               : fault == Fault::nan  ? std::sqrt(-1 - std::abs(b.x.data[i]))
                                                      : b.saved[0] * b.dy.data[i];
        }
        if (fault == Fault::silent)
            return;
        if (fault == Fault::overwrites)
            b.gradients[0] = sum;
        else if (fault == Fault::sign)
            b.gradients[0] -= sum;
        else if (fault != Fault::stale || b.dx)
            b.gradients[0] += sum;
    }
};

struct Half : SquaredEuclidean {  // half the gradient
    template <class T>
    void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        SquaredEuclidean::gradient(d, a, b, scale / 2, da);
    }
};
struct Overwriting {
    template <class T>
    T value(int, const T* a, const T*) const {
        return a[0];
    }
    template <class T>
    void gradient(int, const T*, const T*, T scale, T* da) const {
        da[0] = scale;
    }
};
struct Constant {
    template <class T>
    T value(int, const T*, const T*) const {
        return 1;
    }
    template <class T>
    void gradient(int, const T*, const T*, T, T*) const {}
};
struct WrongMerge : ProductMerge {
    template <class T>
    T du(T x, T) const {
        return x;
    }  // right only where u > 0
};
}  // namespace

TEST_CASE("a right layer passes and the report says how much was checked") {
    const GradientReport report = check_gradients<Layers<Scale<Fault::none>>, Map>({.batch = 2});
    CHECK(report.passed());
    CHECK(bool(report));
    CHECK(report.checked == 1 + 2 * 18);
    CHECK(report.largest > 0.1);
    CHECK(report.worst < 1e-8);
    CHECK(report.describe().find("Scale: 37 values checked, the worst is ") == 0);
}

TEST_CASE("a wrong sign is found and named") {
    const GradientReport report = check_gradients<Scale<Fault::sign>, Map>();
    CHECK_FALSE(report.passed());
    CHECK(report.where == "layers.0.weight[0]");
    CHECK(report.worst == doctest::Approx(2));
    CHECK(report.describe().find("layers.0.weight[0]") != std::string::npos);
}

TEST_CASE("a wrong slope is found although some values are right") {
    const GradientReport report = check_gradients<WrongActivation, Map>();
    CHECK_FALSE(report.passed());
    CHECK(report.where.find("input[") == 0);
    CHECK_FALSE(
        check_gradients<Layers<Conv2d<2, 3>, WrongActivation, Flatten, Linear<2>>, Map>().passed());
}

TEST_CASE("gradients that replace what was there, or are missing when no input gradient is wanted, "
          "do not pass") {
    CHECK_FALSE(check_gradients<Scale<Fault::overwrites>, Map>().passed());
    const GradientReport report = check_gradients<Scale<Fault::stale>, Map>();
    CHECK_FALSE(report.passed());
    CHECK(report.describe() ==
          "Scale: the parameters' gradients are others when the input's gradient is not wanted");
}

TEST_CASE("reading memory that was never written does not pass") {
    const GradientReport report = check_gradients<Scale<Fault::forgets>, Map>();
    CHECK_FALSE(report.passed());
    CHECK(report.describe().find("Scale: input[0]: the gradient is ") == 0);
}

TEST_CASE("gradients that are not numbers do not pass") {
    CHECK_FALSE(check_gradients<Scale<Fault::nan>, Map>().passed());
}

TEST_CASE("a check of nothing but zeroes does not pass") {
    const GradientReport report = check_gradients<Scale<Fault::silent>, Map>();
    CHECK_FALSE(report.passed());
    CHECK(report.worst == 0);
    CHECK(report.describe() == "Scale: all 55 gradients are zero");
    CHECK_FALSE(check_metric(Constant{}).passed());
}

TEST_CASE("a report of nothing does not pass") {
    CHECK_FALSE(GradientReport{}.passed());
    CHECK_FALSE(collab::detail::GradientJudge({}).report("nobody").passed());
    CHECK(collab::detail::GradientJudge({}).report("nobody").describe() ==
          "nobody: nothing was checked");
    CHECK_THROWS_WITH_AS((check_gradients<Relu, Map>({.batch = 0})),
                         "a gradient check needs at least one sample, not 0", Error);
}

TEST_CASE("a wrong metric or merge does not pass") {
    const GradientReport half = check_metric(Half{});
    CHECK_FALSE(half.passed());
    CHECK(half.worst == doctest::Approx(0.5));
    CHECK_FALSE(check_metric(Overwriting{}).passed());
    CHECK_FALSE(check_merge(WrongMerge{}).passed());
}

TEST_CASE("a wrong gradient among kinks is not mistaken for a kink") {
    // The step is so large that many kinks lie within it: right gradients pass by the smaller one,
    // wrong ones do not.
    CHECK(check_gradients<Layers<Conv2d<3, 3>, Relu>, Map>({.step = 1e-3, .tolerance = 1e-5})
              .passed());
    CHECK_FALSE(check_gradients<Layers<Conv2d<3, 3>, WrongActivation>, Map>(
                    {.step = 1e-3, .tolerance = 1e-5})
                    .passed());
}
