// SPDX-License-Identifier: Apache-2.0
// train: see training.hpp.
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>

#include "deployed.hpp"
#include "places.hpp"
#include "training.hpp"

namespace program {

namespace fs = std::filesystem;
using collab::fail, collab::sentence;

std::vector<std::string> learners_of(const Plan& plan, const MethodEntry& method, int network) {
    std::vector<std::string> names;
    for (const NetworkType& n : plan.networks)
        names.push_back(n.name);
    if (method.apart)
        return {names[std::size_t(network)]};
    return names;
}

Job job_for(Job job, const Plan& plan, const MethodEntry& method, int network) {
    job.names = learners_of(plan, method, network);
    job.method_weight = method.weight;
    if (!method.reads_alpha())
        job.alpha = 0;
    if (!method.has_metric())
        job.metric.clear();
    return job;
}

void add_sources(const Plan& plan, const MethodEntry& method, std::vector<ModuleSource>& all) {
    const auto add = [&](const MethodEntry& m, int network) {
        ModuleSource s = source_of(experiment_of(plan, m, network));
        for (const ModuleSource& other : all)
            if (other.text == s.text)
                return;
        all.push_back(std::move(s));
    };
    const int count = int(plan.networks.size());
    const MethodEntry& alone = method_named("il");
    for (int i = 0; i < count && method.needs_alone; ++i)
        add(alone, i);
    for (int i = 0; i < (method.apart ? count : 1); ++i)
        add(method, i);
}

std::string place_of(const Plan& plan, const MethodEntry& method, int network, std::uint64_t seed) {
    return sentence("seed-", seed, "/", file_word(method.name),
                    method.apart ? "-" + file_word(plan.networks[std::size_t(network)].name)
                                 : std::string());
}

void check_unused(const Plan& plan, const MethodEntry& method, const Job& job, int seeds) {
    if (job.checkpoints.resume)
        return;
    const auto refuse = [](const std::string& path, const char* option) {
        std::error_code e;
        if (fs::exists(path, e))
            fail(path, ": another training has left it there; expected another folder behind ",
                 option, ", or --overwrite");
    };
    const int count = method.apart ? int(plan.networks.size()) : 1;
    for (int s = 0; s < seeds; ++s)
        for (int i = 0; i < count; ++i) {
            const std::string place = place_of(plan, method, i, job.seed + std::uint64_t(s));
            if (!job.logs.empty())
                refuse(job.logs + "/" + place + "/log.jsonl", "--log");
            if (!job.weights.empty())
                refuse(job.weights + "/" + place + ".safetensors", "--save");
        }
}

Outcome train(const collab::Splits& data, const Plan& plan, const MethodEntry& method, int network,
              Job job, bool quiet) {
    const Module* const module = module_of(source_of(experiment_of(plan, method, network)), quiet);
    job = job_for(std::move(job), plan, method, network);
    const std::string place = "/" + place_of(plan, method, network, job.seed);
    for (std::string* const folder :
         std::initializer_list<std::string*>{&job.checkpoints.folder, &job.logs, &job.weights})
        if (!folder->empty())
            *folder += place;
    if (!job.weights.empty()) {
        const std::string stem = job.weights;
        job.weights = method.apart ? "" : stem + ".safetensors";
        const Provenance from{
            data.train.dims.height, data.train.dims.width, job.transform, data.train.class_names,
            data.train.name,        method.name,           job.seed};
        const std::string bases = method.has_mkb() ? mkb_text(plan.base, method.merge) : "";
        for (std::size_t i = 0; i < job.names.size(); ++i) {
            const NetworkType& n = plan.networks[method.apart ? std::size_t(network) : i];
            job.files.push_back(stem + (method.apart ? "" : "-" + file_word(n.name)) +
                                ".safetensors");
            job.words.push_back(words_of({plan.task, n, bases, plan.headers}, from));
        }
    }
    const collab::FileLock lock = take_folder(job.checkpoints.folder);
    return module->train(data, job);
}

}  // namespace program
