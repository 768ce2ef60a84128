// SPDX-License-Identifier: Apache-2.0
// arena: one block of memory, handed out in pieces. Laid out twice: first without memory, to learn
// how much is needed.
#pragma once
#include <cstddef>

namespace collab {

/// Hands out consecutive pieces, each on a 64-byte boundary when the base is and T has 4 or 8
/// bytes.
///
///     Arena<float> measure;
///     layout(measure);
///     auto block = backend.allocate<float>(measure.used());
///     Arena<float> arena(block.data());  layout(arena);
template <class T>
class Arena {
public:
    constexpr explicit Arena(T* base = nullptr) : base_(base) {}

    constexpr T* take(std::size_t n) {
        T* const p = base_ ? base_ + used_ : nullptr;
        used_ += (n + 15) / 16 * 16;
        return p;
    }
    constexpr std::size_t used() const { return used_; }

private:
    T* base_;
    std::size_t used_ = 0;
};

}  // namespace collab
