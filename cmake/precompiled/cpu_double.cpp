// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/precompiled.hpp>
template struct collab::backend::Kernels<double>;
