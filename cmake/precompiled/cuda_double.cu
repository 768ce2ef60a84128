// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cuda/gpu.cuh>
#include <collab/backend/cuda/parallel.hpp>

namespace collab::backend::device {

template class Parallel<double, Gpu>;
template void Parallel<double, Gpu>::sum_into(std::size_t, const double*, double*);
template struct Activated<Gpu, double, Identity>;
template struct Activated<Gpu, double, ReluFunction>;
template struct Activated<Gpu, double, Relu6Function>;
template struct Activated<Gpu, double, EluFunction>;
template struct Activated<Gpu, double, LeakyReluFunction>;
template struct Activated<Gpu, double, SigmoidFunction>;

}  // namespace collab::backend::device
