// SPDX-License-Identifier: Apache-2.0
// thrust: the GPU backend's operations on the host.
#include "experiment.hpp"

#ifdef EXPERIMENT_WITH_THRUST
#include <collab/backend/cuda/thrust_host.hpp>

std::vector<collab::experiment::Run> collab::experiment::thrust_runs(const Options& options) {
    return {run<ThrustHost<float>>(options)};
}
#else
std::vector<collab::experiment::Run> collab::experiment::thrust_runs(const Options&) {
    return {};
}
#endif
