// SPDX-License-Identifier: Apache-2.0
// align: numbers of registers, parts and cache lines.
#pragma once
#include <cstddef>

namespace collab::backend::detail {

/// The least multiple of `unit` that is not below n.
constexpr int round_up(int n, int unit) {
    return (n + unit - 1) / unit * unit;
}
constexpr int ceil_div(int n, int by) {
    return (n + by - 1) / by;
}

/// Where part `i` of `parts` nearly equal parts of n begins; part_begin(n, parts, parts) is n.
constexpr int part_begin(int n, int parts, int i) {
    return int(static_cast<long long>(n) * i / parts);
}

/// Elements of T rounded up to whole cache lines.
template <class T>
constexpr std::size_t whole_lines(std::size_t n) {
    return (n + 64 / sizeof(T) - 1) / (64 / sizeof(T)) * (64 / sizeof(T));
}

}  // namespace collab::backend::detail
