// SPDX-License-Identifier: Apache-2.0
// state: everything that a training holds, handed over tensor by tensor, so that a training is
// compiled without the code for files.
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/optim/adam.hpp>
#include <collab/optim/optimizer.hpp>
#include <collab/train/parameter_groups.hpp>

namespace collab::detail {

/// Where it goes. (Pointers to functions, and no virtual ones: compilers look into every function
/// that a virtual call may reach.)
struct StateSink {
    Tensors& file;
    void (*steps)(Tensors& file, long n);
    /// All values of one kind, of `size` bytes each, under their tensors' names behind `prefix`.
    void (*tensors)(Tensors& file, const std::string& prefix, const std::vector<Named>& list,
                    const char* values, std::string_view type, std::size_t size);
};
/// Where it comes from.
struct StateSource {
    const Tensors& file;
    long (*steps)(const Tensors& file);
    void (*tensors)(const Tensors& file, const std::string& prefix, const std::vector<Named>& list,
                    char* values, std::string_view type, std::size_t size);
    /// An error unless it holds so many tensors of the networks and no others.
    void (*only)(const Tensors& file, std::size_t tensors);
};

/// Before the names of the values that an optimizer keeps.
inline const char* slot_prefix(int slot) {
    constexpr const char* names[] = {".momentum.", ".second.", ".third.", ".fourth."};
    static_assert(std::size(names) == WeightRange<float>::most_slots);
    return names[slot];
}

/// Everything a training holds: parameters, running statistics, momenta, and the count of steps
/// from which its random numbers follow.
template <class Training>
COLLAB_COLD void save_training(const Training& training, const StateSink& to) {
    using T = typename Training::Scalar;
    const NamedTensors& c = training.named_tensors();
    const auto put = [&](const char* prefix, const std::vector<Named>& list,
                         const std::vector<T>& values) {
        to.tensors(to.file, prefix, list, reinterpret_cast<const char*>(values.data()),
                   type_word<T>, sizeof(T));
    };
    to.steps(to.file, training.steps());
    put("", c.parameters, training.parameters());
    put("", c.states, training.state());
    for (int k = 0; k < training.slots(); ++k)
        put(slot_prefix(k), c.parameters, training.slot(k));
}
template <class Training>
COLLAB_COLD void load_training(Training& training, const StateSource& from) {
    using T = typename Training::Scalar;
    const NamedTensors& c = training.named_tensors();
    const auto take = [&](const char* prefix, const std::vector<Named>& list,
                          std::vector<T>& values) {
        from.tensors(from.file, prefix, list, reinterpret_cast<char*>(values.data()), type_word<T>,
                     sizeof(T));
    };
    const long steps = from.steps(from.file);
    std::vector<T> parameters(c.parameter_count);
    std::vector<T> state(c.state_count);
    std::vector<std::vector<T>> slots(std::size_t(training.slots()),
                                      std::vector<T>(c.parameter_count));
    take("", c.parameters, parameters);
    take("", c.states, state);
    for (int k = 0; k < training.slots(); ++k)
        take(slot_prefix(k), c.parameters, slots[std::size_t(k)]);
    from.only(from.file, c.parameters.size() + c.states.size());
    // only now: all or nothing
    training.set_parameters(parameters);
    training.set_state(state);
    for (int k = 0; k < training.slots(); ++k)
        training.set_slot(k, slots[std::size_t(k)]);
    training.set_steps(steps);
}

/// What must be as it was for the rest of a training to be the same.
struct Constants {
    const std::vector<std::string>& names;
    std::uint64_t seed;
    int batch;
    double alpha;
    OptimizerFacts optimizer;
    const CriticAdam& critic;
    long freeze_mkb_after;
    std::string groups;
};
template <class Training>
Constants constants_of(const Training& training) {
    const auto& s = training.settings();
    return {s.names,
            s.seed,
            s.batch,
            s.alpha,
            s.optimizer.facts(),
            s.critic,
            s.freeze_mkb_after,
            group_words(s.groups)};
}

}  // namespace collab::detail
