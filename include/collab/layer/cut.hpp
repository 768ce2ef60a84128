// SPDX-License-Identifier: Apache-2.0
// cut: a named place in a network.
#pragma once
#include <collab/layer/concepts.hpp>

namespace collab {

/// A named place in a network, where it can be joined to others. Names are types, so that a wrong
/// one is a compile error that shows both: `struct middle;  ... Cut<middle> ...`.
template <class Name>
struct Cut : LayerBase {
    using Tag = Name;
    static constexpr bool alias = true;
    static std::string describe() { return "Cut"; }
};

/// The usual name of the place where a mutual knowledge base sits.
struct mutual;

}  // namespace collab
