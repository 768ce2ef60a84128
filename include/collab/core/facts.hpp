// SPDX-License-Identifier: Apache-2.0
// facts: pairs of a name and what is said under it.
#pragma once
#include <string>
#include <vector>

namespace collab {

/// What a file, a checkpoint or a manifest says under a name. (No std::pair, which compilers make
/// anew for every length of a name.)
struct Fact {
    std::string name;
    std::string value;

    friend bool operator==(const Fact&, const Fact&) = default;
};
using Facts = std::vector<Fact>;

}  // namespace collab
