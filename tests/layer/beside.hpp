// SPDX-License-Identifier: Apache-2.0
// beside: a list of layers on a backend that fuses, beside the reference, which runs layer by
// layer.
#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/execution_plan.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab::trial {

/// All that a step of training and a pass of inference write.
struct Written {
    std::vector<double> result, parameter_gradients, input_gradient, state, inferred;
};

/// Memory that a layer must not read before it has been written holds NaN.
inline std::vector<double> unwritten(long n) {
    return std::vector<double>(std::size_t(n) + 1, std::numeric_limits<double>::quiet_NaN());
}
inline std::vector<double> drawn(std::size_t n, Random random) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i)
        x[i] = 2 * uniform<double>(random.word(i)) - 1;
    return x;
}

template <class List, class In, class B>
Written written(B& backend) {
    using Plan = ExecutionPlan<List, In>;
    static_assert(Plan::table.fits());
    constexpr int batch = 3;
    constexpr int capacity = 4;
    constexpr int out = Plan::Output::dims.size();
    const Random random{5};
    NamedTensors named_tensors;
    named_tensors.add<Plan>("layers");
    std::vector<double> parameters = drawn(named_tensors.parameter_count + 1, random.child(1));
    for (const Named& n : named_tensors.parameters)
        if (n.tensor.role == Role::weight)
            for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
                parameters[i] *= 2 / std::sqrt(double(n.tensor.fan_in));
    Written w;
    w.state = initial_states<double>(named_tensors);
    w.state.push_back(0);
    w.parameter_gradients.assign(named_tensors.parameter_count + 1, 0.5);
    w.input_gradient = unwritten(batch * In::dims.size());
    const std::vector<double> x = drawn(std::size_t(batch) * In::dims.size(), random.child(2));
    const std::vector<double> dy = drawn(std::size_t(batch) * out, random.child(3));
    std::vector<double> saved = unwritten(capacity * Plan::footprint.saved);
    std::vector<double> fixed = unwritten(Plan::footprint.fixed);
    std::vector<double> scratch = unwritten(capacity * Plan::footprint.scratch);
    const Memory<double> m{parameters.data(), w.parameter_gradients.data(),
                           w.state.data(),    saved.data(),
                           fixed.data(),      scratch.data()};
    const View<const double> input{x.data(), In::dims.channels};
    const auto pass = [&](Mode mode) {
        const Context<B> c{backend, batch, capacity, mode, random.child(4)};
        const View<const double> y = Plan::template forward<0, Plan::depth>(c, m, input);
        return std::vector<double>(y.data, y.data + std::ptrdiff_t(batch) * out);
    };
    w.result = pass(Mode::training);
    const Context<B> c{backend, batch, capacity, Mode::training, random.child(4)};
    Plan::template backward<0, Plan::depth>(
        c, m, input, View<const double>{dy.data(), Plan::Output::dims.channels},
        View<double>{w.input_gradient.data(), In::dims.channels});
    w.inferred = pass(Mode::inference);
    w.input_gradient.pop_back();
    return w;
}

/// The largest difference of a number, relative to the largest number beside it; NaN counts as
/// infinitely far.
inline double apart(const std::vector<double>& right, const std::vector<double>& tried) {
    double difference = 0;
    double largest = 1e-3;
    for (std::size_t i = 0; i < right.size(); ++i) {
        const double d = std::abs(right[i] - tried[i]);
        if (!(d <= difference))
            difference = std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
        largest = std::max(largest, std::abs(right[i]));
    }
    return difference / largest;
}

/// The name of the first thing in which two runs differ by more than rounding, or nothing.
inline std::string first_difference(const Written& right, const Written& tried) {
    constexpr double rounding = 1e-10;
    if (apart(right.result, tried.result) > rounding)
        return "result";
    if (apart(right.state, tried.state) > rounding)
        return "running statistics";
    if (apart(right.input_gradient, tried.input_gradient) > rounding)
        return "gradient of the input";
    if (apart(right.parameter_gradients, tried.parameter_gradients) > rounding)
        return "gradients of the parameters";
    if (apart(right.inferred, tried.inferred) > rounding)
        return "result of inference";
    return "";
}

/// Runs the layers on `Cpu<double>` and on `Reference<double>`; see `first_difference`.
template <class In, class... Ls>
std::string differs_on_cpu() {
    using List = Layers<Ls...>;
    Reference<double> plain;
    static Cpu<double> fusing(1);
    return first_difference(written<List, In>(plain), written<List, In>(fusing));
}

}  // namespace collab::trial
