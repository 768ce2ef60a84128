// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cuda/gpu.cuh>
#include <collab/backend/cuda/parallel.hpp>

namespace collab::backend::device {

template class Parallel<float, Gpu>;
template void Parallel<float, Gpu>::sum_into(std::size_t, const float*, double*);
template void Parallel<float, Gpu>::sum_into(std::size_t, const float*, float*);
template struct Activated<Gpu, float, Identity>;
template struct Activated<Gpu, float, ReluFunction>;
template struct Activated<Gpu, float, Relu6Function>;
template struct Activated<Gpu, float, EluFunction>;
template struct Activated<Gpu, float, LeakyReluFunction>;
template struct Activated<Gpu, float, SigmoidFunction>;

}  // namespace collab::backend::device
