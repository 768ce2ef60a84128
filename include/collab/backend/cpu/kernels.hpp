// SPDX-License-Identifier: Apache-2.0
// kernels: the definitions of what operations.hpp declares.
#pragma once
#include <collab/backend/cpu/channels.hpp>
#include <collab/backend/cpu/convolution.hpp>
#include <collab/backend/cpu/dropout.hpp>
#include <collab/backend/cpu/fused_sweeps.hpp>
#include <collab/backend/cpu/linear.hpp>
#include <collab/backend/cpu/loss.hpp>
#include <collab/backend/cpu/operations.hpp>
#include <collab/backend/cpu/pooling.hpp>
#include <collab/backend/cpu/vector.hpp>

namespace collab::backend {

template <class T>
int register_lanes() { return detail::lanes<T>; }

}  // namespace collab::backend
