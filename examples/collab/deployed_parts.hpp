// SPDX-License-Identifier: Apache-2.0
// deployed_parts: the two files in which networks are built. Null: that one is not.
#pragma once
#include "deployed.hpp"

namespace program {
std::unique_ptr<Deployable> gray_network(const NetworkKind& kind, int batch, int threads);
std::unique_ptr<Deployable> color_network(const NetworkKind& kind, int batch, int threads);
}  // namespace program
