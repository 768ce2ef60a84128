// SPDX-License-Identifier: Apache-2.0
// beside: lists of layers on a backend that fuses, beside the reference, which runs layer by layer.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/execution_plan.hpp>

namespace collab::trial {

/// All that a step of training and a pass of inference write.
struct Written {
    std::vector<double> result, parameter_gradients, input_gradient, state, inferred;
};

/// Memory that a layer must not read before it has been written holds NaN.
inline std::vector<double> unwritten(long n) {
    return std::vector<double>(std::size_t(n) + 1, std::numeric_limits<double>::quiet_NaN());
}
/// Numbers between `low` and `low` + 1.
inline std::vector<double> drawn(long n, Random random, double low) {
    std::vector<double> x(std::size_t(n) + 1);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = low + uniform<double>(random.word(i));
    return x;
}

/// A bound sequence without its type, so that what surrounds it is compiled once.
template <class B>
struct Passes {
    Dims in, out;
    Footprint footprint;
    View<const double> (*forward)(const Context<B>&, const Memory<double>&, View<const double>);
    void (*backward)(const Context<B>&, const Memory<double>&, View<const double> x,
                     View<const double> dy, View<double> dx);
};
template <class List, class In, class B>
Passes<B> passes_of() {
    using S = ExecutionPlan<List, In>;
    static_assert(S::table.fits());
    return {In::dims, S::Output::dims, S::footprint,
            [](const Context<B>& c, const Memory<double>& m, View<const double> x) {
                return S::template forward<0, S::depth>(c, m, x);
            },
            [](const Context<B>& c, const Memory<double>& m, View<const double> x,
               View<const double> dy,
               View<double> dx) { S::template backward<0, S::depth>(c, m, x, dy, dx); }};
}

/// What surrounds the passes: memory, input and the gradient of the result.
class Surroundings {
public:
    static constexpr int batch = 3;
    static constexpr int capacity = 4;

    Surroundings(Dims in, Dims out, const Footprint& f)
        : parameters_(drawn(f.parameters, random_.child(1), -0.5)),
          x_(drawn(batch * in.size(), random_.child(2), -0.5)),
          dy_(drawn(batch * out.size(), random_.child(3), -0.5)),
          in_(in),
          out_(out) {
        written_.state = drawn(f.state, random_.child(4), 0.5);  // variances are positive
        written_.parameter_gradients.assign(std::size_t(f.parameters) + 1, 0.5);
        written_.input_gradient.resize(std::size_t(batch * in.size()));
    }
    /// `forward(context, x)` returns the result, `backward(context, x, dy, dx)` writes dx.
    template <class B, class Forward, class Backward>
    Written run(B& backend, const Forward& forward, const Backward& backward) {
        Context<B> c{backend, batch, capacity, Mode::training, random_.child(5)};
        const View<const double> x{x_.data(), in_.channels};
        const auto result = [&] {
            const View<const double> y = forward(c, x);
            return std::vector<double>(y.data, y.data + batch * out_.size());
        };
        written_.result = result();
        backward(c, x, View<const double>{dy_.data(), out_.channels},
                 View<double>{written_.input_gradient.data(), in_.channels});
        c.mode = Mode::inference;
        written_.inferred = result();
        return written_;
    }
    /// Where learned values and statistics lie.
    Memory<double> memory() {
        return {parameters_.data(),
                written_.parameter_gradients.data(),
                written_.state.data(),
                nullptr,
                nullptr,
                nullptr};
    }

private:
    Random random_{5};
    std::vector<double> parameters_, x_, dy_;
    Dims in_, out_;
    Written written_;
};

/// Memory of one bound sequence between and within its passes.
class Work {
public:
    explicit Work(const Footprint& f)
        : saved_(unwritten(Surroundings::capacity * f.saved)),
          fixed_(unwritten(f.fixed)),
          scratch_(unwritten(Surroundings::capacity * f.scratch)) {}
    Memory<double> beside(Memory<double> m) {
        m.saved = saved_.data();
        m.fixed = fixed_.data();
        m.scratch = scratch_.data();
        return m;
    }

private:
    std::vector<double> saved_, fixed_, scratch_;
};

template <class B>
Written written(B& backend, const Passes<B>& passes) {
    Surroundings around(passes.in, passes.out, passes.footprint);
    Work work(passes.footprint);
    const Memory<double> m = work.beside(around.memory());
    return around.run(
        backend, [&](const Context<B>& c, View<const double> x) { return passes.forward(c, m, x); },
        [&](const Context<B>& c, View<const double> x, View<const double> dy, View<double> dx) {
            passes.backward(c, m, x, dy, dx);
        });
}
/// The same, of sequences that run one after the other and know nothing of each other.
template <class B>
Written written(B& backend, const std::vector<Passes<B>>& parts) {
    Footprint sum;
    for (const Passes<B>& part : parts) {
        sum.parameters += part.footprint.parameters;
        sum.state += part.footprint.state;
    }
    Surroundings around(parts.front().in, parts.back().out, sum);
    std::vector<Work> works;
    std::vector<Memory<double>> memories;
    Memory<double> m = around.memory();
    works.reserve(parts.size());
    for (const Passes<B>& part : parts) {
        memories.push_back(works.emplace_back(part.footprint).beside(m));
        m.parameters += part.footprint.parameters;
        m.gradients += part.footprint.parameters;
        m.state += part.footprint.state;
    }
    std::vector<View<const double>> values(parts.size() + 1);
    return around.run(
        backend,
        [&](const Context<B>& c, View<const double> x) {
            values[0] = x;
            for (std::size_t i = 0; i < parts.size(); ++i)
                values[i + 1] = parts[i].forward(c, memories[i], values[i]);
            return values.back();
        },
        [&](const Context<B>& c, View<const double>, View<const double> dy, View<double> dx) {
            std::vector<std::vector<double>> gradients(parts.size());
            View<const double> d = dy;
            for (std::size_t i = parts.size(); i-- > 0;) {
                gradients[i] = unwritten(Surroundings::batch * parts[i].in.size());
                const View<double> to{i == 0 ? dx.data : gradients[i].data(), parts[i].in.channels};
                parts[i].backward(c, memories[i], values[i], d, to);
                d = to;
            }
        });
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
    Cpu<double> fusing(1);
    return first_difference(written(plain, passes_of<List, In, Reference<double>>()),
                            written(fusing, passes_of<List, In, Cpu<double>>()));
}

}  // namespace collab::trial
