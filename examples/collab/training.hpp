// SPDX-License-Identifier: Apache-2.0
// training: one training of an experiment, and what it leaves on the disk.
#pragma once
#include <string>
#include <vector>

#include "experiment.hpp"
#include "modules.hpp"

namespace program {

/// The networks that learn in one training by this method: all, or number `network` alone.
std::vector<std::string> learners_of(const Plan& plan, const MethodEntry& method, int network);
/// A job with what the method says of it: names, weights, and no numbers that it does not read.
Job job_for(Job job, const Plan& plan, const MethodEntry& method, int network);
/// What has to be compiled for a method, and for the trainings before it.
void add_sources(const Plan& plan, const MethodEntry& method, std::vector<ModuleSource>& all);

/// "seed-1/cl", "seed-1/il-SmallNet": where a training's files are, below the folders of its job.
std::string place_of(const Plan& plan, const MethodEntry& method, int network, std::uint64_t seed);
/// Throws Error where another training has left records or weights. A resumed one may go on.
void check_unused(const Plan& plan, const MethodEntry& method, const Job& job, int seeds);

/// One training. The folders of `job` are those below which it has its own.
Outcome train(const collab::Splits& data, const Plan& plan, const MethodEntry& method, int network,
              Job job, bool quiet);

}  // namespace program
