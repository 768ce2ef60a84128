// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/precompiled.hpp>

namespace collab::backend {

template struct Kernels<double>;
template void fill<double>(CpuContext&, std::size_t, double, double*);
template void copy<double>(CpuContext&, const Map&, View<const double>, View<double>);
template void add<double>(CpuContext&, const Map&, View<const double>, View<double>);
template double sum<double>(CpuContext&, std::size_t, const double*);
namespace detail {
template struct FusedEpilogues<double>;
template struct Activated<double, Identity>;
template struct Activated<double, ReluFunction>;
template struct Activated<double, Relu6Function>;
template struct Activated<double, EluFunction>;
template struct Activated<double, LeakyReluFunction>;
template struct Activated<double, SigmoidFunction>;
}  // namespace detail

}  // namespace collab::backend
