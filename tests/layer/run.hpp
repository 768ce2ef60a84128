// SPDX-License-Identifier: Apache-2.0
// run: a list of layers on the reference backend, on given numbers.
#pragma once
#include <vector>

#include <collab/backend/reference/reference.hpp>
#include <collab/layer/execution_plan.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab::trial {

using Numbers = std::vector<double>;

/// What a list gives for the samples in `x` (NHWC) with these parameters; `state` is used, and in
/// training changed.
template <class List, class In>
Numbers run(const Numbers& x, const Numbers& parameters, Numbers& state,
            Mode mode = Mode::inference, Random random = {}) {
    using Plan = ExecutionPlan<List, In>;
    Reference<double> backend;
    const int batch = int(x.size()) / In::dims.size();
    Numbers p = parameters;
    Numbers saved(std::size_t(batch) * std::size_t(Plan::footprint.saved) + 1);
    Numbers fixed(std::size_t(Plan::footprint.fixed) + 1);
    p.push_back(0);
    state.push_back(0);
    const Memory<double> m{p.data(), nullptr, state.data(), saved.data(), fixed.data(), nullptr};
    const Context<Reference<double>> c{backend, batch, batch, mode, random};
    const View<const double> y = Plan::template forward<0, Plan::depth>(
        c, m, View<const double>{x.data(), In::dims.channels});
    state.pop_back();
    return {y.data, y.data + std::ptrdiff_t(batch) * Plan::Output::dims.size()};
}
template <class List, class In>
Numbers run(const Numbers& x, const Numbers& parameters = {}) {
    NamedTensors c;
    c.add<ExecutionPlan<List, In>>("layers");
    Numbers state = initial_states<double>(c);
    return run<List, In>(x, parameters, state);
}
inline Numbers counted(int n, double first = 1) {
    Numbers x;
    for (int i = 0; i < n; ++i)
        x.push_back(first + i);
    return x;
}
template <class List, class In>
constexpr int parameters_of = ExecutionPlan<List, In>::footprint.parameters;
template <class List, class In>
constexpr Dims output_of = ExecutionPlan<List, In>::Output::dims;

}  // namespace collab::trial
