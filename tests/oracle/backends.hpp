// SPDX-License-Identifier: Apache-2.0
// backends: the fast backend that is held to PyTorch's numbers in float, beside the reference in
// double. The CPU's, unless a build asks for another.
#pragma once
#include <memory>

#if defined(ORACLE_ON_CUDA)
#include <collab/backend/cuda/cuda.cuh>
#elif defined(ORACLE_ON_THRUST)
#include <collab/backend/cuda/thrust_host.hpp>
#else
#include <collab/backend/cpu/cpu.hpp>
#endif

namespace collab::oracle {

#if defined(ORACLE_ON_CUDA)
inline std::shared_ptr<Cuda<float>> fast() {
    return std::make_shared<Cuda<float>>();
}
#elif defined(ORACLE_ON_THRUST)
inline std::shared_ptr<ThrustHost<float>> fast() {
    return std::make_shared<ThrustHost<float>>();
}
#else
inline std::shared_ptr<Cpu<float>> fast() {
    return std::make_shared<Cpu<float>>(2);
}
#endif

}  // namespace collab::oracle
