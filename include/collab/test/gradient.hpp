// SPDX-License-Identifier: Apache-2.0
// gradient: checks the derivatives of layers, metrics and merges against central differences. For
// the tests of the library and for yours.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/merge.hpp>
#include <collab/loss/concepts.hpp>
#include <collab/loss/task.hpp>
#include <collab/model/check.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab {

/// How derivatives are checked.
struct GradientOptions {
    int batch = 3;           ///< samples (of layers)
    std::uint64_t seed = 1;  ///< of inputs, parameters and the weights of the outputs
    /// of the differences; tried again with a sixteenth where a kink seems to lie between
    double step = 1e-5;
    double tolerance = 1e-6;  ///< the largest relative error that passes
};

/// What a check found. It converts to true when it passed; `describe()` says why not.
struct GradientReport {
    std::string subject;  ///< what was checked: `Conv2d<4, 3>, Relu`
    /// largest relative error: |analytic - numeric| / max(|analytic|, |numeric|, a thousandth of
    /// the largest gradient)
    double worst = 0;
    std::string where;  ///< of the worst value: `layers.0.weight[5]`, `input[7]`
    double analytic = 0;
    double numeric = 0;  ///< of the worst value
    double largest = 0;  ///< the largest magnitude of an analytic gradient
    long checked = 0;    ///< how many values
    double tolerance = 0;
    /// why the check says nothing, if so: nothing to check, gradients all zero, not a number, not
    /// added
    std::string refusal;

    /// A check that compared nothing, or only zeroes, does not pass.
    bool passed() const {
        return refusal.empty() && checked > 0 && largest > 0 && worst <= tolerance;
    }
    explicit operator bool() const { return passed(); }
    std::string describe() const {
        if (!refusal.empty())
            return sentence(subject, ": ", refusal);
        char figures[160];
        std::snprintf(figures, sizeof figures,
                      ": relative error %.3g, analytic %.10g, numeric %.10g", worst, analytic,
                      numeric);
        return sentence(subject, ": ", checked, " values checked, the worst is ", where, figures);
    }
};

namespace detail {
/// Pairs of analytic and numeric values, judged at the end, when the largest gradient is known.
class GradientJudge {
public:
    explicit GradientJudge(const GradientOptions& options) : options_(options) {}

    /// `loss(v)` is the function with one value set to v; `at` is where that value is.
    template <class Loss>
    void check(const std::string& name, double at, double analytic, Loss&& loss) {
        Pair p{name, analytic, difference(loss, at, options_.step)};
        const auto error = [&](double numeric) {
            return std::abs(analytic - numeric) / (1e-6 + std::abs(analytic));
        };
        // a wrong gradient stays wrong with a smaller step; a kink does not stay between
        if (!(error(p.numeric) <= options_.tolerance)) {
            const double closer = difference(loss, at, options_.step / 16);
            if (!(error(p.numeric) <= error(closer)))
                p.numeric = closer;
        }
        pairs_.push_back(p);
    }
    void refuse(const std::string& why) {
        if (refusal_.empty())
            refusal_ = why;
    }
    GradientReport report(const std::string& subject) const {
        GradientReport r;
        r.subject = subject;
        r.tolerance = options_.tolerance;
        r.refusal = refusal_;
        r.checked = long(pairs_.size());
        for (const Pair& p : pairs_)
            r.largest = std::max(r.largest, std::abs(p.analytic));
        for (const Pair& p : pairs_) {
            const double error =
                std::abs(p.analytic - p.numeric) /
                std::max({std::abs(p.analytic), std::abs(p.numeric), 1e-3 * r.largest, 1e-300});
            if (!std::isfinite(p.analytic) || !std::isfinite(p.numeric)) {
                if (r.refusal.empty())
                    r.refusal = sentence(p.name, ": the gradient is ", p.analytic,
                                         ", by differences ", p.numeric);
            } else if (r.where.empty() || error > r.worst) {
                r.worst = error;
                r.where = p.name;
                r.analytic = p.analytic;
                r.numeric = p.numeric;
            }
        }
        if (r.refusal.empty() && r.checked == 0)
            r.refusal = "nothing was checked";
        if (r.refusal.empty() && !(r.largest > 0))
            r.refusal = sentence("all ", r.checked, " gradients are zero");
        return r;
    }

private:
    struct Pair {
        std::string name;
        double analytic, numeric;
    };
    template <class Loss>
    static double difference(Loss&& loss, double at, double step) {
        return (loss(at + step) - loss(at - step)) / (2 * step);
    }

    GradientOptions options_;
    std::vector<Pair> pairs_;
    std::string refusal_;
};

inline std::vector<double> normal_numbers(std::size_t n, Random random) {
    std::vector<double> v(n);
    for (std::size_t i = 0; i < n; ++i) {
        const Words w = random(i);
        v[i] = normal(w.w[0], w.w[1]).first;
    }
    return v;
}

/// Numbers of the host in memory of a backend.
template <class B>
class Held {
public:
    double* put(B& backend, const std::vector<double>& numbers) {
        if (memory_.empty())
            memory_.emplace_back(backend.template allocate<double>(numbers.size() + 1));
        backend.upload(numbers.data(), numbers.size(), memory_[0].data());
        return memory_[0].data();
    }
    std::vector<double> get(B& backend, std::size_t n) const {
        std::vector<double> numbers(n);
        if (n > 0)
            backend.download(static_cast<const double*>(memory_[0].data()), n, numbers.data());
        return numbers;
    }

private:
    std::vector<decltype(std::declval<B&>().template allocate<double>(1))> memory_;
};

/// A list of layers with everything that running it needs. Memory that a layer must not read before
/// it is written holds NaN, gradients begin at a number that must survive, and there is room for
/// more samples than are used.
template <class List, StaticShape In, class B>
class GradientTrial {
    using Plan = ExecutionPlan<List, In>;
    using Numbers = std::vector<double>;
    static constexpr double before = 0.5;  // what the gradients hold before backward adds to them
    static constexpr Footprint f = Plan::footprint;
    static constexpr int in_size = In::dims.size();
    static constexpr int out_size = Plan::Output::dims.size();

public:
    GradientTrial(const GradientOptions& o, B& backend)
        : backend_(backend),
          batch_(o.batch),
          capacity_(o.batch + 2),
          random_{o.seed},
          input(normal_numbers(std::size_t(batch_) * in_size, random_.child(1))),
          weights_(normal_numbers(std::size_t(batch_) * out_size, random_.child(2))) {
        named_tensors.template add<Plan>("layers");
        parameters = normal_numbers(named_tensors.parameter_count, random_.child(3));
        for (const Named& n : named_tensors.parameters)
            for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
                parameters[i] = n.tensor.role == Role::scale ? 1 + 0.3 * parameters[i]
                                : n.tensor.role == Role::weight
                                    ? parameters[i] / std::sqrt(n.tensor.fan_in)
                                    : 0.3 * parameters[i];
        state_ = initial_states<double>(named_tensors);
    }

    /// A fixed random sum of all outputs.
    double loss() {
        const View<const double> y = forward();
        Numbers outputs(weights_.size());
        backend_.download(y.data, outputs.size(), outputs.data());
        double sum = 0;
        for (std::size_t i = 0; i < weights_.size(); ++i)
            sum += weights_[i] * outputs[i];
        return sum;
    }
    /// The gradients of all parameters and, when `wanted`, of the input.
    void gradients(Numbers& of_parameters, Numbers& of_input, bool wanted) {
        forward();
        m_.gradients =
            gradients_memory_.put(backend_, Numbers(named_tensors.parameter_count, before));
        m_.scratch =
            scratch_memory_.put(backend_, garbage(std::size_t(capacity_) * std::size_t(f.scratch)));
        const View<double> dx =
            wanted ? View<double>{input_gradient_memory_.put(backend_, garbage(input.size())),
                                  In::dims.channels}
                   : View<double>{};
        Plan::template backward<0, Plan::depth>(
            context(), m_, x_,
            View<const double>{weights_memory_.put(backend_, weights_),
                               Plan::Output::dims.channels},
            dx, wanted);
        of_parameters = gradients_memory_.get(backend_, named_tensors.parameter_count);
        of_input = input_gradient_memory_.get(backend_, wanted ? input.size() : 0);
        for (double& g : of_parameters)
            g -= before;
    }

private:
    static Numbers garbage(std::size_t n) {
        return Numbers(n, std::numeric_limits<double>::quiet_NaN());
    }
    Context<B> context() { return {backend_, batch_, capacity_, Mode::training, random_.child(4)}; }
    View<const double> forward() {
        x_ = {input_memory_.put(backend_, input), In::dims.channels};
        m_ = {parameters_memory_.put(backend_, parameters),
              nullptr,
              state_memory_.put(backend_, state_),
              saved_memory_.put(backend_, garbage(std::size_t(capacity_) * std::size_t(f.saved))),
              fixed_memory_.put(backend_, garbage(std::size_t(f.fixed))),
              nullptr};
        return Plan::template forward<0, Plan::depth>(context(), m_, x_);
    }

    B& backend_;
    int batch_, capacity_;
    Random random_;

public:
    Numbers input, parameters;
    NamedTensors named_tensors;

private:
    Numbers weights_, state_;
    Held<B> input_memory_, parameters_memory_, weights_memory_, state_memory_, saved_memory_,
        fixed_memory_, gradients_memory_, scratch_memory_, input_gradient_memory_;
    View<const double> x_{};
    Memory<double> m_;
};

template <class List, StaticShape In, class B>
GradientReport check_layers(const GradientOptions& options) {
    if (options.batch < 1)
        fail("a gradient check needs at least one sample, not ", options.batch);
    B backend;
    GradientTrial<List, In, B> trial(options, backend);
    GradientJudge judge(options);
    std::vector<double> of_parameters, of_input, alone, none;
    trial.gradients(of_parameters, of_input, true);
    trial.gradients(alone, none, false);
    if (alone != of_parameters)
        judge.refuse(
            "the parameters' gradients are others when the input's gradient is not wanted");
    const auto check = [&](const std::string& name, double& value, double analytic) {
        const double at = value;
        judge.check(name, at, analytic, [&](double v) { return value = v, trial.loss(); });
        value = at;
    };
    for (const Named& n : trial.named_tensors.parameters)
        for (std::size_t i = 0; i < std::size_t(n.tensor.size); ++i)
            check(sentence(n.name, "[", i, "]"), trial.parameters[n.offset + i],
                  of_parameters[n.offset + i]);
    for (std::size_t i = 0; i < trial.input.size(); ++i)
        check(sentence("input[", i, "]"), trial.input[i], of_input[i]);
    std::string subject;
    static_for<flat_layers<List>::size>([&](auto i) {
        subject += (i > 0 ? ", " : "") + std::string(flat_layers<List>::template at<i>::describe());
    });
    return judge.report(subject);
}
}  // namespace detail

/// Checks a layer or a list of layers in training mode on an input of shape In: the derivatives of
/// a fixed random sum of all outputs with respect to every parameter and every input, on
/// Reference<double> or another backend that computes in double. Beside being right, gradients must
/// be added to what is there.
///
///     using Mine = Layers<Conv2d<4, 3, Bias>, BatchNorm, MyActivation>;
///     const GradientReport report = check_gradients<Mine, Shape<2, 5, 5>>();
///     if (!report) fail(report.describe());
template <class List, StaticShape In, class B = Reference<double>>
GradientReport check_gradients(const GradientOptions& options = {}) {
    static_assert(
        std::is_same_v<typename B::Scalar, double>,
        "collab: gradients are checked by differences, for which float has too few digits");
    using Items = flat_layers<List>;
    using Wrong =
        detail::first_wrong<Pack<detail::AreLayers<Items, List>, detail::ShapesFit<Items, In, List>,
                                 detail::FindOperations<Items, B, List>>>;
    static_assert(sizeof(typename Wrong::sentence) > 0);
    if constexpr (!Wrong::holds)
        return {};  // has been refused: nothing more to say
    else
        return detail::check_layers<List, In, B>(options);
}

/// Checks `metric.gradient` against `metric.value` with respect to the first of two random vectors,
/// for several lengths; the gradient must be scaled and added. `check_metric(CosineDistance{})`
template <class M>
    requires Metric<M, double>
GradientReport check_metric(const M& metric, const GradientOptions& options = {}) {
    detail::GradientJudge judge(options);
    for (const int d : {2, 3, 8, 13}) {
        const Random random = Random{options.seed}.child(std::uint64_t(d));
        std::vector<double> a = detail::normal_numbers(std::size_t(d), random.child(1));
        std::vector<double> da(std::size_t(d), 0.5);
        const std::vector<double> b = detail::normal_numbers(std::size_t(d), random.child(2));
        const double scale = 0.7;
        metric.gradient(d, a.data(), b.data(), scale, da.data());
        for (std::size_t i = 0; i < a.size(); ++i) {
            const double at = a[i];
            judge.check(sentence("a[", i, "] of ", d), at, da[i] - 0.5, [&](double v) {
                return a[i] = v, scale * double(metric.value(d, a.data(), b.data()));
            });
            a[i] = at;
        }
    }
    return judge.report("metric");
}

/// Checks `loss.gradient` against `loss.value` with respect to random outputs, for several numbers
/// of them; the gradient must be scaled and added. `check_loss(MeanSquaredError{})`. Target values
/// are probabilities, which every loss takes; class numbers go through all classes.
template <class L>
    requires Loss<L, double>
GradientReport check_loss(const L& loss, const GradientOptions& options = {}) {
    detail::GradientJudge judge(options);
    for (const int d : {2, 3, 8, 13}) {
        const Random random = Random{options.seed}.child(std::uint64_t(d));
        std::vector<double> z = detail::normal_numbers(std::size_t(d), random.child(1));
        std::vector<double> t =
            detail::normal_numbers(std::size_t(detail::target_size<L>(d)), random.child(2));
        double sum = 0;
        for (double& v : t)
            sum += v = std::exp(v);
        for (double& v : t)
            v /= sum;
        const auto check = [&](auto target, const std::string& name) {
            std::vector<double> dz(std::size_t(d), 0.5);
            const double scale = 0.7;
            loss.gradient(d, z.data(), target, scale, dz.data());
            for (std::size_t i = 0; i < z.size(); ++i) {
                const double at = z[i];
                judge.check(sentence("z[", i, "] of ", d, name), at, dz[i] - 0.5, [&](double v) {
                    z[i] = v;
                    return scale * double(loss.value(d, z.data(), target));
                });
                z[i] = at;
            }
        };
        if constexpr (detail::class_targets<L>)
            for (int label = 0; label < d; ++label)
                check(label, sentence(", class ", label));
        else
            check(static_cast<const double*>(t.data()), std::string());
    }
    return judge.report("loss");
}

/// Checks both partial derivatives of a merge at random places. `check_merge(ProductMerge{})`
template <class M>
    requires Merge<M, double>
GradientReport check_merge(const M& merge, const GradientOptions& options = {}) {
    detail::GradientJudge judge(options);
    const std::vector<double> places = detail::normal_numbers(64, Random{options.seed});
    for (std::size_t i = 0; i + 1 < places.size(); i += 2) {
        const double x = places[i];
        const double u = places[i + 1];
        judge.check(sentence("x of place ", i / 2), x, merge.dx(x, u),
                    [&](double v) { return merge(v, u); });
        judge.check(sentence("u of place ", i / 2), u, merge.du(x, u),
                    [&](double v) { return merge(x, v); });
    }
    return judge.report("merge");
}

}  // namespace collab
