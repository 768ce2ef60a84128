// SPDX-License-Identifier: Apache-2.0
// number_text-inl: the bodies of number_text.
#pragma once
#include <charconv>

#include <collab/core/number_text.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD std::string number_text(double value) {
    char buffer[40];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
}  // namespace collab::detail
