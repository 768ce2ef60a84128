// SPDX-License-Identifier: Apache-2.0
// state: everything that a training holds, handed over tensor by tensor, so that a training is
// compiled without the code for files.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/facts.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/optim/adam.hpp>
#include <collab/optim/optimizer.hpp>
#include <collab/train/parameter_groups.hpp>
#include <collab/train/parameter_store.hpp>

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
template <class B>
COLLAB_COLD void save_store(const ParameterStore<B>& store, long steps, const StateSink& to) {
    using T = typename B::Scalar;
    const NamedTensors& c = store.named_tensors();
    const auto put = [&](const char* prefix, const std::vector<Named>& list,
                         const std::vector<T>& values) COLLAB_COLD {
        to.tensors(to.file, prefix, list, reinterpret_cast<const char*>(values.data()),
                   type_word<T>, sizeof(T));
    };
    to.steps(to.file, steps);
    put("", c.parameters, store.parameters());
    put("", c.states, store.state());
    for (int k = 0; k < store.slots(); ++k)
        put(slot_prefix(k), c.parameters, store.slot(k));
}
/// Returns the count of steps.
template <class B>
COLLAB_COLD long load_store(ParameterStore<B>& store, const StateSource& from) {
    using T = typename B::Scalar;
    const NamedTensors& c = store.named_tensors();
    const auto take = [&](const char* prefix, const std::vector<Named>& list,
                          std::size_t count) COLLAB_COLD {
        std::vector<T> values(count);
        from.tensors(from.file, prefix, list, reinterpret_cast<char*>(values.data()), type_word<T>,
                     sizeof(T));
        return values;
    };
    const long steps = from.steps(from.file);
    const std::vector<T> parameters = take("", c.parameters, c.parameter_count);
    const std::vector<T> state = take("", c.states, c.state_count);
    std::array<std::vector<T>, WeightRange<T>::most_slots> slots;
    for (int k = 0; k < store.slots(); ++k)
        slots[std::size_t(k)] = take(slot_prefix(k), c.parameters, c.parameter_count);
    from.only(from.file, c.parameters.size() + c.states.size());
    // only now: all or nothing
    store.set_parameters(parameters);
    store.set_state(state);
    for (int k = 0; k < store.slots(); ++k)
        store.set_slot(k, slots[std::size_t(k)]);
    return steps;
}
template <class Training>
void save_training(const Training& training, const StateSink& to) {
    save_store(training, training.steps(), to);
}
template <class Training>
void load_training(Training& training, const StateSource& from) {
    training.set_steps(load_store(training, from));
}

/// What must be as it was for the rest of a training to be the same.
struct Constants {
    const std::vector<std::string>& names;
    std::uint64_t seed;
    int batch;
    double alpha;
    Facts optimizer;
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
