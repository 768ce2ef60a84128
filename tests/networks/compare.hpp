// SPDX-License-Identifier: Apache-2.0
// compare: a whole network against PyTorch: logits in training and inference, and every gradient and running statistic by projections.
#pragma once
#include <string>
#include <vector>

#include <collab/model/concepts.hpp>

#include "compiled.hpp"
#include "oracle/bench.hpp"

namespace collab::networks {

inline constexpr int batch = 4, directions = 3;

/// What may differ, relative to the largest value or the norm. Values: logits and running statistics.
struct Tolerance {
    double values, gradients;
};
/// In float, on the CPU backend with Winograd's tiles or without.
Tolerance in_float(const std::string& network, bool winograd);

/// The parameters as networks.py lifts them.
void lift(const std::string& network, const Catalogue& catalogue, std::vector<double>& parameters);

/// Judges tensors by their norms and by their products with `directions` vectors whose elements have variance 1: two tensors whose norms and
/// products agree to a part e of the norm differ by about that part of it. Where the exact tensor is zero (a bias before a normalisation),
/// what rounding leaves counts relative to `largest`.
struct Digests {
    oracle::Fixture& fixture;
    double tolerance, largest = 0, worst = 0;
    std::string where = "nothing";

    static std::vector<double> digest(const std::string& name, const std::vector<double>& tensor);
    void judge(const std::string& key, const std::vector<double>& found);
    /// Every tensor of a catalogue to `tolerance`, and all together to 1e-4.
    void each(const std::string& prefix, const std::vector<Named>& tensors, const std::vector<double>& values);
};

/// One step of training forward and backward, then inference with the running statistics that it left.
template <class N, class B>
void compare(B& backend, const std::string& name, Tolerance tolerance) {
    INFO(name);
    oracle::Fixture fixture("networks");
    oracle::Judge judge{fixture, tolerance.values};
    Digests digests{fixture, tolerance.gradients};
    using Bench = oracle::Bench<N, input_of<N>, B>;
    Bench bench(backend, name, batch, batch);
    std::vector<double> parameters = bench.parameters();
    lift(name, bench.catalogue(), parameters);
    bench.set_parameters(parameters);
    const std::vector<double> x = oracle::numbers(name + ".x", std::size_t(batch) * Bench::in);
    judge(name + "/logits", bench.forward(x, Mode::training));
    const std::vector<double> dx = bench.backward(oracle::numbers(name + ".dy", std::size_t(batch) * Bench::out));
    digests.judge(name + "/input_gradient", Digests::digest(name + ".dx", dx));
    digests.each(name + "/gradient/", bench.catalogue().parameters, bench.gradients());
    digests.largest = 0, digests.tolerance = tolerance.values;
    digests.each(name + "/state/", bench.catalogue().states, bench.state());
    judge(name + "/inference", bench.forward(x, Mode::inference));
    judge.finish(name);
    MESSAGE(name << " on " << backend.describe() << ": the worst of all tensors differs by " << digests.worst << " of its norm: " << digests.where);
}

/// As it is trained, in float.
template <class Backend>
constexpr auto as_trained() {
    return [](auto network, const char* name) {
        for (const bool winograd : {false, true}) {
            Backend backend(2, {.winograd = winograd});
            INFO((winograd ? "with Winograd's tiles" : "without Winograd's tiles"));
            compare<typename decltype(network)::type>(backend, name, in_float(name, winograd));
        }
    };
}
/// Layer by layer, in double.
inline constexpr auto layer_by_layer = [](auto network, const char* name) {
    Compiled<double> backend(2);
    compare<typename decltype(network)::type>(backend, name, {1e-9, 1e-9});
};

}  // namespace collab::networks
