// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/precompiled.hpp>

namespace collab::backend {

template struct Kernels<float>;
template void fill<float>(CpuContext&, std::size_t, float, float*);
template void copy<float>(CpuContext&, const Map&, View<const float>, View<float>);
template void add<float>(CpuContext&, const Map&, View<const float>, View<float>);
template double sum<float>(CpuContext&, std::size_t, const float*);
namespace detail {
template struct FusedEpilogues<float>;
template struct Activated<float, Identity>;
template struct Activated<float, ReluFunction>;
template struct Activated<float, Relu6Function>;
template struct Activated<float, EluFunction>;
template struct Activated<float, LeakyReluFunction>;
template struct Activated<float, SigmoidFunction>;
}  // namespace detail

}  // namespace collab::backend
