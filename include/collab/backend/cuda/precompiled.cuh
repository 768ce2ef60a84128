// SPDX-License-Identifier: Apache-2.0
// precompiled: what the library of the CMake target collab::cuda_precompiled has, so that other
// files need not compile it. With COLLAB_PRECOMPILED_CUDA, cuda.cuh includes this.
#pragma once
#include <collab/backend/cuda/gpu.cuh>
#include <collab/backend/cuda/parallel.hpp>

namespace collab::backend::device {

extern template class Parallel<float, Gpu>;
extern template void Parallel<float, Gpu>::sum_into(std::size_t, const float*, double*);
extern template void Parallel<float, Gpu>::sum_into(std::size_t, const float*, float*);
extern template struct Activated<Gpu, float, Identity>;
extern template struct Activated<Gpu, float, ReluFunction>;
extern template struct Activated<Gpu, float, Relu6Function>;
extern template struct Activated<Gpu, float, EluFunction>;
extern template struct Activated<Gpu, float, LeakyReluFunction>;
extern template struct Activated<Gpu, float, SigmoidFunction>;
extern template class Parallel<double, Gpu>;
extern template void Parallel<double, Gpu>::sum_into(std::size_t, const double*, double*);
extern template struct Activated<Gpu, double, Identity>;
extern template struct Activated<Gpu, double, ReluFunction>;
extern template struct Activated<Gpu, double, Relu6Function>;
extern template struct Activated<Gpu, double, EluFunction>;
extern template struct Activated<Gpu, double, LeakyReluFunction>;
extern template struct Activated<Gpu, double, SigmoidFunction>;

}  // namespace collab::backend::device
