// SPDX-License-Identifier: Apache-2.0
// checkpoint: a whole training in one file, and the folder in which the last ones and the best one are kept.
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/checkpoint_options.hpp>
#include <collab/train/settings.hpp>

namespace collab {

namespace detail {
inline constexpr std::string_view checkpoint_format = "collab checkpoint 1";

std::vector<std::int64_t> stored_extents(const Parameter& p);
// Tensors of the catalogue keep their names, which begin with that of a network, never empty and without a dot: names of all else begin with one.

/// All values of one kind, tensor by tensor, under their names behind `prefix`.
void save_tensors(Tensors& file, const std::string& prefix, const std::vector<Named>& list, const char* values, std::string_view type, std::size_t size);
void load_tensors(const Tensors& file, const std::string& prefix, const std::vector<Named>& list, char* values, std::string_view type, std::size_t size);
template <class T>
void save_tensors(Tensors& file, const std::string& prefix, const std::vector<Named>& list, const std::vector<T>& values) {
    save_tensors(file, prefix, list, reinterpret_cast<const char*>(values.data()), type_word<T>, sizeof(T));
}
template <class T>
void load_tensors(const Tensors& file, const std::string& prefix, const std::vector<Named>& list, std::vector<T>& values) {
    load_tensors(file, prefix, list, reinterpret_cast<char*>(values.data()), type_word<T>, sizeof(T));
}

std::string word_of(double v);
std::string word_of(bool v);
template <std::integral I>
std::string word_of(I v) { return std::to_string(v); }
long number_in(const Tensors& file, std::string_view name);

/// That it holds so many tensors of the networks and no others.
void check_tensors(const Tensors& file, std::size_t known);
/// Everything a training holds: parameters, running statistics, momenta, and the count of steps from which its random numbers follow.
template <class Training>
COLLAB_COLD void save_training(const Training& training, Tensors& file) {
    const Catalogue& c = training.catalogue();
    file.say("training.steps", word_of(training.steps()));
    save_tensors(file, "", c.parameters, training.parameters());
    save_tensors(file, "", c.states, training.state());
    save_tensors(file, ".momentum.", c.parameters, training.momentum());
    if (const auto second = training.second_moments(); !second.empty()) save_tensors(file, ".second.", c.parameters, second);
}
template <class Training>
COLLAB_COLD void load_training(Training& training, const Tensors& file) {
    using T = typename Training::Scalar;
    const Catalogue& c = training.catalogue();
    const auto steps = number_in(file, "training.steps");
    std::vector<T> parameters(c.parameter_count), momentum(c.parameter_count), state(c.state_count), second = training.second_moments();
    load_tensors(file, "", c.parameters, parameters);
    load_tensors(file, "", c.states, state);
    load_tensors(file, ".momentum.", c.parameters, momentum);
    if (!second.empty()) load_tensors(file, ".second.", c.parameters, second);
    check_tensors(file, c.parameters.size() + c.states.size());
    training.set_parameters(parameters), training.set_state(state), training.set_momentum(momentum);   // only now: all or nothing
    if (!second.empty()) training.set_second_moments(second);
    training.set_steps(steps);
}
/// What must be as it was for the rest of a training to be the same.
std::vector<std::pair<std::string, std::string>> facts_of(const std::vector<std::string>& names, std::uint64_t seed, int batch, double alpha, const Sgd&, const Adam&, long freeze_mkb_after);
template <class Training>
std::vector<std::pair<std::string, std::string>> facts_of(const Training& training) {
    const auto& s = training.settings();
    return facts_of(s.names, s.seed, s.batch, s.alpha, s.optimiser, s.critic, s.freeze_mkb_after);
}
void check_facts(const Tensors& file, const std::vector<std::pair<std::string, std::string>>& facts);
Tensors open_checkpoint(const std::string& path);

/// Makes the folder in which `path` is to lie, where it can.
void make_folder_of(const std::string& path);

/// The checkpoints in a folder.
class CheckpointFolder {
public:
    explicit CheckpointFolder(const Checkpoints& options);
    bool on() const { return !options_.folder.empty(); }
    /// The newest checkpoint, where one is to be continued. A damaged one is an error that names an intact one, if there is any.
    std::optional<Tensors> newest() const;
    bool due(long step, bool epoch_ends) const;
    bool keeps_best() const { return on() && options_.best; }
    void write(const Tensors& file, long step) const;
    void write_best(const Tensors& file) const;

private:
    std::string path(long step) const;
    std::vector<long> steps() const;

    Checkpoints options_;
};
}  // namespace detail

/// Writes everything that `training` holds: weights, running statistics, momenta and the count of its steps. `fit` writes more: see Checkpoints.
template <class Training>
    requires requires(const Training& t) { t.second_moments(); }
void save(const Training& training, const std::string& path) {
    Tensors file;
    file.say("format", std::string(detail::checkpoint_format)), file.say("collab", COLLAB_VERSION);
    for (auto& [name, word] : detail::facts_of(training)) file.say(name, word);
    detail::save_training(training, file);
    write(file, path, "the checkpoint");
}
/// Only parameters and running statistics, under their names: the same bytes for the same weights.
template <class Training>
    requires requires(const Training& t) { t.second_moments(); }
void save_weights(const Training& training, const std::string& path) {
    Tensors file;
    file.say("format", "collab weights 1"), file.say("collab", COLLAB_VERSION);
    detail::save_tensors(file, "", training.catalogue().parameters, training.parameters());
    detail::save_tensors(file, "", training.catalogue().states, training.state());
    detail::make_folder_of(path);
    write(file, path, "the weights");
}
/// Reads what `save` or `fit` wrote into a training of the same type; settings may differ. All or nothing: an error leaves the training as it was.
template <class Training>
    requires requires(const Training& t) { t.second_moments(); }
void load(Training& training, const std::string& path) { detail::load_training(training, detail::open_checkpoint(path)); }

}  // namespace collab

#ifdef COLLAB_BODIES
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <collab/io/json.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD std::vector<std::int64_t> stored_extents(const Parameter& p) {
    std::vector<std::int64_t> e;
    for (int k = 0; k < p.rank; ++k) e.push_back(p.extents[std::size_t(k)] > 0 ? p.extents[std::size_t(k)] : p.size);
    std::int64_t n = 1;
    for (const std::int64_t x : e) n *= x;
    return n == p.size ? e : std::vector<std::int64_t>{p.size};
}
COLLAB_COMPILED COLLAB_COLD void save_tensors(Tensors& file, const std::string& prefix, const std::vector<Named>& list, const char* values, std::string_view type, std::size_t size) {
    for (const Named& n : list) file.add(prefix + n.name, type, stored_extents(n.tensor), values + n.offset * size, size);
}
COLLAB_COMPILED COLLAB_COLD void load_tensors(const Tensors& file, const std::string& prefix, const std::vector<Named>& list, char* values, std::string_view type, std::size_t size) {
    for (const Named& n : list) {
        const std::string name = prefix + n.name;
        const Tensors::Tensor* t = file.find(name);
        if (!t) fail(file.source, ": is of another training: it holds no '", name, "'");
        if (const auto wanted = stored_extents(n.tensor); t->extents != wanted)
            fail(file.source, ": is of another training: its '", name, "' is ", extents_text(t->extents), ", here it is ", extents_text(wanted));
        if (t->type != type) fail(file.source, ": is of a training in ", t->type, "; this one computes in ", type);
        file.bytes().copy(values + n.offset * size, t->bytes, t->first);
    }
}
COLLAB_COMPILED COLLAB_COLD long number_in(const Tensors& file, std::string_view name) {
    const std::string* w = file.word(name);
    if (!w) fail(file.source, ": says nothing of '", name, "'");
    long v{};
    const auto [end, error] = std::from_chars(w->data(), w->data() + w->size(), v);
    if (error != std::errc{} || end != w->data() + w->size()) fail(file.source, ": '", name, "' is \"", *w, "\"; expected a whole number");
    return v;
}
COLLAB_COMPILED COLLAB_COLD void check_tensors(const Tensors& file, std::size_t known) {
    const auto held = std::size_t(std::count_if(file.tensors().begin(), file.tensors().end(), [](const Tensors::Tensor& t) { return !t.name.starts_with("."); }));
    if (held != known) fail(file.source, ": is of another training: it holds ", held, " tensors, here there are ", known);
}
COLLAB_COMPILED COLLAB_COLD std::string word_of(double v) { return json_number(v); }
COLLAB_COMPILED COLLAB_COLD std::string word_of(bool v) { return v ? "yes" : "no"; }
COLLAB_COMPILED COLLAB_COLD std::vector<std::pair<std::string, std::string>> facts_of(const std::vector<std::string>& names, std::uint64_t seed, int batch, double alpha, const Sgd& optimiser,
                                                                                       const Adam& critic, long freeze_mkb_after) {
    std::string all;
    for (const std::string& n : names) all += (all.empty() ? "" : ", ") + n;
    return {{"networks", all}, {"seed", word_of(seed)}, {"batch", word_of(batch)}, {"alpha", word_of(alpha)}, {"momentum", word_of(optimiser.momentum)},
            {"weight decay", word_of(optimiser.weight_decay)}, {"nesterov", word_of(optimiser.nesterov)}, {"freeze_mkb_after", word_of(freeze_mkb_after)},
            {"critic", sentence(word_of(critic.rate), " ", word_of(critic.beta1), " ", word_of(critic.beta2))}};
}
COLLAB_COMPILED COLLAB_COLD void check_facts(const Tensors& file, const std::vector<std::pair<std::string, std::string>>& facts) {
    for (const auto& [name, here] : facts) {
        const std::string* there = file.word(name);
        if (!there || *there != here) fail(file.source, ": was written by a training with ", name, " ", there ? *there : "unknown", "; this one has ", here);
    }
}
COLLAB_COMPILED COLLAB_COLD Tensors open_checkpoint(const std::string& path) {
    Tensors file = read_tensors(path);
    const std::string* format = file.word("format");
    if (!format || *format != checkpoint_format) fail(path, ": is no checkpoint of this version, or is damaged; expected the format \"", checkpoint_format, "\"", format ? ", found \"" + *format + "\"" : "");
    if (!file.checked) fail(path, ": has no checksum where checkpoints have one: it is damaged, or another program wrote it");
    return file;
}
COLLAB_COMPILED COLLAB_COLD void make_folder_of(const std::string& path) {
    std::error_code ignored;
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty()) std::filesystem::create_directories(folder, ignored);
}
COLLAB_COMPILED COLLAB_COLD CheckpointFolder::CheckpointFolder(const Checkpoints& options) : options_(options) {
    if (!on()) return;
    if (options.every < 0) fail("checkpoints: every = ", options.every, "; expected at least 0 steps");
    if (options.keep < 1) fail("checkpoints: keep = ", options.keep, "; expected at least 1");
    std::error_code code;
    std::filesystem::create_directories(options.folder, code);
    if (code && !std::filesystem::is_directory(options.folder)) fail("cannot make the folder ", options.folder, " for checkpoints: ", code.message());
    const auto all = steps();
    if (!options.resume && !all.empty())
        fail(options.folder, ": holds a checkpoint of step ", all.back(), " already; resume it, or name another folder");
    std::vector<std::filesystem::path> cut;   // by a kill
    for (const auto& entry : std::filesystem::directory_iterator(options.folder, code)) {
        const std::string name = entry.path().filename().string();
        if (name.find(".safetensors.partial") != std::string::npos && (name.starts_with("step-") || name.starts_with("best."))) cut.push_back(entry.path());
    }
    for (const auto& path : cut) std::filesystem::remove(path, code);
}
COLLAB_COMPILED COLLAB_COLD std::optional<Tensors> CheckpointFolder::newest() const {
    if (!on() || !options_.resume) return {};
    const auto all = steps();
    if (all.empty()) return {};
    try {
        return open_checkpoint(path(all.back()));
    } catch (const Error& e) {
        for (std::size_t k = all.size() - 1; k-- > 0;) {
            try {
                open_checkpoint(path(all[k]));
            } catch (const Error&) {
                continue;
            }
            fail(e.what(), ". Remove it to go on from ", path(all[k]), ", which is intact");
        }
        fail(e.what(), all.size() > 1 ? ". The others in this folder are damaged, too" : "");
    }
}
COLLAB_COMPILED COLLAB_COLD bool CheckpointFolder::due(long step, bool epoch_ends) const { return on() && (options_.every > 0 ? step % options_.every == 0 : epoch_ends); }
COLLAB_COMPILED COLLAB_COLD void CheckpointFolder::write(const Tensors& file, long step) const {
    collab::write(file, path(step), "the checkpoint");
    auto all = steps();
    for (std::size_t k = 0; k + std::size_t(options_.keep) < all.size(); ++k) {
        std::error_code ignored;
        std::filesystem::remove(path(all[k]), ignored);
    }
}
COLLAB_COMPILED COLLAB_COLD void CheckpointFolder::write_best(const Tensors& file) const { collab::write(file, (std::filesystem::path(options_.folder) / "best.safetensors").string(), "the best checkpoint"); }
COLLAB_COMPILED COLLAB_COLD std::string CheckpointFolder::path(long step) const {
    const std::string digits = std::to_string(step);
    return (std::filesystem::path(options_.folder) / ("step-" + std::string(digits.size() < 9 ? 9 - digits.size() : 0, '0') + digits + ".safetensors")).string();
}
COLLAB_COMPILED COLLAB_COLD std::vector<long> CheckpointFolder::steps() const {   // in order
    std::vector<long> all;
    std::error_code code;
    for (std::filesystem::directory_iterator at(options_.folder, code), end; !code && at != end; at.increment(code)) {
        const std::string name = at->path().filename().string();
        long step = 0;
        if (!name.starts_with("step-") || !name.ends_with(".safetensors")) continue;
        const char *from = name.data() + 5, *to = name.data() + name.size() - 12;
        if (const auto [stop, error] = std::from_chars(from, to, step); error == std::errc{} && stop == to && step >= 0) all.push_back(step);
    }
    if (code) fail("cannot look into the folder ", options_.folder, ": ", code.message());
    std::sort(all.begin(), all.end());
    return all;
}
}  // namespace collab::detail
#endif
