// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/precompiled.hpp>

namespace collab::backend {

template struct Kernels<float>;
template void fill<float>(Threads&, std::size_t, float, float*);
template void copy<float>(Threads&, const Map&, View<const float>, View<float>);
template void add<float>(Threads&, const Map&, View<const float>, View<float>);
template double sum<float>(Threads&, std::size_t, const float*);
namespace detail {
template struct Passes<float>;
template struct Activated<float, Identity>;
template struct Activated<float, ReluFunction>;
template struct Activated<float, Relu6Function>;
template struct Activated<float, EluFunction>;
template struct Activated<float, LeakyReluFunction>;
template struct Activated<float, SigmoidFunction>;
}  // namespace detail

}  // namespace collab::backend
