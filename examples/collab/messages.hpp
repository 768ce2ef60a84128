// SPDX-License-Identifier: Apache-2.0
// messages: what is told on standard error. Signs that a terminal would obey are made visible.
#pragma once
#include <cstdio>
#include <string>
#include <string_view>

#include <collab/io/format.hpp>

namespace program {

/// "collab: ...", in one line.
inline void say(std::string_view text) {
    std::fprintf(stderr, "collab: %s\n", collab::one_line(text, 100000).c_str());
}

}  // namespace program
