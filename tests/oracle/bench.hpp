// SPDX-License-Identifier: Apache-2.0
// bench: any list of layers at any shape on any backend, forward and backward, with everything that
// it leaves behind.
#pragma once
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/layer/execution_plan.hpp>
#include <collab/model/named_tensors.hpp>

#include "fixture.hpp"

namespace collab::oracle {

/// A list of layers with memory of its own. Whatever nobody has computed yet is NaN, so that
/// reading it shows.
template <class List, StaticShape In, class B>
class Bench {
public:
    using T = typename B::Scalar;
    using S = ExecutionPlan<List, In>;
    static constexpr int in = In::dims.size();
    static constexpr int out = S::Output::dims.size();

    /// `capacity`: samples that the memory is laid out for. Parameters and running statistics begin
    /// by the formula, after their names.
    Bench(B& backend, const std::string& name, int batch, int capacity)
        : backend_(backend),
          batch_(batch),
          capacity_(capacity) {
        named_tensors_.template add<S>(name);
        constexpr Footprint f = S::footprint;
        if (std::size_t(f.parameters) != named_tensors_.parameter_count ||
            std::size_t(f.state) != named_tensors_.state_count)
            fail(name, ": the named_tensors lists ", named_tensors_.parameter_count,
                 " parameters and ", named_tensors_.state_count, " states, the plan has ",
                 f.parameters, " and ", f.state);
        parameters_ = given(initial<T>(named_tensors_.parameters));
        state_ = given(initial<T>(named_tensors_.states));
        gradients_ = given(std::vector<T>(named_tensors_.parameter_count));
        saved_ = unknown(capacity * f.saved);
        fixed_ = unknown(f.fixed);
        scratch_ = unknown(capacity * f.scratch);
    }

    /// Values, dense; `x` stays the input of the backward passes that follow.
    std::vector<double> forward(const std::vector<double>& x, Mode mode) {
        x_ = given(std::vector<T>(x.begin(), x.end()));
        const View<const T> y = S::template forward<0, S::depth>(context(mode), memory(), view());
        return dense(y, out);
    }
    /// The input gradient, written where asked.
    std::vector<double> backward(const std::vector<double>& dy) {
        Buffer d = given(std::vector<T>(dy.begin(), dy.end()));
        Buffer dx = unknown(long(batch_) * in);
        const View<T> to{dx.data(), In::dims.channels};
        const View<const T> result = S::template backward<0, S::depth>(
            context(Mode::training), memory(), view(),
            View<const T>{d.data(), S::Output::dims.channels}, to);
        if (result.data != to.data)
            fail("the input gradient is not where it was asked for");
        return dense(result, in);
    }
    /// The input gradient, wherever the layers leave it.
    std::vector<double> backward_in_scratch(const std::vector<double>& dy) {
        Buffer d = given(std::vector<T>(dy.begin(), dy.end()));
        return dense(
            S::template backward<0, S::depth>(context(Mode::training), memory(), view(),
                                              View<const T>{d.data(), S::Output::dims.channels}),
            in);
    }
    /// The parameters as they begin, and others instead.
    std::vector<double> parameters() const {
        return host(parameters_, named_tensors_.parameter_count);
    }
    void set_parameters(const std::vector<double>& values) {
        parameters_ = given(std::vector<T>(values.begin(), values.end()));
    }
    std::vector<double> gradients() const {
        return host(gradients_, named_tensors_.parameter_count);
    }
    std::vector<double> state() const { return host(state_, named_tensors_.state_count); }
    const NamedTensors& named_tensors() const { return named_tensors_; }

private:
    using Buffer = decltype(std::declval<B&>().template allocate<T>(1));

    Context<B> context(Mode mode) const { return {backend_, batch_, capacity_, mode}; }
    Memory<T> memory() {
        return {parameters_.data(), gradients_.data(), state_.data(),
                saved_.data(),      fixed_.data(),     scratch_.data()};
    }
    View<const T> view() const { return {x_.data(), In::dims.channels}; }
    Buffer given(const std::vector<T>& values) {
        Buffer b = backend_.template allocate<T>(values.size() + 1);
        backend_.upload(values.data(), values.size(), b.data());
        return b;
    }
    Buffer unknown(long n) {
        Buffer b = backend_.template allocate<T>(std::size_t(n) + 1);
        backend_.fill(std::size_t(n), std::numeric_limits<T>::quiet_NaN(), b.data());
        return b;
    }
    std::vector<double> host(const Buffer& from, std::size_t n) const {
        std::vector<T> values(n);
        backend_.download(from.data(), n, values.data());
        return widened(values);
    }
    std::vector<double> dense(View<const T> v, int size) const {
        std::vector<T> values(std::size_t(batch_) * std::size_t(size));
        backend_.download(v.data, values.size(), values.data());
        return widened(values);
    }

    B& backend_;
    int batch_, capacity_;
    NamedTensors named_tensors_;
    Buffer parameters_{};
    Buffer state_{};
    Buffer gradients_{};
    Buffer saved_{};
    Buffer fixed_{};
    Buffer scratch_{};
    Buffer x_{};
};

/// A case of layers.py: two passes in training, the first with gradients; then the first input
/// again, in inference.
template <class List, StaticShape In, class B>
void compare(Judge& judge, B& backend, const std::string& name) {
    INFO(name << " on " << backend.describe());
    constexpr int batch = 3;
    using Bench = oracle::Bench<List, In, B>;
    Bench bench(backend, name, batch, batch + 2);
    const std::vector<double> x = numbers(name + ".x", std::size_t(batch) * Bench::in);
    const std::vector<double> dy = numbers(name + ".dy", std::size_t(batch) * Bench::out);
    judge(name + "/output", bench.forward(x, Mode::training));
    judge(name + "/input_gradient", bench.backward(dy));
    judge.each(name + "/gradient/", bench.named_tensors().parameters, bench.gradients());
    // A second time: gradients add, and nothing that backward needs is used up.
    judge(name + "/input_gradient", bench.backward_in_scratch(dy));
    std::vector<double> twice = bench.gradients();
    for (double& g : twice)
        g /= 2;
    judge.each(name + "/gradient/", bench.named_tensors().parameters, twice);
    bench.forward(numbers(name + ".x2", x.size()), Mode::training);
    judge.each(name + "/state/", bench.named_tensors().states, bench.state());
    if (bench.named_tensors().state_count > 0)
        judge(name + "/inference", bench.forward(x, Mode::inference));
    judge.finish(name);
}

}  // namespace collab::oracle
