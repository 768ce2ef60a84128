// SPDX-License-Identifier: Apache-2.0
// type_name: what a type is called, without its namespaces and template arguments.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace collab::detail {

/// The name of a type without its namespaces, as the compiler has it.
template <class T>
std::string type_name() {
    const std::string_view text = __PRETTY_FUNCTION__;
    // "... [with T = collab::zoo::conv1_x; ...]" or "... [T = collab::zoo::conv1_x]"
    std::size_t from = text.find("T = ") + 4;
    const std::size_t to = text.find_first_of(";]<", from);
    for (std::size_t at; (at = text.find("::", from)) < to;)
        from = at + 2;
    return std::string(text.substr(from, to - from));
}

}  // namespace collab::detail
