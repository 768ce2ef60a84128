// SPDX-License-Identifier: Apache-2.0
// train: one training of the menu, and what it leaves on the disk.
#include <initializer_list>
#include <string>

#include "deployed.hpp"
#include "experiment.hpp"

namespace program {

namespace {
/// What a network carries away from a training by this method.
const char* knowledge_of(MethodId method) {
    switch (method) {
    case MethodId::cl_sum:
        return "sum";
    case MethodId::mkb_alone:
    case MethodId::cl:
    case MethodId::cl_iterative:
    case MethodId::cl_different:
        return "product";
    default:
        return "none";
    }
}
}  // namespace

Outcome train(const collab::Splits& data, const PairEntry& pair, const Job& job) {
    const auto entry = std::find_if(methods.begin(), methods.end(),
                                    [&](const MethodEntry& m) { return m.id == job.method; });
    const bool apart = job.method == MethodId::individual || job.method == MethodId::mkb_alone;
    const std::string place =
        collab::sentence("/seed-", job.seed, "/", entry->name,
                         apart ? "-" + pair.networks[std::size_t(job.network)] : std::string());
    Job here = job;
    for (std::string* const folder :
         std::initializer_list<std::string*>{&here.checkpoints.folder, &here.logs, &here.weights})
        if (!folder->empty())
            *folder += place;
    const int channels = data.train.dims.channels;
    const Train built = channels == 1 ? pair.gray : pair.color;
    if (!built)
        collab::fail("the pair ", pair.name, " is built for ", channels == 1 ? "colored" : "gray",
                     " pictures only, and ", data.train.name, " has ",
                     channels == 1 ? "gray" : "colored", " ones");
    Outcome outcome = built(data, here);
    const Provenance from{data.train.dims.height,
                          job.transform.normalize,
                          data.train.class_names,
                          data.train.name,
                          entry->name,
                          job.seed};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& weights = outcome.deployed[i];
        if (weights.parameters.empty())
            continue;
        const std::string& name = pair.networks[apart ? std::size_t(job.network) : i];
        save_network({name, knowledge_of(job.method), channels}, weights, from,
                     here.weights + (apart ? "" : "-" + name) + ".safetensors");
    }
    return outcome;
}

}  // namespace program
