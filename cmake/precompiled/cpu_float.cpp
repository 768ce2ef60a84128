// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/precompiled.hpp>

namespace collab::backend {

template struct Kernels<float>;
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
