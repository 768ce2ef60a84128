// SPDX-License-Identifier: Apache-2.0
// gpu: cases on the GPU backend, whose runtime is simulated, and on Thrust's host systems.
#pragma once
#include <collab/cuda.cuh>

#include "trained.hpp"

namespace collab::random {

template <class Spec>
std::vector<Way> gpu_ways() {
    std::vector<Way> ways;
    ways.push_back({"simulated GPU", half_float, [] { return subject<Spec, Cuda<float>>(); }});
    return ways;
}

}  // namespace collab::random
