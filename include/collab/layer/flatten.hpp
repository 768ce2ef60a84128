// SPDX-License-Identifier: Apache-2.0
// flatten: forgets the shape of a map.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// {C, H, W} to {C H W, 1, 1}, in the order of storage: row, column, channel.
struct Flatten : LayerBase {
    static constexpr bool alias = true;
    static constexpr Dims output(Dims in) { return {in.size(), 1, 1}; }
    static std::string describe() { return "Flatten"; }
};

}  // namespace collab
