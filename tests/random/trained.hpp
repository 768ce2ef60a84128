// SPDX-License-Identifier: Apache-2.0
// trained: a Training as a subject, and the ways in which a program computes its cases.
//
// A case is a struct: `What`, a network or a collaboration; `batch` and `samples`; `name` and
// `text`; and `set(settings)`.
#pragma once
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/collab.hpp>

#include "subject.hpp"
#ifdef COLLAB_RANDOM_FILES
#include "written.hpp"
#endif

namespace collab::random {

// Names of cuts.
struct nobody;
struct cut_0;
struct cut_1;
struct cut_2;
/// A normalization that is not the usual one.
struct OtherConstants : NormalizationDefaults {
    static constexpr double epsilon = 1e-3;
    static constexpr double momentum = 0.25;
};

/// Weights and temperatures of methods that have them: their weights times `weight`.
template <class... Ms>
void set_methods(std::tuple<Ms...>& methods, double weight, double temperature) {
    const auto set = [&](auto& m) {
        if constexpr (requires { m.weight *= weight; })
            m.weight *= weight;
        if constexpr (requires { m.temperature = temperature; })
            m.temperature = temperature;
    };
    std::apply([&](auto&... m) { (set(m), ...); }, methods);
}

/// The CPU backend layer by layer.
template <class T>
struct Unfused : Cpu<T> {
    using Cpu<T>::Cpu;
    void fused_conv2d() = delete;  // hides the operation, so that this is no FusionBackend
};

template <class T, class U>
std::vector<T> converted(const std::vector<U>& values) {
    return {values.begin(), values.end()};
}

/// The first network of a case, layers and all, with memory of its own.
template <class N, class B>
Pass pass_through(B& backend, int capacity, const Numbers& parameters, const Numbers& state,
                  const Numbers& images, const Numbers& gradient, int samples) {
    using T = typename B::Scalar;
    using S = ExecutionPlan<N, input_of<N>>;
    constexpr Footprint f = S::footprint;
    const auto given = [&](const Numbers& values) {
        auto buffer = backend.template allocate<T>(values.size() + 1);
        const std::vector<T> v = converted<T>(values);
        backend.upload(v.data(), v.size(), buffer.data());
        return buffer;
    };
    const auto room = [&](long n) {
        return given(Numbers(std::size_t(n), std::numeric_limits<double>::quiet_NaN()));
    };
    const auto host = [&](const T* from, std::size_t n) {
        std::vector<T> v(n);
        backend.download(from, n, v.data());
        return converted<double>(v);
    };
    const auto p = given(parameters);
    auto g = given(Numbers(std::size_t(f.parameters)));
    auto s = given(state);
    auto saved = room(capacity * f.saved);
    auto fixed = room(f.fixed);
    auto scratch = room(capacity * f.scratch);
    const auto x = given(images);
    const auto dy = given(gradient);
    auto dx = room(long(images.size()));
    const Context<B> c{backend, samples, capacity, Mode::training, Random{3}};
    const Memory<T> m{p.data(), g.data(), s.data(), saved.data(), fixed.data(), scratch.data()};
    const View<const T> in{x.data(), S::Input::dims.channels};
    const View<const T> y = S::template forward<0, S::depth>(c, m, in);
    Pass pass;
    pass.output = host(y.data, gradient.size());
    S::template backward<0, S::depth>(c, m, in, View<const T>{dy.data(), S::Output::dims.channels},
                                      View<T>{dx.data(), S::Input::dims.channels});
    pass.input_gradient = host(dx.data(), images.size());
    pass.gradients = host(g.data(), std::size_t(f.parameters));
    return pass;
}

template <class Spec, class B>
class Trained : public Subject {
    using What = typename Spec::What;
    using T = typename B::Scalar;
    using Of = Training<What, B>;
    static constexpr bool alone = NetworkDescription<What>;

public:
    explicit Trained(std::shared_ptr<B> backend)
        : backend_(std::move(backend)),
          training_(settings(), backend_) {}

    const NamedTensors& tensors() const override { return training_.named_tensors(); }
    void set(const Numbers& parameters, const Numbers& state) override {
        training_.set_parameters(converted<T>(parameters));
        training_.set_state(converted<T>(state));
        training_.set_steps(0);
    }
    void compute_gradients(const Batch& b) override {
        training_.compute_gradients(b.images.data(), b.labels.data(), b.samples);
    }
    void step(const Batch& b, double rate) override {
        training_.step(b.images.data(), b.labels.data(), b.samples, rate);
    }
    void evaluate(const Batch& b) override {
        training_.evaluate_batch(b.images.data(), b.labels.data(), b.samples);
    }
    Numbers parameters() const override { return converted<double>(training_.parameters()); }
    Numbers gradients() const override { return converted<double>(training_.gradients()); }
    Numbers state() const override { return converted<double>(training_.state()); }
    Numbers logits(int network) const override {
        return converted<double>(training_.logits(network));
    }
    Numbers losses() const override {
        Numbers all;
        for (const NetworkLoss& l : training_.losses())
            all.insert(all.end(), {l.task, l.metric, l.verification, l.coupling});
        return all;
    }
    Numbers deployed(int network, const Batch& b) override {
        Numbers logits;
        static_for<Of::networks>([&](auto i) {
            if (i != network)
                return;
            auto model = training_.template deploy<i>();
            const std::vector<T> x = converted<T>(b.images);
            logits = converted<double>(model.predict(x.data(), b.samples));
        });
        return logits;
    }
    Files files([[maybe_unused]] int network, [[maybe_unused]] const std::string& folder) override {
        Files all;
#ifdef COLLAB_RANDOM_FILES
        if constexpr (std::same_as<B, Exact>)
            static_for<Of::networks>([&](auto i) {
                if (i == network)
                    all = written(training_.template deploy<i>(), folder);
            });
#endif
        return all;
    }
    Pass pass(const Numbers& images, const Numbers& gradient, int samples) override {
        if constexpr (alone)
            return pass_through<What>(*backend_, Spec::batch, parameters(), state(), images,
                                      gradient, samples);
        else
            return {};
    }

private:
    static auto settings() {
        typename Of::Settings s;
        s.batch = Spec::batch;
        Spec::set(s);
        return s;
    }
    std::shared_ptr<B> backend_;
    Of training_;
};

template <class Spec, class B, class... Arguments>
std::unique_ptr<Subject> subject(Arguments... arguments) {
    return std::make_unique<Trained<Spec, B>>(std::make_shared<B>(arguments...));
}

template <class What>
struct AboutWhat {
    using First = What;
    static constexpr int networks = 1;
};
template <class... Items>
struct AboutWhat<Collaboration<Items...>> {
    using First = typename Collaboration<Items...>::template network<0>;
    static constexpr int networks = Collaboration<Items...>::size;
};

constexpr double half_float = 0x1p-24;
constexpr double half_double = 0x1p-53;

/// The CPU backend in single precision as users have it comes first: on one thread and on two it
/// gives the same bits.
template <class Spec>
std::vector<Way> cpu_ways() {
    std::vector<Way> ways;
    const auto add = [&](const char* name, Winograd winograd, bool unit) {
        ways.push_back({name, half_float,
                        [=] { return subject<Spec, Cpu<float>>(2, CpuOptions{winograd, unit}); }});
    };
    ways.push_back({"float, one thread", half_float, [] { return subject<Spec, Cpu<float>>(1); }});
    add("float", Winograd::tiles_4x4, true);
    add("float, tiles 2x2", Winograd::tiles_2x2, true);
    add("float, direct", Winograd::none, false);
    ways.push_back({"double", half_double,
                    [] { return subject<Spec, Exact>(Rounding{.engine = Engine::cpu}); }});
#ifdef COLLAB_RANDOM_THRUST
    ways.push_back({"Thrust, double", half_double,
                    [] { return subject<Spec, Exact>(Rounding{.engine = Engine::thrust}); }});
#endif
#ifdef COLLAB_RANDOM_ALL
    ways.push_back({"double, fused", half_double, [] { return subject<Spec, Cpu<double>>(2); }});
    ways.push_back({"float, unfused", half_float, [] { return subject<Spec, Unfused<float>>(2); }});
#endif
    return ways;
}

template <class Spec>
std::vector<Way> no_ways() {
    return {};
}
template <class Spec>
std::vector<Way> gpu_ways();  // gpu.hpp

#ifndef COLLAB_RANDOM_WAYS
#define COLLAB_RANDOM_WAYS cpu_ways
#endif

template <class Spec>
void write_case(const Case& c, const std::string& folder);

template <class Spec>
Case made() {
    using About = AboutWhat<typename Spec::What>;
    Case c;
    c.name = Spec::name;
    c.text = Spec::text;
    c.input = input_of<typename About::First>::dims;
    c.output = bound<typename About::First>::Output::dims;
    c.networks = About::networks;
    c.batch = Spec::batch;
    c.samples = Spec::samples;
    c.alone = NetworkDescription<typename Spec::What>;
    if constexpr (requires { Spec::refuses_weights; })
        c.refuses_weights = Spec::refuses_weights;
    c.exact = [](Rounding rounding) { return subject<Spec, Exact>(rounding); };
    c.ways = COLLAB_RANDOM_WAYS<Spec>();
#ifdef COLLAB_RANDOM_EXCHANGE
    c.write = write_case<Spec>;
#endif
    return c;
}
/// `const Enter<Spec> enter;` puts a case on the list.
template <class Spec>
struct Enter {
    Enter() { cases().push_back(made<Spec>()); }
};

}  // namespace collab::random
