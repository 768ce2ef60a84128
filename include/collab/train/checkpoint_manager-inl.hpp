// SPDX-License-Identifier: Apache-2.0
// checkpoint_manager-inl: the bodies of checkpoint_manager.
#pragma once
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <collab/core/error.hpp>
#include <collab/train/checkpoint_manager.hpp>
#include <collab/train/fit_state.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD CheckpointFolder::CheckpointFolder(const Checkpoints& options)
    : options_(options) {
    if (!on())
        return;
    if (options.every < 0)
        fail("checkpoints: every = ", options.every, "; expected at least 0 steps");
    if (options.keep < 1)
        fail("checkpoints: keep = ", options.keep, "; expected at least 1");
    std::error_code code;
    std::filesystem::create_directories(options.folder, code);
    if (code && !std::filesystem::is_directory(options.folder))
        fail("cannot make the folder ", options.folder, " for checkpoints: ", code.message());
    const auto all = steps();
    if (!options.resume && !all.empty())
        fail(options.folder, ": holds a checkpoint of step ", all.back(),
             " already; resume it, or name another folder");
    std::vector<std::filesystem::path> cut;  // by a kill
    for (const auto& entry : std::filesystem::directory_iterator(options.folder, code)) {
        const std::string name = entry.path().filename().string();
        if (name.find(".safetensors.partial") != std::string::npos &&
            (name.starts_with("step-") || name.starts_with("best.")))
            cut.push_back(entry.path());
    }
    for (const auto& path : cut)
        std::filesystem::remove(path, code);
}
COLLAB_COMPILED COLLAB_COLD std::optional<Tensors> CheckpointFolder::newest() const {
    if (!on() || !options_.resume)
        return {};
    const auto all = steps();
    if (all.empty())
        return {};
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
COLLAB_COMPILED COLLAB_COLD bool CheckpointFolder::due(long step, bool epoch_ends) const {
    return on() && (options_.every > 0 ? step % options_.every == 0 : epoch_ends);
}
COLLAB_COMPILED COLLAB_COLD void CheckpointFolder::write(const Tensors& file, long step) const {
    collab::write(file, path(step), "the checkpoint");
    auto all = steps();
    for (std::size_t k = 0; k + std::size_t(options_.keep) < all.size(); ++k) {
        std::error_code ignored;
        std::filesystem::remove(path(all[k]), ignored);
    }
}
COLLAB_COMPILED COLLAB_COLD void CheckpointFolder::write_best(const Tensors& file) const {
    collab::write(file, (std::filesystem::path(options_.folder) / "best.safetensors").string(),
                  "the best checkpoint");
}
COLLAB_COMPILED COLLAB_COLD std::string CheckpointFolder::path(long step) const {
    const std::string digits = std::to_string(step);
    return (std::filesystem::path(options_.folder) /
            ("step-" + std::string(digits.size() < 9 ? 9 - digits.size() : 0, '0') + digits +
             ".safetensors"))
        .string();
}
COLLAB_COMPILED COLLAB_COLD std::vector<long> CheckpointFolder::steps() const {  // in order
    std::vector<long> all;
    std::error_code code;
    for (std::filesystem::directory_iterator at(options_.folder, code), end; !code && at != end;
         at.increment(code)) {
        const std::string name = at->path().filename().string();
        long step = 0;
        if (!name.starts_with("step-") || !name.ends_with(".safetensors"))
            continue;
        const char* from = name.data() + 5;
        const char* to = name.data() + name.size() - 12;
        if (const auto [stop, error] = std::from_chars(from, to, step);
            error == std::errc{} && stop == to && step >= 0)
            all.push_back(step);
    }
    if (code)
        fail("cannot look into the folder ", options_.folder, ": ", code.message());
    std::sort(all.begin(), all.end());
    return all;
}

class CheckpointManager {
public:
    COLLAB_COLD CheckpointManager(const FitOptions& options, Trainee& trainee)
        : folder_(*trainee.checkpoints()),
          options_(options),
          trainee_(trainee) {
        facts_ = facts_of(trainee.constants());
        facts_.insert(facts_.end(), {{"training images", set_words(trainee.train_set)},
                                     {"test images", set_words(trainee.test_set)},
                                     {"transform", transform_words(trainee.transform)},
                                     {"order", word_of(options.seed)},
                                     {"balanced", word_of(options.balanced)},
                                     {"mixing", options.mix.words()},
                                     {"warm-up", word_of(options.warmup_steps)},
                                     {"batches of a step", word_of(options.accumulate)},
                                     {"callbacks", trainee.callback_names()}});
        const auto& also = trainee.checkpoints()->also;
        facts_.insert(facts_.end(), also.begin(), also.end());
    }
    COLLAB_COLD bool resume(FitState& course, long per_epoch) const {
        const auto file = folder_.newest();
        if (!file)
            return false;
        check_facts(*file, facts_);
        course.load(*file);
        if (course.epoch >= options_.epochs || course.batch > per_epoch)
            fail(file->source, ": stands in epoch ", course.epoch + 1, "; a training of ",
                 options_.epochs, " epochs of ", per_epoch, " steps cannot go on from there");
        trainee_.load(state_in(*file));
        return true;
    }
    COLLAB_COLD void other_rate(double said, double now, int epoch) const {
        fail("the checkpoint in ", trainee_.checkpoints()->folder,
             " was written with a learning rate of ", word_of(said), " in epoch ", epoch,
             "; this one would have ", word_of(now));
    }
    COLLAB_COLD Tensors whole(const FitState& course) const {
        Tensors file;
        file.say("format", std::string(checkpoint_format));
        file.say("collab", COLLAB_VERSION);
        for (const auto& [name, word] : facts_)
            file.say(name, word);
        course.save(file);
        trainee_.save(state_to(file));
        return file;
    }
    const CheckpointFolder& folder() const { return folder_; }

private:
    CheckpointFolder folder_;
    const FitOptions& options_;
    Trainee& trainee_;
    Facts facts_;
};
COLLAB_COMPILED COLLAB_COLD const CheckpointManagerCode& checkpoint_manager_code() {
    static constexpr CheckpointManagerCode code{
        [](const FitOptions& options, Trainee& trainee) {
            return std::make_shared<CheckpointManager>(options, trainee);
        },
        [](const CheckpointManager& k, FitState& course, long per_epoch) {
            return k.resume(course, per_epoch);
        },
        [](const CheckpointManager& k, double said, double now, int epoch) {
            k.other_rate(said, now, epoch);
        },
        [](const CheckpointManager& k, long step, bool epoch_ends) {
            return k.folder().due(step, epoch_ends);
        },
        [](const CheckpointManager& k, const FitState& course) {
            k.folder().write(k.whole(course), course.step);
        },
        [](const CheckpointManager& k, const FitState& course) {
            if (k.folder().keeps_best())
                k.folder().write_best(k.whole(course));
        }};
    return code;
}
}  // namespace collab::detail
