// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/precompiled.hpp>

namespace collab::backend {

template struct Kernels<double>;
namespace detail {
template struct Passes<double>;
template struct Activated<double, Identity>;
template struct Activated<double, ReluFunction>;
template struct Activated<double, Relu6Function>;
template struct Activated<double, EluFunction>;
template struct Activated<double, LeakyReluFunction>;
template struct Activated<double, SigmoidFunction>;
}  // namespace detail

}  // namespace collab::backend
