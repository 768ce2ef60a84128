// SPDX-License-Identifier: Apache-2.0
// checkpoint: a whole training in one file, and the folder in which the last ones and the best one
// are kept.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/facts.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/settings.hpp>
#include <collab/train/state.hpp>

namespace collab {

namespace detail {
inline constexpr std::string_view checkpoint_format = "collab checkpoint 1";

std::vector<std::int64_t> stored_extents(const Parameter& p);
// Tensors of the named_tensors keep their names, which begin with that of a network, never empty
// and without a dot: names of all else begin with one.

/// All values of one kind, tensor by tensor, under their names behind `prefix`.
void save_tensors(Tensors& file, const std::string& prefix, const std::vector<Named>& list,
                  const char* values, std::string_view type, std::size_t size);
void load_tensors(const Tensors& file, const std::string& prefix, const std::vector<Named>& list,
                  char* values, std::string_view type, std::size_t size);
template <class T>
void save_tensors(Tensors& file, const std::string& prefix, const std::vector<Named>& list,
                  const std::vector<T>& values) {
    save_tensors(file, prefix, list, reinterpret_cast<const char*>(values.data()), type_word<T>,
                 sizeof(T));
}

std::string word_of(double v);
std::string word_of(bool v);
template <std::integral I>
std::string word_of(I v) {
    return std::to_string(v);
}
long number_in(const Tensors& file, std::string_view name);

/// That it holds so many tensors of the networks and no others.
void check_tensors(const Tensors& file, std::size_t known);
/// The state of a training as tensors of a file.
StateSink state_to(Tensors& file);
StateSource state_in(const Tensors& file);
Facts facts_of(const Constants& c);
void check_facts(const Tensors& file, const Facts& facts);
Tensors open_checkpoint(const std::string& path);

/// Makes the folder in which `path` is to lie, where it can.
void make_folder_of(const std::string& path);

}  // namespace detail

/// Writes everything that `training` holds: weights, running statistics, momenta and the count of
/// its steps. `fit` writes more: see Checkpoints.
template <class Training>
    requires requires(const Training& t) { t.second_moments(); }
void save(const Training& training, const std::string& path) {
    Tensors file;
    file.say("format", std::string(detail::checkpoint_format));
    file.say("collab", COLLAB_VERSION);
    for (auto& [name, word] : detail::facts_of(detail::constants_of(training)))
        file.say(name, word);
    detail::save_training(training, detail::state_to(file));
    write(file, path, "the checkpoint");
}
/// Only parameters and running statistics, under their names: the same bytes for the same weights.
template <class Training>
    requires requires(const Training& t) { t.second_moments(); }
void save_weights(const Training& training, const std::string& path) {
    Tensors file;
    file.say("format", "collab weights 1");
    file.say("collab", COLLAB_VERSION);
    detail::save_tensors(file, "", training.named_tensors().parameters, training.parameters());
    detail::save_tensors(file, "", training.named_tensors().states, training.state());
    detail::make_folder_of(path);
    write(file, path, "the weights");
}
/// Reads what `save` or `fit` wrote into a training of the same type; settings may differ. All or
/// nothing: an error leaves the training as it was.
template <class Training>
    requires requires(const Training& t) { t.second_moments(); }
void load(Training& training, const std::string& path) {
    const Tensors file = detail::open_checkpoint(path);
    detail::load_training(training, detail::state_in(file));
}

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/checkpoint-inl.hpp>
#endif
