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

namespace detail {
/// Flatten stands in a list of layers, or in a list inside one of them.
template <class P>
inline constexpr bool flattens = false;
template <class L>
constexpr bool flattens_inside() {
    if constexpr (Composite<L>)
        return flattens<inner_layers<L>>;
    else
        return std::same_as<L, Flatten>;
}
template <class... Ls>
inline constexpr bool flattens<Pack<Ls...>> = (flattens_inside<Ls>() || ...);
}  // namespace detail

}  // namespace collab
