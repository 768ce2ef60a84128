// SPDX-License-Identifier: Apache-2.0
// number_text: a number in the fewest digits that give it back.
#pragma once
#include <string>

#include <collab/core/config.hpp>

namespace collab::detail {
std::string number_text(double value);
}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/core/number_text-inl.hpp>
#endif
