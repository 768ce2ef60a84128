// SPDX-License-Identifier: Apache-2.0
// compare: a whole network against PyTorch: logits in training and inference, and every gradient
// and running statistic by projections.
#pragma once
#include <cmath>
#include <concepts>
#include <string>
#include <vector>

#include <collab/io/weights.hpp>
#include <collab/model/concepts.hpp>

#include "compiled.hpp"
#include "oracle/bench.hpp"

namespace collab::networks {

inline constexpr int batch = 4;
inline constexpr int directions = 3;

/// The parameters as networks.py places them, away from where gradients jump: some channels drawn
/// again, and the shifts of normalizations lifted.
void place(oracle::Fixture& fixture, const std::string& network, const NamedTensors& named_tensors,
           std::vector<double>& parameters);

/// What a file holds by name, in the manner of a Model.
template <class S, class T>
struct Carried {
    using Plan = S;
    using Scalar = T;
    const NamedTensors& names;
    std::vector<T> p, s;
    const NamedTensors& named_tensors() const { return names; }
    std::size_t parameter_count() const { return p.size(); }
    std::vector<T> parameters() const { return p; }
    std::vector<T> state() const { return s; }
    void set_parameters(const std::vector<T>& values) { p = values; }
    void set_state(const std::vector<T>& values) { s = values; }
};
/// The folder into which networks.py wrote `<network>.safetensors`, or null: then weights follow
/// from their names here as they do there.
const char* weights_folder();

/// Judges tensors by their norms and by their products with `directions` vectors whose elements
/// have variance 1: two tensors whose norms and products agree to a part e of the norm differ by
/// about that part of it. Where the exact tensor is zero (a bias before a normalization), what
/// rounding leaves counts relative to `largest`.
struct Digests {
    oracle::Fixture& fixture;
    double tolerance;
    double largest = 0;
    double worst = 0;
    std::string where = "nothing";

    static std::vector<double> digest(const std::string& name, const std::vector<double>& tensor);
    void judge(const std::string& key, const std::vector<double>& found);
    /// Every tensor of a named_tensors.
    void each(const std::string& prefix, const std::vector<Named>& tensors,
              const std::vector<double>& values);
};

/// One step of training forward and backward, then inference with the running statistics that it
/// left. `tolerance`: what each tensor may differ by, relative to its largest value or, as
/// projections show it, to its norm.
template <class N, class B>
void compare(B& backend, const std::string& name, double tolerance) {
    INFO(name);
    oracle::Fixture fixture("networks");
    oracle::Judge judge{fixture, tolerance};
    Digests digests{fixture, tolerance};
    using Bench = oracle::Bench<N, input_of<N>, B>;
    Bench bench(backend, name, batch, batch);
    std::vector<double> parameters = bench.parameters();
    place(fixture, name, bench.named_tensors(), parameters);
    // by name, from PyTorch's layouts
    if (const char* folder = weights_folder(); folder && std::same_as<typename B::Scalar, float>) {
        const std::size_t states = bench.named_tensors().state_count;
        Carried<typename Bench::S, float> carried{
            bench.named_tensors(), std::vector<float>(parameters.size(), std::nanf("")),
            std::vector<float>(states, std::nanf(""))};
        load(carried, sentence(folder, "/", name, ".safetensors"));
        CHECK(oracle::widened(carried.s) == bench.state());
        CHECK(carried.p == std::vector<float>(parameters.begin(), parameters.end()));
        parameters = oracle::widened(carried.p);
    }
    bench.set_parameters(parameters);
    const std::vector<double> x = oracle::numbers(name + ".x", std::size_t(batch) * Bench::in);
    judge(name + "/logits", bench.forward(x, Mode::training));
    const std::vector<double> dx =
        bench.backward(oracle::numbers(name + ".dy", std::size_t(batch) * Bench::out));
    digests.judge(name + "/input_gradient", Digests::digest(name + ".dx", dx));
    digests.each(name + "/gradient/", bench.named_tensors().parameters, bench.gradients());
    digests.largest = 0;
    digests.each(name + "/state/", bench.named_tensors().states, bench.state());
    judge(name + "/inference", bench.forward(x, Mode::inference));
    judge.finish(name);
    MESSAGE(name << " on " << backend.describe() << ": the worst of all tensors differs by "
                 << digests.worst << " of its norm: " << digests.where);
}

/// Layer by layer, in double.
inline constexpr auto layer_by_layer = [](auto network, const char* name) {
    Compiled<double> backend(2);
    compare<typename decltype(network)::type>(backend, name, 1e-9);
};

}  // namespace collab::networks
