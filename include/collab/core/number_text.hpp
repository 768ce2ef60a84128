// SPDX-License-Identifier: Apache-2.0
// number_text: a number in the fewest digits that give it back.
#pragma once
#include <string>

#include <collab/core/config.hpp>

namespace collab::detail {
std::string number_text(double value);
}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <charconv>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD std::string number_text(double value) {
    char buffer[40];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
}  // namespace collab::detail
#endif
