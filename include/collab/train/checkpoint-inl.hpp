// SPDX-License-Identifier: Apache-2.0
// checkpoint-inl: the bodies of checkpoint.
#pragma once
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <collab/io/json.hpp>
#include <collab/train/checkpoint.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD std::vector<std::int64_t> stored_extents(const Parameter& p) {
    std::vector<std::int64_t> e;
    for (int k = 0; k < p.rank; ++k)
        e.push_back(p.extents[std::size_t(k)] > 0 ? p.extents[std::size_t(k)] : p.size);
    std::int64_t n = 1;
    for (const std::int64_t x : e)
        n *= x;
    return n == p.size ? e : std::vector<std::int64_t>{p.size};
}
COLLAB_COMPILED COLLAB_COLD void save_tensors(Tensors& file, const std::string& prefix,
                                              const std::vector<Named>& list, const char* values,
                                              std::string_view type, std::size_t size) {
    for (const Named& n : list)
        file.add(prefix + n.name, type, stored_extents(n.tensor), values + n.offset * size, size);
}
COLLAB_COMPILED COLLAB_COLD void load_tensors(const Tensors& file, const std::string& prefix,
                                              const std::vector<Named>& list, char* values,
                                              std::string_view type, std::size_t size) {
    for (const Named& n : list) {
        const std::string name = prefix + n.name;
        const Tensors::Tensor* t = file.find(name);
        if (!t)
            fail(file.source, ": is of another training: it holds no '", name, "'");
        if (const auto wanted = stored_extents(n.tensor); t->extents != wanted)
            fail(file.source, ": is of another training: its '", name, "' is ",
                 extents_text(t->extents), ", here it is ", extents_text(wanted));
        if (t->type != type)
            fail(file.source, ": is of a training in ", t->type, "; this one computes in ", type);
        file.bytes().copy(values + n.offset * size, t->bytes, t->first);
    }
}
COLLAB_COMPILED COLLAB_COLD long number_in(const Tensors& file, std::string_view name) {
    const std::string* w = file.word(name);
    if (!w)
        fail(file.source, ": says nothing of '", name, "'");
    long v{};
    const auto [end, error] = std::from_chars(w->data(), w->data() + w->size(), v);
    if (error != std::errc{} || end != w->data() + w->size())
        fail(file.source, ": '", name, "' is \"", *w, "\"; expected a whole number");
    return v;
}
COLLAB_COMPILED COLLAB_COLD void check_tensors(const Tensors& file, std::size_t known) {
    const auto held = std::size_t(
        std::count_if(file.tensors().begin(), file.tensors().end(),
                      [](const Tensors::Tensor& t) { return !t.name.starts_with("."); }));
    if (held != known)
        fail(file.source, ": is of another training: it holds ", held, " tensors, here there are ",
             known);
}
COLLAB_COMPILED COLLAB_COLD std::string word_of(double v) {
    return json_number(v);
}
COLLAB_COMPILED COLLAB_COLD std::string word_of(bool v) {
    return v ? "yes" : "no";
}
COLLAB_COMPILED COLLAB_COLD Facts facts_of(const Constants& c) {
    std::string all;
    for (const std::string& n : c.names)
        all += (all.empty() ? "" : ", ") + n;
    Facts facts = {{"networks", all},
                   {"seed", word_of(c.seed)},
                   {"batch", word_of(c.batch)},
                   {"alpha", word_of(c.alpha)}};
    facts.insert(facts.end(), c.optimizer.begin(), c.optimizer.end());
    facts.push_back({"freeze_mkb_after", word_of(c.freeze_mkb_after)});
    facts.push_back({"critic", sentence(word_of(c.critic.learning_rate), " ",
                                        word_of(c.critic.beta1), " ", word_of(c.critic.beta2))});
    facts.push_back({"critic's epsilon", word_of(c.critic.epsilon)});
    facts.push_back({"parameter groups", c.groups});
    return facts;
}
COLLAB_COMPILED COLLAB_COLD StateSink state_to(Tensors& file) {
    return {file, [](Tensors& to, long n) { to.say("training.steps", word_of(n)); }, save_tensors};
}
COLLAB_COMPILED COLLAB_COLD StateSource state_in(const Tensors& file) {
    return {file, [](const Tensors& from) { return number_in(from, "training.steps"); },
            load_tensors, check_tensors};
}
/// An earlier version said the same in other words.
inline std::string in_words_of_today(std::string fact) {
    for (const auto& [before, now] :
         {std::pair<std::string_view, std::string_view>{"least_area", "min_area"},
          {"deviation", "stddev"}})
        for (std::size_t at = fact.find(before); at != std::string::npos;
             at = fact.find(before, at))
            fact.replace(at, before.size(), now);
    return fact;
}
/// An earlier version did not write it, and had no other.
inline bool was_implied(const std::string& name, const std::string& here) {
    return (name == "critic's epsilon" && here == word_of(CriticAdam{}.epsilon)) ||
           (name == "batches of a step" && here == "1") || (name == "balanced" && here == "no") ||
           (name == "mixing" && here == "none") || (name == "parameter groups" && here == "none");
}
COLLAB_COMPILED COLLAB_COLD void check_facts(const Tensors& file, const Facts& facts) {
    for (const auto& [name, here] : facts) {
        const std::string* there = file.word(name);
        if (!there && was_implied(name, here))
            continue;
        // an earlier version put the path before what is in the files
        if (there && name.ends_with("images") && there->ends_with(", " + here))
            continue;
        if (!there || in_words_of_today(*there) != here)
            fail(file.source, ": was written by a training with ", name, " ",
                 there ? *there : "unknown", "; this one has ", here);
    }
}
COLLAB_COMPILED COLLAB_COLD Tensors open_checkpoint(const std::string& path) {
    Tensors file = read_tensors(path);
    const std::string* format = file.word("format");
    if (format && *format == "pt")
        fail(path, ": holds the weights of one network; expected a whole training, as "
                   "save(training, path) and fit write it");
    if (!format || *format != checkpoint_format)
        fail(path, ": is no checkpoint of this version, or is damaged; expected the format \"",
             checkpoint_format, "\"", format ? ", found \"" + *format + "\"" : "");
    if (!file.checked)
        fail(path, ": has no checksum where checkpoints have one: it is damaged, or another "
                   "program wrote it");
    return file;
}
COLLAB_COMPILED COLLAB_COLD void make_folder_of(const std::string& path) {
    std::error_code ignored;
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
        std::filesystem::create_directories(folder, ignored);
}
}  // namespace collab::detail
