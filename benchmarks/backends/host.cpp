// SPDX-License-Identifier: Apache-2.0
// host: the reference in double, with which all are compared, and the CPU backend.
#include "experiment.hpp"

std::vector<collab::experiment::Run> collab::experiment::host_runs(const Options& options) {
    return {run<Reference<double>>(options), run<Cpu<double>>(options), run<Cpu<float>>(options),
            run<Reference<float>>(options)};
}
