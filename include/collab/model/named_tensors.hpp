// SPDX-License-Identifier: Apache-2.0
// named_tensors: the names and places of all parameters, and how they begin.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/layer/execution_plan.hpp>

namespace collab {

/// One tensor: `net0.3.body.0.weight`, where it lies in its buffer, and what it is.
struct Named {
    std::string name;
    Parameter tensor;
    std::size_t offset;
};

/// How weights begin. Biases and shifts begin at 0, scales at 1.
struct Initialization {
    enum Kind {
        he,       ///< N(0, 2 / fan_in) (He et al. 2015)
        gaussian  ///< N(0, stddev^2)
    };
    Kind kind = he;
    double stddev = 0.01;
};

/// The tensors of several bound sequences, in the order in which they lie one after the other.
struct NamedTensors {
    std::vector<Named> parameters, states;
    std::size_t parameter_count = 0;
    std::size_t state_count = 0;

    /// Appends the tensors of a bound sequence under `prefix`.
    template <class S>
    void add(const std::string& prefix) {
        parts<S>(prefix, true, true);
    }
    /// Appends only one kind: a shared part has one set of parameters and running statistics for
    /// each network.
    template <class S>
    void add_parameters(const std::string& prefix) {
        parts<S>(prefix, true, false);
    }
    template <class S>
    void add_states(const std::string& prefix) {
        parts<S>(prefix, false, true);
    }

    /// The parameter (or else the state) of this name; an unknown name is an error that shows the
    /// nearest ones.
    const Named& find(std::string_view name, bool state = false) const;

private:
    template <class S>
    COLLAB_COLD void parts(const std::string& prefix, bool learned, bool running) {
        static_for<S::depth>([&](auto i) {
            using L = typename S::template LayerAt<i>;
            using In = typename S::template ShapeAt<i>;
            if constexpr (Composite<L>) {
                inside<L, In>(below(prefix, i), learned, running);
            } else {
                static constexpr auto own = L::parameters(In::dims);
                static constexpr auto kept = L::states(In::dims);
                if constexpr (own.size() + kept.size() > 0)
                    enter(prefix, i,
                          learned ? std::span<const Parameter>(own) : std::span<const Parameter>(),
                          running ? std::span<const Parameter>(kept)
                                  : std::span<const Parameter>());
            }
        });
    }
    template <class L, class In>
    COLLAB_COLD void inside(const std::string& path, bool learned, bool running) {
        if constexpr (ListsItsParts<L, In>) {
            L::template each_part<In>([&](auto sequence, auto name) {
                parts<decltype(sequence)>(below(path, name), learned, running);
            });
        } else {
            static_for<L::parts::size>([&](auto k) {
                parts<ExecutionPlan<typename L::parts::template at<k>, In>>(
                    below(path, L::part_name(k)), learned, running);
            });
        }
    }
    static std::string below(std::string_view path, std::string_view name);
    static std::string below(std::string_view path, int number);
    void enter(std::string_view prefix, int number, std::span<const Parameter> own,
               std::span<const Parameter> kept);
};

namespace detail {
constexpr std::uint64_t hash(std::string_view s) {  // FNV-1a
    std::uint64_t h = 1469598103934665603ull;
    for (const char c : s)
        h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    return h;
}
}  // namespace detail

/// Initial values of the named_tensors's parameters. The random numbers of a tensor depend on the
/// seed and its name alone, so that a network begins alike whether it is trained alone or with
/// others.
template <class T>
COLLAB_COLD std::vector<T> initial_parameters(const NamedTensors& named_tensors,
                                              const Initialization& how, std::uint64_t seed) {
    std::vector<T> values(named_tensors.parameter_count);
    for (const Named& n : named_tensors.parameters) {
        T* p = values.data() + n.offset;
        const std::size_t size = static_cast<std::size_t>(n.tensor.size);
        if (n.tensor.role == Role::scale)
            std::fill_n(p, size, T(1));
        if (n.tensor.role != Role::weight)
            continue;
        const double stddev =
            how.kind == Initialization::he ? std::sqrt(2.0 / n.tensor.fan_in) : how.stddev;
        const Random random = Random{seed}.child(detail::hash(n.name));
        for (std::size_t i = 0; i < size; i += 4) {
            const Words w = random(i / 4);
            const auto [a, b] = normal(w.w[0], w.w[1]);
            const auto [c, d] = normal(w.w[2], w.w[3]);
            const double four[] = {a, b, c, d};
            for (std::size_t k = 0; k < 4 && i + k < size; ++k)
                p[i + k] = T(stddev * four[k]);
        }
    }
    return values;
}

/// Initial running statistics: mean 0, variance 1.
template <class T>
COLLAB_COLD std::vector<T> initial_states(const NamedTensors& named_tensors) {
    std::vector<T> values(named_tensors.state_count);
    for (const Named& n : named_tensors.states)
        if (n.tensor.role == Role::scale)
            std::fill_n(values.data() + n.offset, static_cast<std::size_t>(n.tensor.size), T(1));
    return values;
}

#ifdef COLLAB_PRECOMPILED
extern template std::vector<float> initial_parameters<float>(const NamedTensors&,
                                                             const Initialization&, std::uint64_t);
extern template std::vector<double> initial_parameters<double>(const NamedTensors&,
                                                               const Initialization&,
                                                               std::uint64_t);
extern template std::vector<float> initial_states<float>(const NamedTensors&);
extern template std::vector<double> initial_states<double>(const NamedTensors&);
#endif

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/model/named_tensors-inl.hpp>
#endif
